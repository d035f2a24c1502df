import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import { asOf, inEnvironment, type Reading } from "@/lib/reading";
import { asQuery, type NodeFilters } from "./filters";

export const PAGE_SIZE = 50;
const HISTORY_LIMIT = 50;

/** One page of nodes. What changes them is told by the server (catalog-events.ts); the slow clock is for when it cannot. */
export const nodesQuery = (workspace: string, reading: Reading, filters: NodeFilters) =>
  queryOptions({
    queryKey: [...keys.nodes(workspace, reading), "page", filters],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/models", {
          params: {
            path: { workspace },
            query: { limit: PAGE_SIZE, ...asOf(reading), ...asQuery(filters) },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** How the node did over time, newest first, and which of its tests are flaky. */
export const nodeHistoryQuery = (workspace: string, reading: Reading, uniqueId: string) =>
  queryOptions({
    queryKey: [...keys.node(workspace, reading, uniqueId), "history"],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/models/{unique_id}/history", {
          params: {
            path: { workspace, unique_id: uniqueId },
            query: { ...inEnvironment(reading), limit: HISTORY_LIMIT },
          },
          signal,
        }),
      ),
  });

/** What the node was in the snapshots, newest first. */
export const nodeChangesQuery = (workspace: string, reading: Reading, uniqueId: string) =>
  queryOptions({
    queryKey: [...keys.node(workspace, { ...reading, snapshot: "" }, uniqueId), "changes"],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/models/{unique_id}/changes", {
          params: {
            path: { workspace, unique_id: uniqueId },
            query: { ...inEnvironment(reading), limit: HISTORY_LIMIT },
          },
          signal,
        }),
      ),
  });
