import {
  infiniteQueryOptions,
  keepPreviousData,
  queryOptions,
  useMutation,
  useQueryClient,
} from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import type { CoverageQuery, ImpactKind, LineageQuery, TraceState, WholeQuery } from "@/api/lineage-types";
import { asOf, inEnvironment, type Reading } from "@/lib/reading";

export const LINEAGE_PAGE = 50;
const COLUMNS_PAGE = 200;
/** Of a name that is looked for, the server takes no more. */
const MOST_LETTERS = 200;
const POLL_MILLISECONDS = 1500;

/** What is computed from lineage does not change while the catalog and the traced snapshot do not. */
const key = (workspace: string, reading: Reading, ...rest: unknown[]) => [
  ...keys.lineage(workspace, reading, String(rest[0])),
  ...rest.slice(1),
];

/** A list that could also have come as CSV, had it been asked for so. */
const listed = async <T>(call: Promise<T>) => (await call) as Exclude<T, string>;

const isMoving = (trace: TraceState | undefined) => trace?.state === "waiting" || trace?.state === "running";

/** Where tracing stands; asked again while it moves. */
export const traceQuery = (workspace: string, reading: Reading) =>
  queryOptions({
    queryKey: key(workspace, { ...reading, snapshot: "" }, "state"),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/lineage/state", {
          params: { path: { workspace }, query: inEnvironment(reading) },
          signal,
        }),
      ),
    refetchInterval: ({ state }) => (isMoving(state.data) ? POLL_MILLISECONDS : false),
  });

/** Has columns read again, as after a failure. */
export function useTraceAgain(workspace: string, reading: Reading) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () =>
      unwrap(
        client.POST("/api/workspaces/{workspace}/lineage/trace", {
          params: { path: { workspace }, query: inEnvironment(reading) },
        }),
      ),
    onSuccess: (state) => queries.setQueryData(traceQuery(workspace, reading).queryKey, state),
  });
}

export const graphQuery = (workspace: string, reading: Reading, uniqueId: string, query: LineageQuery) =>
  queryOptions({
    queryKey: key(workspace, reading, uniqueId, "graph", query),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/models/{unique_id}/lineage", {
          params: { path: { workspace, unique_id: uniqueId }, query: { ...asOf(reading), ...query } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** The columns of a node and where each comes from, page by page; `q` is part of a name. */
export const nodeColumnsQuery = (workspace: string, reading: Reading, uniqueId: string, q = "") =>
  infiniteQueryOptions({
    queryKey: key(workspace, reading, uniqueId, "columns", q),
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/models/{unique_id}/lineage/columns", {
          params: {
            path: { workspace, unique_id: uniqueId },
            query: {
              ...asOf(reading),
              limit: COLUMNS_PAGE,
              ...(q && { q: q.slice(0, MOST_LETTERS) }),
              ...(pageParam && { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.columns.next_cursor || null,
    staleTime: 30_000,
  });

export interface ReachQuery {
  direction: "up" | "down";
  influence: boolean;
  q: string;
  types: string[];
}

/** All columns up- or downstream of a column, nearest first. */
export const reachedColumnsQuery = (
  workspace: string,
  reading: Reading,
  uniqueId: string,
  column: string,
  { direction, influence, q, types }: ReachQuery,
) =>
  infiniteQueryOptions({
    queryKey: key(workspace, reading, uniqueId, "reached", column, direction, influence, q, types),
    queryFn: ({ signal, pageParam }) =>
      listed(
        unwrap(
          client.GET("/api/workspaces/{workspace}/models/{unique_id}/columns/{column}/lineage", {
            params: {
              path: { workspace, unique_id: uniqueId, column },
              query: {
                ...asOf(reading),
                direction,
                limit: LINEAGE_PAGE,
                ...(influence && { influence }),
                ...(q && { q }),
                ...(types.length > 0 && { resource_type: types }),
                ...(pageParam && { cursor: pageParam }),
              },
            },
            signal,
          }),
        ),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor || null,
  });

/** All nodes up- or downstream of a node, nearest first. */
export const reachedNodesQuery = (
  workspace: string,
  reading: Reading,
  uniqueId: string,
  { direction, q, types }: ReachQuery,
) =>
  infiniteQueryOptions({
    queryKey: key(workspace, reading, uniqueId, "reached", direction, q, types),
    queryFn: ({ signal, pageParam }) =>
      listed(
        unwrap(
          client.GET("/api/workspaces/{workspace}/models/{unique_id}/lineage/nodes", {
            params: {
              path: { workspace, unique_id: uniqueId },
              query: {
                ...asOf(reading),
                direction,
                limit: LINEAGE_PAGE,
                ...(q && { q }),
                ...(types.length > 0 && { resource_type: types }),
                ...(pageParam && { cursor: pageParam }),
              },
            },
            signal,
          }),
        ),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor || null,
  });

export interface ImpactQuery {
  column: string | null;
  influence: boolean;
  kind: ImpactKind;
  q: string;
}

/** What a change of a node, or of a column, would touch. */
export const impactQuery = (
  workspace: string,
  reading: Reading,
  uniqueId: string,
  { column, influence, kind, q }: ImpactQuery,
) =>
  infiniteQueryOptions({
    queryKey: key(workspace, reading, uniqueId, "impact", column, influence, kind, q),
    queryFn: ({ signal, pageParam }) =>
      listed(
        unwrap(
          client.GET("/api/workspaces/{workspace}/models/{unique_id}/impact", {
            params: {
              path: { workspace, unique_id: uniqueId },
              query: {
                ...asOf(reading),
                kind,
                influence,
                limit: LINEAGE_PAGE,
                ...(column && { column }),
                ...(q && { q }),
                ...(pageParam && { cursor: pageParam }),
              },
            },
            signal,
          }),
        ),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor || null,
    placeholderData: keepPreviousData,
  });

export interface PathEnds {
  from: string;
  fromColumn: string | null;
  to: string;
  toColumn: string | null;
  influence: boolean;
}

/** A shortest way from one node or column down to another. */
export const pathQuery = (workspace: string, reading: Reading, ends: PathEnds) =>
  queryOptions({
    queryKey: key(workspace, reading, "path", ends),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/lineage/path", {
          params: {
            path: { workspace },
            query: {
              ...asOf(reading),
              from_node: ends.from,
              to_node: ends.to,
              ...(ends.fromColumn && { from_column: ends.fromColumn }),
              ...(ends.toColumn && { to_column: ends.toColumn }),
              ...(ends.influence && { influence: true }),
            },
          },
          signal,
        }),
      ),
  });

export const coverageQuery = (workspace: string, reading: Reading) =>
  queryOptions({
    queryKey: key(workspace, reading, "coverage"),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/lineage/coverage", {
          params: { path: { workspace }, query: asOf(reading) },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const coveredNodesQuery = (workspace: string, reading: Reading, query: CoverageQuery) =>
  queryOptions({
    queryKey: key(workspace, reading, "coverage", "nodes", query),
    queryFn: ({ signal }) =>
      listed(
        unwrap(
          client.GET("/api/workspaces/{workspace}/lineage/coverage/nodes", {
            params: { path: { workspace }, query: { ...asOf(reading), limit: LINEAGE_PAGE, ...query } },
            signal,
          }),
        ),
      ),
    placeholderData: keepPreviousData,
  });

export interface ChangesQuery {
  from: number;
  to: number | null;
  change: ("added" | "removed" | "changed")[];
  q: string;
}

/** Edges between columns that differ between two snapshots. */
export const lineageChangesQuery = (
  workspace: string,
  reading: Reading,
  { from, to, change, q }: ChangesQuery,
) =>
  infiniteQueryOptions({
    queryKey: key(workspace, { ...reading, snapshot: "" }, "changes", from, to, change, q),
    queryFn: ({ signal, pageParam }) =>
      listed(
        unwrap(
          client.GET("/api/workspaces/{workspace}/lineage/changes", {
            params: {
              path: { workspace },
              query: {
                ...inEnvironment(reading),
                from,
                limit: LINEAGE_PAGE,
                ...(to !== null && { to }),
                ...(change.length > 0 && { change }),
                ...(q && { q }),
                ...(pageParam && { cursor: pageParam }),
              },
            },
            signal,
          }),
        ),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor || null,
    placeholderData: keepPreviousData,
  });

/** Everything at once: ten thousand nodes are some hundred kilobytes. */
export const wholeGraphQuery = (workspace: string, reading: Reading, query: WholeQuery) =>
  queryOptions({
    queryKey: key(workspace, reading, "whole", query),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/lineage/graph", {
          params: { path: { workspace }, query: { ...asOf(reading), ...query } },
          signal,
        }),
      ),
    staleTime: 60_000,
    placeholderData: keepPreviousData,
  });
