import type { RunNode } from "@/api/types";

export interface Span {
  start: number;
  end: number;
}

/** From the first start to the last end; while something runs, to now. Null before anything has started. */
export function spanOf(nodes: readonly RunNode[], now: number): Span | null {
  let start = Number.POSITIVE_INFINITY;
  let end = Number.NEGATIVE_INFINITY;
  for (const node of nodes) {
    const bar = barOf(node, now);
    if (!bar) continue;
    start = Math.min(start, bar.start);
    end = Math.max(end, bar.end);
  }
  return start < end ? { start, end } : null;
}

export function barOf(node: RunNode, now: number): Span | null {
  if (!node.started_at) return null;
  const start = Date.parse(node.started_at);
  const end = node.finished_at ? Date.parse(node.finished_at) : openEnd(node, start, now);
  return Number.isNaN(start) || Number.isNaN(end) ? null : { start, end: Math.max(start, end) };
}

function openEnd(node: RunNode, start: number, now: number): number {
  if (node.status === "running") return now;
  return start + 1000 * (node.execution_time ?? 0);
}

export type NodeSort = "started_at" | "name" | "status" | "execution_time";

const FAILED = new Set(["error", "fail", "failed"]);

export const hasFailed = (node: Pick<RunNode, "status">) => FAILED.has(node.status.toLowerCase());

/** The failure to look at first: the earliest, for others often follow from it. */
export function firstFailure(nodes: readonly RunNode[]): RunNode | null {
  const time = (node: RunNode) =>
    Date.parse(node.finished_at ?? node.started_at ?? "") || Number.POSITIVE_INFINITY;
  return nodes.filter(hasFailed).sort((left, right) => time(left) - time(right))[0] ?? null;
}

/** A sorted copy. Nodes without a value come last, whichever the direction. */
export function sortNodes(nodes: readonly RunNode[], sort: string | null): RunNode[] {
  const descending = sort?.startsWith("-") ?? false;
  const column = (sort ?? "started_at").replace("-", "") as NodeSort;
  const sign = descending ? -1 : 1;
  return [...nodes].sort((left, right) => compare(left[column], right[column], sign));
}

function compare(left: unknown, right: unknown, sign: number): number {
  if (left === right) return 0;
  if (left === null || left === undefined) return 1;
  if (right === null || right === undefined) return -1;
  return (left < right ? -1 : 1) * sign;
}
