import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import type { DropState } from "@/api/types";
import { inEnvironment, type Reading } from "@/lib/reading";

export const PAGE_SIZE = 30;
const BUSY_MILLISECONDS = 3_000;

export const DROP_STATES: DropState[] = ["waiting", "ingesting", "ingested", "superseded", "refused"];

const keyOf = (workspace: string, { environment }: Reading) =>
  keys.artifacts(workspace, { environment, snapshot: "" });

/** What was brought, newest first. While something is being read it is asked for again, in case the stream is away. */
export const dropsQuery = (workspace: string, reading: Reading, state: DropState | null, cursor: string) =>
  queryOptions({
    queryKey: [...keyOf(workspace, reading), "drops", state, cursor],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/artifacts/drops", {
          params: {
            path: { workspace },
            query: {
              limit: PAGE_SIZE,
              ...inEnvironment(reading),
              ...(state && { state: [state] }),
              ...(cursor && { cursor }),
            },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: (query) =>
      query.state.data?.items.some((drop) => drop.state === "waiting" || drop.state === "ingesting")
        ? BUSY_MILLISECONDS
        : false,
  });

/** Of each kind of file: which one is in effect, and whether a newer one was refused. */
export const statusQuery = (workspace: string, reading: Reading) =>
  queryOptions({
    queryKey: [...keyOf(workspace, reading), "status"],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/artifacts/status", {
          params: { path: { workspace }, query: inEnvironment(reading) },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

export const placesQuery = (workspace: string, reading: Reading) =>
  queryOptions({
    queryKey: [...keyOf(workspace, reading), "places"],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/artifacts/places", {
          params: { path: { workspace } },
          signal,
        }),
      ),
  });

const allOf = (workspace: string) => ["workspace", workspace, "artifacts"];

export function useRetry(workspace: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (dropId: number) =>
      unwrap(
        client.POST("/api/workspaces/{workspace}/artifacts/drops/{drop_id}/retry", {
          params: { path: { workspace, drop_id: dropId } },
        }),
      ),
    onSettled: () => queries.invalidateQueries({ queryKey: allOf(workspace) }),
  });
}

/** Asks anew for what was brought. */
export function useRefreshDrops(workspace: string) {
  const queries = useQueryClient();
  return () => void queries.invalidateQueries({ queryKey: allOf(workspace) });
}
