import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import type { Run, RunRequest } from "@/api/types";
import { isActive } from "@/lib/status";

export const PAGE_SIZE = 30;
const ACTIVE_MILLISECONDS = 2_000;
const CALM_MILLISECONDS = 15_000;

type RunStatus = Run["status"];

/** What the list can be filtered by. */
export const RUN_STATUSES: RunStatus[] = [
  "queued",
  "starting",
  "running",
  "success",
  "failed",
  "cancelling",
  "cancelled",
];

export interface RunFilters {
  status: RunStatus | null;
  cursor: string;
}

export function filtersOf(params: URLSearchParams): RunFilters {
  return {
    status: RUN_STATUSES.find((status) => status === params.get("status")) ?? null,
    cursor: params.get("cursor") ?? "",
  };
}

export const runsQuery = (workspace: string, filters: RunFilters) =>
  queryOptions({
    queryKey: [...keys.runs(workspace), filters],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/runs", {
          params: {
            path: { workspace },
            query: {
              limit: PAGE_SIZE,
              ...(filters.status && { status: [filters.status] }),
              ...(filters.cursor && { cursor: filters.cursor }),
            },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: (query) =>
      query.state.data?.items.some((run) => isActive(run.status)) ? ACTIVE_MILLISECONDS : CALM_MILLISECONDS,
  });

export const runQuery = (workspace: string, runId: string) =>
  queryOptions({
    queryKey: keys.run(workspace, runId),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/runs/{run_id}", {
          params: { path: { workspace, run_id: runId } },
          signal,
        }),
      ),
    refetchInterval: (query) => (isActive(query.state.data?.status) ? ACTIVE_MILLISECONDS : false),
  });

export const runNodesQuery = (workspace: string, runId: string, active: boolean) =>
  queryOptions({
    queryKey: [...keys.run(workspace, runId), "nodes"],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/runs/{run_id}/nodes", {
          params: { path: { workspace, run_id: runId } },
          signal,
        }),
      ),
    refetchInterval: active ? ACTIVE_MILLISECONDS : false,
  });

export const artifactsQuery = (workspace: string, runId: string) =>
  queryOptions({
    queryKey: [...keys.run(workspace, runId), "artifacts"],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/runs/{run_id}/artifacts", {
          params: { path: { workspace, run_id: runId } },
          signal,
        }),
      ),
  });

export const runOptionsQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.runOptions(workspace),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/runs/options", { params: { path: { workspace } }, signal }),
      ),
    staleTime: 300_000,
  });

/** Addresses of what is no JSON, and so not asked for through the client. */
export const logStreamUrl = (workspace: string, runId: string) => `${runUrl(workspace, runId)}/log/stream`;
export const artifactUrl = (workspace: string, runId: string, step: number, name: string) =>
  `${runUrl(workspace, runId)}/artifacts/${step}/${encodeURIComponent(name)}`;
const runUrl = (workspace: string, runId: string) =>
  `/api/workspaces/${encodeURIComponent(workspace)}/runs/${encodeURIComponent(runId)}`;

export function useStartRun(workspace: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: RunRequest) =>
      unwrap(client.POST("/api/workspaces/{workspace}/runs", { params: { path: { workspace } }, body })),
    onSuccess: (run) => {
      queries.setQueryData(keys.run(workspace, run.run_id), run);
      void queries.invalidateQueries({ queryKey: keys.runs(workspace) });
      void queries.invalidateQueries({ queryKey: ["workspace", workspace, "overview"] });
    },
  });
}

export function useCancelRun(workspace: string, runId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () =>
      unwrap(
        client.POST("/api/workspaces/{workspace}/runs/{run_id}/cancel", {
          params: { path: { workspace, run_id: runId } },
        }),
      ),
    onSuccess: (run) => {
      queries.setQueryData(keys.run(workspace, runId), run);
      void queries.invalidateQueries({ queryKey: keys.runs(workspace) });
    },
  });
}
