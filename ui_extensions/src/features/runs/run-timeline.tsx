import { useQuery } from "@tanstack/react-query";
import { Maximize2, ZoomIn, ZoomOut } from "lucide-react";
import { type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import type { Run, RunTimeline as Timeline } from "@/api/types";
import { IconButton } from "@/components/ui/button";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/feedback";
import { formatDuration, formatNumber, plural } from "@/lib/format";
import { useNow } from "@/lib/hooks";
import { isActive, nodeStatus } from "@/lib/status";
import { useUrlState } from "@/lib/url-state";
import { CriticalPath } from "./critical-path";
import {
  AXIS,
  type Bar,
  barAt,
  LANE,
  lanesOf,
  moved,
  paint,
  readView,
  type View,
  wholeOf,
  writeView,
  zoomed,
} from "./gantt";
import { timelineQuery } from "./queries";
import { useColours } from "./use-colours";

/** When each node ran, a lane for each thread, and the chain of nodes that made the run as long as it was. */
export function RunTimeline({ run }: { run: Run }) {
  const { params } = useUrlState();
  const active = isActive(run.status);
  const step = Number(params.get("step")) || null;
  const timeline = useQuery(timelineQuery(run.workspace, run.run_id, step, active));
  return (
    <div className="overflow-auto px-3 py-2">
      <QueryView query={timeline} what="the timeline" compact skeleton={<Skeleton className="h-40" />}>
        {(data) =>
          data.starts.length === 0 ? (
            <EmptyState title={active ? "Nothing has begun yet" : "No node of this run has a time"}>
              {active ? "Bars appear as nodes begin." : "dbt began none, or gave no times for them."}
            </EmptyState>
          ) : (
            <div className="flex flex-col gap-3">
              <Gantt timeline={data} active={active} />
              <Omitted timeline={data} />
              <CriticalPath timeline={data} />
            </div>
          )
        }
      </QueryView>
    </div>
  );
}

function Omitted({ timeline }: { timeline: Timeline }) {
  const parts = [
    timeline.untimed > 0 ? `${plural(timeline.untimed, "node")} without times (skipped, or not begun)` : "",
    timeline.cut > 0 ? `${formatNumber(timeline.cut)} bars beyond those that are drawn` : "",
  ].filter(Boolean);
  return parts.length === 0 ? null : <p className="text-xs text-faint">Not shown: {parts.join(", ")}.</p>;
}

function Gantt({ timeline, active }: { timeline: Timeline; active: boolean }) {
  const { params, patch } = useUrlState();
  const clock = useNow(active ? 1000 : null);
  const elapsed = timeline.origin ? (clock - Date.parse(timeline.origin)) / 1000 : 0;
  const open = active ? elapsed : (timeline.seconds ?? 0);
  const lanes = useMemo(() => lanesOf(timeline, open), [timeline, open]);
  const whole = useMemo(() => wholeOf(lanes), [lanes]);
  const view = readView(params.get("t"), whole) ?? whole;
  const show = (next: View) => patch({ t: writeView(next, whole) }, { replace: true });
  const middle = (view.from + view.to) / 2;
  const selected = timeline.unique_ids.indexOf(params.get("node") ?? "");
  const choose = (bar: Bar) =>
    patch({
      node: timeline.unique_ids[bar.index] ?? null,
      q: timeline.unique_ids[bar.index] ?? null,
      view: null,
    });
  return (
    <div className="min-w-0 rounded-md border">
      <div className="flex flex-wrap items-center justify-between gap-2 border-b px-2 py-1 text-xs text-muted">
        <Legend />
        <span className="flex">
          <IconButton label="Zoom in" onClick={() => show(zoomed(view, whole, 0.5, middle))}>
            <ZoomIn size={14} />
          </IconButton>
          <IconButton label="Zoom out" onClick={() => show(zoomed(view, whole, 2, middle))}>
            <ZoomOut size={14} />
          </IconButton>
          <IconButton label="The whole run" onClick={() => show(whole)}>
            <Maximize2 size={14} />
          </IconButton>
        </span>
      </div>
      <div className="flex max-h-[45vh] overflow-y-auto">
        <Lanes timeline={timeline} />
        <Picture
          timeline={timeline}
          lanes={lanes}
          view={view}
          whole={whole}
          selected={selected < 0 ? null : selected}
          onView={show}
          onChoose={choose}
        />
      </div>
    </div>
  );
}

function Legend() {
  return (
    <span className="inline-flex flex-wrap items-center gap-x-4">
      <span className="inline-flex items-center gap-1.5">
        <span className="inline-block h-3 w-5 bg-ok" aria-hidden /> Critical path
      </span>
      <span className="inline-flex items-center gap-1.5">
        <span className="inline-block h-3 w-5 border-b-4 border-ok bg-ok-soft" aria-hidden /> Others
      </span>
      <span className="max-md:hidden">Wheel zooms, dragging moves, a click opens the node</span>
    </span>
  );
}

function Lanes({ timeline }: { timeline: Timeline }) {
  return (
    <ol className="shrink-0 border-r text-xs text-muted" style={{ paddingTop: AXIS }} aria-label="Threads">
      {timeline.lanes.map((lane) => (
        <li
          key={lane}
          className="max-w-28 truncate px-2"
          style={{ height: LANE, lineHeight: `${LANE}px` }}
          title={lane}
        >
          {lane.replace(/ \(worker\)$/, "") || "no thread known"}
        </li>
      ))}
    </ol>
  );
}

interface PictureProps {
  timeline: Timeline;
  lanes: Bar[][];
  view: View;
  whole: View;
  selected: number | null;
  onView: (view: View) => void;
  onChoose: (bar: Bar) => void;
}

function Picture({ timeline, lanes, view, whole, selected, onView, onChoose }: PictureProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  const [pointed, setPointed] = useState<{ bar: Bar; x: number; y: number } | null>(null);
  const drag = useRef<{ x: number; view: View; far: boolean } | null>(null);
  const colours = useColours();
  const height = AXIS + lanes.length * LANE;

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = () => setWidth(element.clientWidth);
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    element.width = Math.round(width * ratio);
    element.height = Math.round(height * ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const picture = {
      lanes,
      names: timeline.names,
      view,
      width,
      selected,
      pointed: pointed?.bar.index ?? null,
    };
    paint(context, picture, colours);
  }, [lanes, timeline, view, width, height, selected, pointed, colours]);

  // React listens to the wheel passively; zooming must keep the page where it is.
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      if (event.deltaY === 0 || event.shiftKey) return;
      event.preventDefault();
      const around = view.from + (event.offsetX * (view.to - view.from)) / Math.max(1, width);
      onView(zoomed(view, whole, event.deltaY < 0 ? 0.8 : 1.25, around));
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  });

  const place = (event: PointerEvent<HTMLCanvasElement>) => {
    const bounds = event.currentTarget.getBoundingClientRect();
    return { x: event.clientX - bounds.left, y: event.clientY - bounds.top };
  };
  const onMove = (event: PointerEvent<HTMLCanvasElement>) => {
    const { x, y } = place(event);
    if (drag.current) {
      const by = drag.current.x - x;
      if (Math.abs(by) > 3) drag.current.far = true;
      if (!drag.current.far) return;
      const seconds = (by * (drag.current.view.to - drag.current.view.from)) / Math.max(1, width);
      onView(moved(drag.current.view, whole, seconds));
      return;
    }
    const bar = barAt(lanes, view, width, x, y);
    setPointed(bar ? { bar, x, y } : null);
  };
  const onUp = (event: PointerEvent<HTMLCanvasElement>) => {
    const { x, y } = place(event);
    const bar = drag.current?.far ? null : barAt(lanes, view, width, x, y);
    drag.current = null;
    if (bar) onChoose(bar);
  };
  return (
    <div ref={box} className="relative min-w-0 flex-1">
      <canvas
        ref={canvas}
        role="img"
        aria-label={wordsOf(timeline)}
        style={{ width: "100%", height }}
        className={pointed ? "block cursor-pointer touch-pan-y" : "block touch-pan-y"}
        onPointerDown={(event) => {
          drag.current = { x: place(event).x, view, far: false };
        }}
        onPointerMove={onMove}
        onPointerUp={onUp}
        onPointerLeave={() => {
          drag.current = null;
          setPointed(null);
        }}
      />
      {pointed ? <Card timeline={timeline} {...pointed} width={width} /> : null}
    </div>
  );
}

function wordsOf(timeline: Timeline): string {
  const bars = `${plural(timeline.starts.length, "node")} on ${plural(timeline.lanes.length, "thread")}`;
  return `${bars}; the critical path, ${plural(timeline.critical.length, "node")}, is listed below`;
}

/** What is pointed at, beside the pointer and within the picture. */
function Card({
  timeline,
  bar,
  x,
  y,
  width,
}: {
  timeline: Timeline;
  bar: Bar;
  x: number;
  y: number;
  width: number;
}) {
  return (
    <div
      className="pointer-events-none absolute z-10 max-w-72 rounded-md border border-line-strong bg-canvas px-2 py-1 text-xs"
      style={{ left: Math.max(0, Math.min(x + 12, width - 290)), top: y + 14 }}
    >
      <p className="font-mono break-all">{timeline.names[bar.index]}</p>
      <p className="text-muted">
        {nodeStatus(timeline.statuses[bar.index]).label}, {formatDuration(bar.end - bar.start)}
        {bar.critical ? ", on the critical path" : ""}
      </p>
    </div>
  );
}
