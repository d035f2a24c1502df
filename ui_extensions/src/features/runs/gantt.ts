import type { RunTimeline } from "@/api/types";
import { nodeStatus, type Tone } from "@/lib/status";

/** A bar of the timeline: times are seconds since its origin. */
export interface Bar {
  index: number;
  lane: number;
  start: number;
  end: number;
  tone: Tone;
  critical: boolean;
}

/** What part of the time is seen, in seconds. */
export interface View {
  from: number;
  to: number;
}

export const LANE = 22;
export const AXIS = 20;
const BAR = 15;
/** Nothing shorter can be zoomed to. */
const SHORTEST = 0.05;

/** The bars by lane, each lane in order of time. `now`: where bars that have no end reach to. */
export function lanesOf(timeline: RunTimeline, now: number): Bar[][] {
  const critical = new Set(timeline.critical.map(({ index }) => index));
  const lanes: Bar[][] = timeline.lanes.map(() => []);
  for (const [index, start] of timeline.starts.entries()) {
    const lane = timeline.lane_of[index] ?? 0;
    const end = timeline.ends[index] ?? now;
    lanes[lane]?.push({
      index,
      lane,
      start,
      end: Math.max(start, end),
      tone: nodeStatus(timeline.statuses[index]).tone,
      critical: critical.has(index),
    });
  }
  for (const bars of lanes) bars.sort((left, right) => left.start - right.start || left.end - right.end);
  return lanes;
}

/** The whole time, with a little air behind. */
export function wholeOf(lanes: Bar[][]): View {
  let to = 0;
  for (const bars of lanes) for (const bar of bars) to = Math.max(to, bar.end);
  return { from: 0, to: to > 0 ? to * 1.01 : 1 };
}

/** The view after zooming by a factor around a moment, kept within the whole. */
export function zoomed(view: View, whole: View, factor: number, around: number): View {
  const most = whole.to - whole.from;
  const length = Math.min(most, Math.max(SHORTEST, (view.to - view.from) * factor));
  const share = (around - view.from) / (view.to - view.from);
  return within({ from: around - share * length, to: around + (1 - share) * length }, whole);
}

/** The view moved by some seconds, kept within the whole. */
export const moved = (view: View, whole: View, seconds: number): View =>
  within({ from: view.from + seconds, to: view.to + seconds }, whole);

function within(view: View, whole: View): View {
  const length = Math.min(view.to - view.from, whole.to - whole.from);
  const from = Math.min(Math.max(view.from, whole.from), whole.to - length);
  return { from, to: from + length };
}

/** A view out of the address ("12.5-30"), or null. */
export function readView(text: string | null, whole: View): View | null {
  const [from = Number.NaN, to = Number.NaN] = (text ?? "").split("-").map(Number);
  return to - from >= SHORTEST && from >= 0 ? within({ from, to }, whole) : null;
}

export const writeView = (view: View, whole: View): string | null =>
  view.from <= whole.from && view.to >= whole.to ? null : `${view.from.toFixed(2)}-${view.to.toFixed(2)}`;

/** Moments that get a line and a word: at most one in 90 pixels, at round seconds. */
export function ticksOf(view: View, width: number): number[] {
  const least = ((view.to - view.from) * 90) / Math.max(90, width);
  const step = STEPS.find((one) => one >= least) ?? Math.ceil(least / 86_400) * 86_400;
  const ticks: number[] = [];
  for (let at = Math.ceil(view.from / step) * step; at <= view.to; at += step) ticks.push(at);
  return ticks;
}

const STEPS = [
  0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400,
  43_200, 86_400,
];

/** The bar at a place of the picture; the nearest within two pixels, for many are thin. */
export function barAt(lanes: Bar[][], view: View, width: number, x: number, y: number): Bar | null {
  const bars = lanes[Math.floor((y - AXIS) / LANE)];
  if (!bars || y < AXIS) return null;
  const scale = (view.to - view.from) / width;
  const moment = view.from + x * scale;
  let best: Bar | null = null;
  let nearest = 2 * scale;
  for (const bar of bars) {
    if (bar.start > moment + nearest) break;
    const distance = Math.max(0, bar.start - moment, moment - bar.end);
    if (distance <= nearest) [best, nearest] = [bar, distance];
  }
  return best;
}

export type Colour = (name: string) => string;

export interface Picture {
  lanes: Bar[][];
  names: string[];
  view: View;
  width: number;
  selected: number | null;
  pointed: number | null;
}

/** Draws the bars that are in view. Of bars that share a pixel, the one that is worst off is seen. */
export function paint(canvas: CanvasRenderingContext2D, picture: Picture, colour: Colour): void {
  const { lanes, view, width } = picture;
  const height = AXIS + lanes.length * LANE;
  const x = (seconds: number) => ((seconds - view.from) * width) / (view.to - view.from);
  canvas.clearRect(0, 0, width, height);
  canvas.font = "11px system-ui, sans-serif";
  canvas.textBaseline = "middle";
  paintAxis(canvas, picture, height, x, colour);
  for (const [lane, bars] of lanes.entries()) {
    const y = AXIS + lane * LANE + (LANE - BAR) / 2;
    for (const seen of thinned(bars, view, width)) paintBar(canvas, picture, seen, x, y, colour);
  }
}

const WORSE: Record<Tone, number> = { failed: 4, running: 3, warning: 2, unknown: 1, ok: 0 };

/** The bars to draw: those in view, and of several in one pixel only one. Pure, so that it can be tested. */
export function thinned(bars: readonly Bar[], view: View, width: number): Bar[] {
  const pixel = (view.to - view.from) / width;
  const seen: Bar[] = [];
  for (const bar of bars) {
    if (bar.end < view.from || bar.start > view.to) continue;
    const last = seen.at(-1);
    const together = last && bar.end - last.start < pixel && last.end - last.start < pixel;
    if (!together) seen.push(bar);
    else if (weight(bar) > weight(last)) seen[seen.length - 1] = bar;
  }
  return seen;
}

const weight = (bar: Bar) => WORSE[bar.tone] + (bar.critical ? 10 : 0);

function paintAxis(
  canvas: CanvasRenderingContext2D,
  { view, width, lanes }: Picture,
  height: number,
  x: (seconds: number) => number,
  colour: Colour,
): void {
  canvas.lineWidth = 1;
  canvas.strokeStyle = colour("line");
  canvas.fillStyle = colour("muted");
  for (const tick of ticksOf(view, width)) {
    const at = Math.round(x(tick)) + 0.5;
    line(canvas, at, AXIS - 4, at, height);
    if (at < width - 36) canvas.fillText(clock(tick), at + 3, AXIS / 2);
  }
  for (let lane = 0; lane <= lanes.length; lane++) {
    const y = AXIS + lane * LANE - 0.5;
    line(canvas, 0, y, width, y);
  }
}

function line(canvas: CanvasRenderingContext2D, x: number, y: number, toX: number, toY: number): void {
  canvas.beginPath();
  canvas.moveTo(x, y);
  canvas.lineTo(toX, toY);
  canvas.stroke();
}

function paintBar(
  canvas: CanvasRenderingContext2D,
  { names, selected, pointed }: Picture,
  bar: Bar,
  x: (seconds: number) => number,
  y: number,
  colour: Colour,
): void {
  const left = x(bar.start);
  const wide = Math.max(1.5, x(bar.end) - left);
  canvas.fillStyle = colour(`${bar.tone}-soft`);
  canvas.fillRect(left, y, wide, BAR);
  canvas.fillStyle = colour(bar.tone);
  // The critical path is solid; the others are a line of their colour, so that it is seen without colour too.
  canvas.fillRect(left, bar.critical ? y : y + BAR - 4, wide, bar.critical ? BAR : 4);
  if (bar.index === selected || bar.index === pointed) {
    canvas.strokeStyle = colour(bar.index === selected ? "accent" : "ink");
    canvas.lineWidth = 2;
    canvas.strokeRect(left - 1, y - 1, wide + 2, BAR + 2);
  }
  if (wide < 44) return;
  canvas.save();
  canvas.beginPath();
  canvas.rect(left, y, wide - 3, BAR);
  canvas.clip();
  canvas.fillStyle = colour(bar.critical ? "canvas" : "ink");
  canvas.fillText(names[bar.index] ?? "", Math.max(left, 0) + 4, y + (bar.critical ? BAR / 2 : 5.5));
  canvas.restore();
}

/** Seconds as a clock that began with the run: "0:05", "1:02:03"; parts of a second where they matter. */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const part = seconds - whole > 0.001 ? (seconds - whole).toFixed(2).slice(1) : "";
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(rest)}${part}`;
}
