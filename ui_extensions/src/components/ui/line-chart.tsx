import { useState } from "react";
import { cn } from "@/lib/cn";

export interface Series {
  name: string;
  /** A class that sets the text colour. */
  hue: string;
  /** One value per point; null where it is not known: the line breaks there. */
  values: (number | null)[];
}

interface ChartProps {
  label: string;
  series: Series[];
  /** The name of each point, as in "5 Mar 2025, 14:03". */
  points: string[];
  onChoose?: (index: number) => void;
  /** The value at the top. */
  most?: number;
  /** A value in words. */
  format?: (value: number) => string;
}

const WIDTH = 600;
const HEIGHT = 140;
const DASHES = ["", "6 3", "2 3", "8 3 2 3"];

/** Values over time, shares between 0 and 100 unless told otherwise. Colours are told apart by dashes too; the numbers are below, for the point pointed at. */
export function LineChart({
  label,
  series,
  points,
  onChoose,
  most = 100,
  format = (value) => `${Math.round(value)}%`,
}: ChartProps) {
  const [pointed, setPointed] = useState<number | null>(null);
  const at = pointed ?? points.length - 1;
  const x = (index: number) => (points.length < 2 ? WIDTH / 2 : (index * WIDTH) / (points.length - 1));
  const yOf = (value: number) => HEIGHT - (HEIGHT * value) / most;
  const shown = (value: number | null | undefined) =>
    value === null || value === undefined ? "not known" : format(value);
  const nearest = (event: React.PointerEvent<SVGSVGElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const share = box.width > 0 ? (event.clientX - box.left) / box.width : 1;
    setPointed(clamp(Math.round(share * (points.length - 1)), points.length));
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (step !== undefined) setPointed(clamp(at + step, points.length));
    else if (event.key === "Enter") onChoose?.(at);
    else return;
    event.preventDefault();
  };
  return (
    <figure className="min-w-0">
      <div
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, points.length - 1)}
        aria-valuenow={at}
        aria-valuetext={`${points[at] ?? ""}: ${series.map((one) => `${one.name} ${shown(one.values[at])}`).join(", ")}`}
        onKeyDown={onKeyDown}
        className="rounded-md border bg-surface"
      >
        <svg
          viewBox={`0 -6 ${WIDTH} ${HEIGHT + 12}`}
          preserveAspectRatio="none"
          className={cn("block h-36 w-full", onChoose && "cursor-pointer")}
          aria-hidden
          onPointerMove={nearest}
          onPointerLeave={() => setPointed(null)}
          onClick={() => onChoose?.(at)}
        >
          {[0, 25, 50, 75, 100].map((share) => (
            <line
              key={share}
              x1={0}
              x2={WIDTH}
              y1={yOf((share * most) / 100)}
              y2={yOf((share * most) / 100)}
              className="stroke-line"
              vectorEffect="non-scaling-stroke"
            />
          ))}
          {series.map((one, index) => (
            <path
              key={one.name}
              d={pathOf(one.values, x, yOf)}
              fill="none"
              stroke="currentColor"
              strokeWidth={2}
              strokeDasharray={DASHES[index % DASHES.length]}
              strokeLinejoin="round"
              strokeLinecap="round"
              vectorEffect="non-scaling-stroke"
              className={one.hue}
            />
          ))}
          <line
            x1={x(at)}
            x2={x(at)}
            y1={0}
            y2={HEIGHT}
            className="stroke-line-strong"
            vectorEffect="non-scaling-stroke"
          />
        </svg>
      </div>
      <figcaption className="mt-1.5 flex flex-wrap gap-x-5 gap-y-1 text-sm">
        <span className="text-muted">{points[at]}</span>
        {series.map((one, index) => (
          <span key={one.name} className="inline-flex items-center gap-1.5">
            <svg width={18} height={6} aria-hidden className={one.hue}>
              <path d="M0 3h18" stroke="currentColor" strokeWidth={2} strokeDasharray={DASHES[index % 4]} />
            </svg>
            {one.name} {shown(one.values[at])}
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

const clamp = (index: number, length: number) => Math.max(0, Math.min(length - 1, index));

/** A path through the known values; a single one between unknown ones is a dot. */
function pathOf(
  values: (number | null)[],
  x: (index: number) => number,
  yOf: (value: number) => number,
): string {
  let path = "";
  let open = false;
  for (const [index, value] of values.entries()) {
    if (value === null) {
      open = false;
      continue;
    }
    path += open ? `L${x(index)} ${yOf(value)}` : `M${x(index)} ${yOf(value)}h0.1`;
    open = true;
  }
  return path;
}
