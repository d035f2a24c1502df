import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import { withQuery } from "@/lib/paths";

export const PAGE_SIZE = 50;
const MINUTE = 60_000;

/** Spans that end now. */
export const RANGES: Record<string, { label: string; milliseconds: number }> = {
  "1h": { label: "Last hour", milliseconds: 60 * MINUTE },
  "24h": { label: "Last 24 hours", milliseconds: 24 * 60 * MINUTE },
  "7d": { label: "Last 7 days", milliseconds: 7 * 24 * 60 * MINUTE },
  "30d": { label: "Last 30 days", milliseconds: 30 * 24 * 60 * MINUTE },
};

export interface AuditFilters {
  actor: string;
  tag: string;
  subject: string;
  q: string;
  workspace: string;
  /** One of RANGES, "custom" for `from` and `to`, or nothing. */
  range: string;
  /** Times as the browser's own field gives them: "2024-05-01T08:30", in the reader's timezone. */
  from: string;
  to: string;
}

const NAMES = ["actor", "tag", "subject", "q", "workspace", "range", "from", "to"] as const;

export function filtersOf(params: URLSearchParams): AuditFilters {
  const values = NAMES.map((name) => [name, params.get(name) ?? ""]);
  return Object.fromEntries(values) as unknown as AuditFilters;
}

export const isFiltered = (filters: AuditFilters) => NAMES.some((name) => filters[name] !== "");

export const NO_FILTERS = Object.fromEntries(
  [...NAMES, "cursor", "page", "event"].map((name) => [name, null]),
);

/** The filters as the server takes them; those that say nothing are left out. */
export function asked(filters: AuditFilters, now: number = Date.now()) {
  const { actor, tag, subject, q, workspace } = filters;
  const span = RANGES[filters.range];
  const from = span ? new Date(now - span.milliseconds).toISOString() : exact(filters.from);
  const to = span ? "" : exact(filters.to);
  const all = { actor, tag, subject, q, workspace, from, to };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== "")) as Partial<typeof all>;
}

function exact(local: string): string {
  const at = Date.parse(local);
  return Number.isNaN(at) ? "" : new Date(at).toISOString();
}

/** The log of one workspace, or of everything (null). */
export const auditQuery = (workspace: string | null, filters: AuditFilters, cursor: string) =>
  queryOptions({
    queryKey: [...keys.audit(workspace), filters, cursor],
    queryFn: ({ signal }) => {
      const query = { ...asked(filters), limit: PAGE_SIZE, ...(cursor && { cursor }) };
      return workspace === null
        ? unwrap(client.GET("/api/admin/audit", { params: { query }, signal }))
        : unwrap(
            client.GET("/api/workspaces/{workspace}/audit", {
              params: { path: { workspace }, query },
              signal,
            }),
          );
    },
    placeholderData: keepPreviousData,
  });

export const auditFacetsQuery = (workspace: string | null) =>
  queryOptions({
    queryKey: [...keys.audit(workspace), "facets"],
    queryFn: ({ signal }) =>
      workspace === null
        ? unwrap(client.GET("/api/admin/audit/facets", { signal }))
        : unwrap(
            client.GET("/api/workspaces/{workspace}/audit/facets", {
              params: { path: { workspace } },
              signal,
            }),
          ),
    staleTime: 60_000,
  });

export type AuditFormat = "jsonl" | "csv";

export function auditExport(workspace: string | null, filters: AuditFilters, format: AuditFormat) {
  const base = workspace === null ? "/api/admin" : `/api/workspaces/${encodeURIComponent(workspace)}`;
  return {
    url: withQuery(`${base}/audit/export`, { format, ...asked(filters) }),
    name: `audit-${workspace ?? "all"}-${new Date().toISOString().slice(0, 10)}.${format}`,
  };
}
