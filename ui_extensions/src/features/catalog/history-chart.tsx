import { Link } from "react-router";
import type { NodePoint } from "@/api/types";
import { toneFill } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { formatDuration, formatNumber } from "@/lib/format";
import { paths } from "@/lib/paths";
import { nodeStatus } from "@/lib/status";
import { formatExact } from "@/lib/time";

interface HistoryChartProps {
  workspace: string;
  uniqueId: string;
  points: NodePoint[];
}

/**
 * One column per execution, oldest at the left: how long it took in the colour of its outcome, how many rows it made
 * below, and a mark where its SQL was another than the time before.
 */
export function HistoryChart({ workspace, uniqueId, points }: HistoryChartProps) {
  const most = (values: (number | null)[]) => Math.max(0, ...values.map((value) => value ?? 0));
  const longest = most(points.map((point) => point.execution_time));
  const rows = most(points.map((point) => point.rows_affected));
  const tells = points.some((point) => point.rows_affected !== null);
  return (
    <figure className="min-w-0">
      <figcaption className="mb-1 flex flex-wrap gap-x-4 text-xs text-faint">
        <span>
          Duration of the last {formatNumber(points.length)} {points.length === 1 ? "run" : "runs"}
          {longest > 0 ? `, at most ${formatDuration(longest)}` : ""}
        </span>
        <span>{tells ? `Rows, at most ${formatNumber(rows)}` : "Rows: not told by the adapter"}</span>
        {points.some((point) => point.same_code === false) ? (
          <span>◆ other SQL than the time before</span>
        ) : null}
      </figcaption>
      <ol className="flex items-stretch gap-0.5 overflow-x-auto pb-1">
        {[...points].reverse().map((point) => (
          <li key={`${point.run_id}-${point.step}`} className="flex w-3 shrink-0 flex-col">
            <Column
              workspace={workspace}
              uniqueId={uniqueId}
              point={point}
              longest={longest}
              rows={tells ? rows : null}
            />
          </li>
        ))}
      </ol>
    </figure>
  );
}

interface ColumnProps {
  uniqueId: string;
  workspace: string;
  point: NodePoint;
  longest: number;
  /** The most rows of any; null where none are told. */
  rows: number | null;
}

function Column({ workspace, uniqueId, point, longest, rows }: ColumnProps) {
  const words = wordsOf(point);
  const content = (
    <>
      <span className="flex h-14 items-end border-b">
        <span
          className={cn("w-full rounded-t-sm", toneFill(nodeStatus(point.status).tone))}
          style={{ height: share(point.execution_time, longest) }}
        />
      </span>
      {rows === null ? null : (
        <span className="flex h-8 items-start">
          <span
            className={cn("w-full rounded-b-sm", point.rows_affected === null ? "hatched" : "bg-type-model")}
            style={{ height: share(point.rows_affected, rows) }}
          />
        </span>
      )}
      <span className="h-3 text-center text-[8px] leading-3 text-muted" aria-hidden>
        {point.same_code === false ? "◆" : ""}
      </span>
    </>
  );
  const shape = { title: words, "aria-label": words, className: "flex flex-col hover:opacity-75" };
  if (point.external)
    return (
      <span role="img" {...shape}>
        {content}
      </span>
    );
  return (
    <Link to={paths.run(workspace, point.run_id, { node: uniqueId })} {...shape}>
      {content}
    </Link>
  );
}

/** The height of a bar; one whose value is not known is as low as can be seen. */
function share(value: number | null, most: number): string {
  return most > 0 && value !== null ? `${Math.max(4, (100 * value) / most)}%` : "4%";
}

function wordsOf(point: NodePoint): string {
  return [
    point.started_at ? formatExact(point.started_at) : "unknown time",
    nodeStatus(point.status).label,
    point.execution_time === null ? "duration not known" : formatDuration(point.execution_time),
    point.rows_affected === null ? "" : `${formatNumber(point.rows_affected)} rows`,
    point.same_code === false ? "other SQL than the time before" : "",
    point.flaky ? "flaky" : "",
  ]
    .filter(Boolean)
    .join(", ");
}
