import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import type { Run, RunNodeQuery, RunRequest } from "@/api/types";
import { isActive } from "@/lib/status";

export const PAGE_SIZE = 30;
const ACTIVE_MILLISECONDS = 2_000;
const CALM_MILLISECONDS = 15_000;
/** What takes the server longer is asked for less often. */
const TIMELINE_MILLISECONDS = 5_000;
const NODES_PAGE = 100;
const RETRY_MILLISECONDS = 5_000;

type RunStatus = Run["status"];
export type RetryWhat = "failed" | "all";

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

/** Times that the list can be narrowed to, in hours. */
export const PERIODS = [
  { value: "24", label: "Last 24 hours" },
  { value: "168", label: "Last 7 days" },
  { value: "720", label: "Last 30 days" },
];

export interface RunFilters {
  status: RunStatus | null;
  environment: string;
  actor: string;
  command: string;
  schedule: string;
  job: string;
  node: string;
  /** A number of hours; "" for any time. */
  hours: string;
  cursor: string;
}

/** The names of the filters in the address. */
export const FILTER_NAMES = [
  "status",
  "environment",
  "actor",
  "command",
  "schedule",
  "job",
  "node",
  "hours",
] as const;

export function filtersOf(params: URLSearchParams): RunFilters {
  const text = (name: string) => params.get(name) ?? "";
  return {
    status: RUN_STATUSES.find((status) => status === params.get("status")) ?? null,
    environment: text("environment"),
    actor: text("actor"),
    command: text("command"),
    schedule: text("schedule"),
    job: text("job"),
    node: text("node"),
    hours: PERIODS.some(({ value }) => value === params.get("hours")) ? text("hours") : "",
    cursor: text("cursor"),
  };
}

export const isFiltered = ({ cursor: _, ...filters }: RunFilters) => Object.values(filters).some(Boolean);

const createdAfter = (hours: string) => new Date(Date.now() - Number(hours) * 3_600_000).toISOString();

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
              ...(filters.environment && { environment: filters.environment }),
              ...(filters.actor && { actor: filters.actor }),
              ...(filters.command && { command: filters.command }),
              ...(filters.schedule && { schedule: filters.schedule }),
              ...(filters.job && { job: filters.job }),
              ...(filters.node && { node: filters.node }),
              ...(filters.hours && { created_after: createdAfter(filters.hours) }),
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
    refetchInterval: (query) => {
      const run = query.state.data;
      if (isActive(run?.status)) return ACTIVE_MILLISECONDS;
      // Whether it is tried again is still open.
      return run?.retry?.next_at ? RETRY_MILLISECONDS : false;
    },
  });

/** What waits, and why. */
export const queueQuery = (workspace: string) =>
  queryOptions({
    queryKey: [...keys.runs(workspace), "queue"],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/runs/queue", { params: { path: { workspace } }, signal }),
      ),
    refetchInterval: (query) => (query.state.data?.items.length ? ACTIVE_MILLISECONDS : CALM_MILLISECONDS),
  });

export const runFacetsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [...keys.runs(workspace), "facets"],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/runs/facets", { params: { path: { workspace } }, signal }),
      ),
    staleTime: 60_000,
  });

/** One page of the nodes of a run. */
export const runNodesQuery = (workspace: string, runId: string, query: RunNodeQuery, active: boolean) =>
  queryOptions({
    queryKey: [...keys.run(workspace, runId), "nodes", query],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/runs/{run_id}/nodes", {
          params: { path: { workspace, run_id: runId }, query: { ...query, limit: NODES_PAGE } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: active ? ACTIVE_MILLISECONDS : false,
  });

export const runNodeQuery = (
  workspace: string,
  runId: string,
  uniqueId: string,
  step: number | null,
  active: boolean,
) =>
  queryOptions({
    queryKey: [...keys.run(workspace, runId), "node", uniqueId, step],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/runs/{run_id}/nodes/{unique_id}", {
          params: {
            path: { workspace, run_id: runId, unique_id: uniqueId },
            query: step === null ? {} : { step },
          },
          signal,
        }),
      ),
    refetchInterval: active ? ACTIVE_MILLISECONDS : false,
  });

export const timelineQuery = (workspace: string, runId: string, step: number | null, active: boolean) =>
  queryOptions({
    queryKey: [...keys.run(workspace, runId), "timeline", step],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/runs/{run_id}/timeline", {
          params: { path: { workspace, run_id: runId }, query: step === null ? {} : { step } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: active ? TIMELINE_MILLISECONDS : false,
  });

export const causesQuery = (workspace: string, runId: string, active: boolean) =>
  queryOptions({
    queryKey: [...keys.run(workspace, runId), "causes"],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/runs/{run_id}/causes", {
          params: { path: { workspace, run_id: runId } },
          signal,
        }),
      ),
    refetchInterval: active ? TIMELINE_MILLISECONDS : false,
  });

export const compareQuery = (workspace: string, runId: string, other: string) =>
  queryOptions({
    queryKey: [...keys.run(workspace, runId), "compare", other],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/runs/{run_id}/compare", {
          params: { path: { workspace, run_id: runId }, query: other ? { with: other } : {} },
          signal,
        }),
      ),
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

/** Asks for a new run that does another again, all of it or what did not come to a good end. */
export function useRetryRun(workspace: string, runId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (what: RetryWhat) =>
      unwrap(
        client.POST("/api/workspaces/{workspace}/runs/{run_id}/retry", {
          params: { path: { workspace, run_id: runId } },
          body: { what },
        }),
      ),
    onSuccess: (run) => {
      queries.setQueryData(keys.run(workspace, run.run_id), run);
      void queries.invalidateQueries({ queryKey: keys.run(workspace, runId) });
      void queries.invalidateQueries({ queryKey: keys.runs(workspace) });
    },
  });
}

/** Asks many runs to end; the answer says of each what came of it. */
export function useCancelRuns(workspace: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (runIds: string[]) =>
      unwrap(
        client.POST("/api/workspaces/{workspace}/runs/cancel", {
          params: { path: { workspace } },
          body: { run_ids: runIds },
        }),
      ),
    onSettled: () => void queries.invalidateQueries({ queryKey: keys.runs(workspace) }),
  });
}
