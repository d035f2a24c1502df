import { type Query, withQuery } from "@/lib/paths";
import type { Reading } from "@/lib/reading";

export type ListName = "up" | "down" | "impact" | "path";

export const LISTS: { value: ListName; label: string }[] = [
  { value: "up", label: "Upstream" },
  { value: "down", label: "Downstream" },
  { value: "impact", label: "Impact" },
  { value: "path", label: "Path" },
];

/** The list of the address. */
export const listOf = (params: URLSearchParams): ListName | null =>
  LISTS.find(({ value }) => value === params.get("list"))?.value ?? null;

/** Where the whole of a list comes from as CSV, with the filters that are seen. */
export function csvUrl(workspace: string, reading: Reading, path: string, query: Query): string {
  return withQuery(`/api/workspaces/${encodeURIComponent(workspace)}${path}`, {
    ...query,
    environment: reading.environment,
    snapshot: reading.snapshot,
    format: "csv",
  });
}

export const nodePath = (uniqueId: string, rest: string) => `/models/${encodeURIComponent(uniqueId)}${rest}`;
