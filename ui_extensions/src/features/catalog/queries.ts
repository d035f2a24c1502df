import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";

export const PAGE_SIZE = 50;
const HISTORY_LIMIT = 50;

export interface NodeFilters {
  q: string;
  types: string[];
  tag: string;
  schema: string;
  materialization: string;
  status: string;
  sort: string;
  cursor: string;
}

/** The filters as the address has them. */
export function filtersOf(params: URLSearchParams): NodeFilters {
  return {
    q: params.get("q") ?? "",
    types: params.getAll("resource_type"),
    tag: params.get("tag") ?? "",
    schema: params.get("schema") ?? "",
    materialization: params.get("materialization") ?? "",
    status: params.get("status") ?? "",
    sort: params.get("sort") ?? "",
    cursor: params.get("cursor") ?? "",
  };
}

export const isFiltered = (filters: NodeFilters) =>
  Boolean(
    filters.q ||
      filters.types.length > 0 ||
      filters.tag ||
      filters.schema ||
      filters.materialization ||
      filters.status,
  );

export const nodesQuery = (workspace: string, filters: NodeFilters) =>
  queryOptions({
    queryKey: [...keys.nodes(workspace), "page", filters],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/models", {
          params: { path: { workspace }, query: asQuery(filters) },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: 30_000,
  });

/** Some words of the filter stand for several of dbt's. */
const STATUS_GROUPS: Record<string, string[]> = {
  ok: ["success", "pass", "no-op", "reused"],
  failing: ["error", "fail", "runtime error"],
  attention: ["error", "fail", "runtime error", "warn", "partial success"],
};

/** Only what is set: an empty filter is left out, not sent as an empty word. */
function asQuery(filters: NodeFilters) {
  return {
    limit: PAGE_SIZE,
    ...(filters.types.length > 0 && { resource_type: filters.types }),
    ...(filters.q && { q: filters.q }),
    ...(filters.tag && { tag: [filters.tag] }),
    ...(filters.schema && { schema: [filters.schema] }),
    ...(filters.materialization && { materialization: [filters.materialization] }),
    ...(filters.status && { status: STATUS_GROUPS[filters.status] ?? [filters.status] }),
    ...(filters.sort && { sort: filters.sort }),
    ...(filters.cursor && { cursor: filters.cursor }),
  };
}

/** What can be filtered by, and how many nodes there are of each type. */
export const facetsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [...keys.nodes(workspace), "facets"],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/models/facets", { params: { path: { workspace } }, signal }),
      ),
    staleTime: 60_000,
  });

export const nodeRunsQuery = (workspace: string, uniqueId: string) =>
  queryOptions({
    queryKey: [...keys.node(workspace, uniqueId), "runs"],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/models/{unique_id}/runs", {
          params: { path: { workspace, unique_id: uniqueId }, query: { limit: HISTORY_LIMIT } },
          signal,
        }),
      ),
  });
