import { drawMark } from "@/features/lineage/export/marks";
import type { Tone } from "@/lib/status";
import type { Area } from "./camera";
import type { Palette } from "./palette";
import { CARD, type Scene } from "./scene";

/** What of a scene depends on the lens, the theme and what is touched. */
export interface Look {
  palette: Palette;
  /** By node: the token of its colour, its state where it has one, and its second line. */
  colours: readonly string[];
  tones: readonly (Tone | null)[];
  details: (node: number) => string;
  /** 1 for what is lit; null while nothing is. */
  lit: Uint8Array | null;
  font: string;
}

const FAR = 0.26;
const NEAR = 0.62;
/** Below this an edge is a straight line, and edges that fall on each other are drawn once. */
const STRAIGHT = 0.2;
/** One long path takes longer than many short ones, and cannot be stopped in the middle. */
const EDGES_AT_ONCE = 50;
const STRAIGHT_AT_ONCE = 400;
const NODES_AT_ONCE = 60;
const FAR_NODES_AT_ONCE = 1500;
/** Of an average letter of the mono font, in widths of its size. */
const LETTER = 0.602;

type Context = CanvasRenderingContext2D;

/**
 * Draws what an area shows, a little at a time: whoever runs it stops between the steps when a frame has lasted long enough.
 * `scale` is pixels of the surface per unit of the graph.
 */
export function* paint(
  context: Context,
  scene: Scene,
  look: Look,
  area: Area,
  scale: number,
  zoom: number,
): Generator<void> {
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.fillStyle = look.palette("sunken");
  context.fillRect(0, 0, context.canvas.width, context.canvas.height);
  context.setTransform(scale, 0, 0, scale, -area.left * scale, -area.top * scale);
  yield;
  yield* paintEdges(context, scene, look, area, zoom, false);
  if (look.lit) yield* paintEdges(context, scene, look, area, zoom, true);
  if (zoom < FAR) yield* paintBars(context, scene, look, area, zoom);
  else yield* paintCards(context, scene, look, area, zoom);
}

function* paintEdges(
  context: Context,
  scene: Scene,
  look: Look,
  area: Area,
  zoom: number,
  litOnes: boolean,
): Generator<void> {
  const straight = zoom < STRAIGHT;
  context.strokeStyle = look.palette(litOnes ? "accent" : "line-strong");
  context.globalAlpha = edgeAlpha(look, litOnes, zoom);
  context.lineWidth = Math.max(litOnes ? 2 : 1.2, (litOnes ? 1.4 : 0.8) / zoom);
  let drawn = 0;
  context.beginPath();
  for (const line of linesIn(scene, look, area, zoom, litOnes)) {
    traceEdge(context, straight, line);
    drawn += 1;
    if (drawn % EDGES_AT_ONCE !== 0) continue;
    context.stroke();
    if (!straight || drawn % STRAIGHT_AT_ONCE === 0) yield;
    context.beginPath();
  }
  context.stroke();
  context.globalAlpha = 1;
  yield;
}

/** The lit or the other edges that an area shows. */
function* linesIn(scene: Scene, look: Look, area: Area, zoom: number, litOnes: boolean): Generator<Line> {
  const { edges } = scene;
  const seen = zoom < STRAIGHT ? new Set<number>() : null;
  for (let at = 0; at < edges.length; at += 2) {
    const [from, to] = [edges[at] ?? 0, edges[at + 1] ?? 0];
    if (isLit(look, from, to) !== litOnes) continue;
    const line = lineOf(scene, from, to);
    if (misses(area, line) || (seen && !isNew(seen, zoom, line))) continue;
    yield line;
  }
}

function edgeAlpha(look: Look, litOnes: boolean, zoom: number): number {
  if (litOnes) return 0.9;
  if (look.lit) return 0.18;
  return zoom < STRAIGHT ? 0.45 : 0.9;
}

const isLit = ({ lit }: Look, from: number, to: number) => lit !== null && lit[from] === 1 && lit[to] === 1;

interface Line {
  x1: number;
  y1: number;
  x2: number;
  y2: number;
}

const lineOf = ({ x, y }: Scene, from: number, to: number): Line => ({
  x1: (x[from] ?? 0) + CARD.width,
  y1: (y[from] ?? 0) + CARD.height / 2,
  x2: x[to] ?? 0,
  y2: (y[to] ?? 0) + CARD.height / 2,
});

function misses(area: Area, { x1, y1, x2, y2 }: Line): boolean {
  const bend = x2 < x1 ? CARD.width : 0;
  return (
    Math.max(x1, x2) + bend < area.left ||
    Math.min(x1, x2) - bend > area.right ||
    Math.max(y1, y2) < area.top ||
    Math.min(y1, y2) > area.bottom
  );
}

/** Whether no line before it lay on the same two pixels. */
function isNew(seen: Set<number>, zoom: number, { x1, y1, x2, y2 }: Line): boolean {
  const place = (value: number) => Math.round(value * zoom) & 8191;
  const key = ((place(x1) * 8192 + place(y1)) * 8192 + place(x2)) * 8192 + place(y2);
  if (seen.has(key)) return false;
  seen.add(key);
  return true;
}

function traceEdge(context: Context, straight: boolean, { x1, y1, x2, y2 }: Line): void {
  context.moveTo(x1, y1);
  if (straight) {
    context.lineTo(x2, y2);
    return;
  }
  const bend = Math.max(40, Math.abs(x2 - x1) / 2);
  context.bezierCurveTo(x1 + bend, y1, x2 - bend, y2, x2, y2);
}

const dimmed = ({ lit }: Look, node: number) => lit !== null && lit[node] !== 1;

/** Far out a node is a bar in its colour. */
function* paintBars(context: Context, scene: Scene, look: Look, area: Area, zoom: number): Generator<void> {
  const width = Math.max(CARD.width, 2 / zoom);
  const height = Math.max(CARD.height, 1.6 / zoom);
  const inSight = scene.grid.within(area);
  const order = inSight.toSorted((left, right) =>
    (look.colours[left] ?? "") < (look.colours[right] ?? "") ? -1 : 1,
  );
  let colour = "";
  let drawn = 0;
  for (const node of order) {
    if (scene.source[node] === -1) {
      paintGroup(context, scene, look, node, zoom);
      continue;
    }
    const next = look.colours[node] ?? "";
    if (next !== colour) context.fillStyle = look.palette(next);
    colour = next;
    context.globalAlpha = dimmed(look, node) ? 0.25 : 1;
    context.fillRect(scene.x[node] ?? 0, scene.y[node] ?? 0, width, height);
    drawn += 1;
    if (drawn % FAR_NODES_AT_ONCE === 0) yield;
  }
  context.globalAlpha = 1;
  yield;
}

/** A closed group keeps its name as far out as there is room for some letters. */
function paintGroup(context: Context, scene: Scene, look: Look, node: number, zoom: number): void {
  const before = context.fillStyle;
  const [x, y] = [scene.x[node] ?? 0, scene.y[node] ?? 0];
  const size = Math.min(44, 9 / zoom);
  context.globalAlpha = dimmed(look, node) ? 0.35 : 1;
  context.fillStyle = look.palette("canvas");
  context.fillRect(x, y, CARD.width, CARD.height);
  context.fillStyle = look.palette(look.colours[node] ?? "");
  context.fillRect(x, y, 14, CARD.height);
  context.font = `500 ${size}px ${look.font}`;
  context.textBaseline = "middle";
  context.fillStyle = look.palette("ink");
  context.fillText(cut(scene.names[node] ?? "", CARD.width - 26, size), x + 22, y + CARD.height / 2);
  context.fillStyle = before;
}

function* paintCards(context: Context, scene: Scene, look: Look, area: Area, zoom: number): Generator<void> {
  const near = zoom >= NEAR;
  let drawn = 0;
  for (const node of scene.grid.within(area)) {
    context.globalAlpha = dimmed(look, node) ? 0.35 : 1;
    paintCard(context, scene, look, node, near);
    drawn += 1;
    if (drawn % NODES_AT_ONCE === 0) yield;
  }
  context.globalAlpha = 1;
  yield;
}

function paintCard(context: Context, scene: Scene, look: Look, node: number, near: boolean): void {
  const [x, y] = [scene.x[node] ?? 0, scene.y[node] ?? 0];
  const group = scene.source[node] === -1;
  const colour = look.palette(look.colours[node] ?? "");
  context.fillStyle = look.palette(group ? "surface" : "canvas");
  context.strokeStyle = look.palette(group ? "line-strong" : "line");
  context.lineWidth = 1.2;
  if (group) {
    context.beginPath();
    context.roundRect(x + 5, y - 5, CARD.width, CARD.height, 6);
    context.fill();
    context.stroke();
  }
  context.beginPath();
  context.roundRect(x, y, CARD.width, CARD.height, 6);
  context.fill();
  context.stroke();
  const stripe = near ? 5 : 14;
  context.fillStyle = colour;
  context.fillRect(x, y + 3, stripe, CARD.height - 6);
  const tone = look.tones[node] ?? null;
  const mark = tone === null ? 0 : near ? 14 : 26;
  if (tone !== null)
    drawMark(
      context,
      tone,
      x + CARD.width - mark - 9,
      y + (near ? 10 : 16),
      mark,
      colour,
      look.palette("canvas"),
    );
  const room = CARD.width - stripe - mark - 26;
  context.textBaseline = "middle";
  context.fillStyle = look.palette("ink");
  if (near) {
    context.font = `500 12.5px ${look.font}`;
    context.fillText(cut(scene.names[node] ?? "", room, 12.5), x + 14, y + 20);
    context.font = `11px ${look.font}`;
    context.fillStyle = look.palette("muted");
    context.fillText(cut(look.details(node), CARD.width - 26, 11), x + 14, y + 41);
  } else {
    context.font = `500 21px ${look.font}`;
    context.fillText(cut(scene.names[node] ?? "", room, 21), x + stripe + 8, y + CARD.height / 2);
  }
}

/** As much of a name as there is room for; the font is mono, so nothing is measured. */
export function cut(text: string, room: number, size: number): string {
  const letters = Math.floor(room / (size * LETTER));
  if (text.length <= letters) return text;
  return letters <= 1 ? "" : `${text.slice(0, letters - 1)}…`;
}
