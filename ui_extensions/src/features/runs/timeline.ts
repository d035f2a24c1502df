import type { Run, RunNode } from "@/api/types";

export interface Span {
  start: number;
  end: number;
}

/** From the start of a run to its end; while it runs, to now. Null before it has started. */
export function spanOf(run: Pick<Run, "started_at" | "finished_at">, now: number): Span | null {
  const start = Date.parse(run.started_at ?? "");
  const end = run.finished_at ? Date.parse(run.finished_at) : now;
  return start < end ? { start, end } : null;
}

/** From the start of a node to its end; while it runs, to now. Null where it never began, or was left out. */
export function barOf(
  node: Pick<RunNode, "status" | "started_at" | "finished_at" | "execution_time">,
  now: number,
): Span | null {
  if (!node.started_at || node.status === "skipped") return null;
  const start = Date.parse(node.started_at);
  const end = node.finished_at ? Date.parse(node.finished_at) : openEnd(node, start, now);
  return Number.isNaN(start) || Number.isNaN(end) ? null : { start, end: Math.max(start, end) };
}

function openEnd(node: Pick<RunNode, "status" | "execution_time">, start: number, now: number): number {
  if (node.status === "running") return now;
  return start + 1000 * (node.execution_time ?? 0);
}

const FAILED = new Set(["error", "fail", "failed", "runtime error", "partial success"]);

export const hasFailed = (node: Pick<RunNode, "status">) => FAILED.has(node.status.toLowerCase());
