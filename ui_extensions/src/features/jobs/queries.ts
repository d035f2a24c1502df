import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import type { Job, JobChange, JobQuery, JobRequest } from "@/api/types";
import { isActive } from "@/lib/status";

export const PAGE_SIZE = 50;
export const TICKS = 50;
const ACTIVE_MILLISECONDS = 2_000;
const CALM_MILLISECONDS = 10_000;
const LIST = "/api/workspaces/{workspace}/jobs";
const ONE = "/api/workspaces/{workspace}/jobs/{job}";
const DEFINITIONS = "/api/workspaces/{workspace}/definitions";

type JobState = Job["state"];

/** What the list can be filtered by. */
export const JOB_STATES: JobState[] = [
  "live",
  "applying",
  "paused",
  "failed",
  "unknown",
  "manual",
  "archived",
];

export interface JobFilters {
  state: JobState | null;
  owner: string;
  tag: string;
  q: string;
  cursor: string;
}

/** The names of the filters in the address. */
export const FILTER_NAMES = ["state", "owner", "tag", "q"] as const;

export function filtersOf(params: URLSearchParams): JobFilters {
  const text = (name: string) => params.get(name) ?? "";
  return {
    state: JOB_STATES.find((state) => state === params.get("state")) ?? null,
    owner: text("owner"),
    tag: text("tag"),
    q: text("q"),
    cursor: text("cursor"),
  };
}

export const isFiltered = ({ cursor: _, ...filters }: JobFilters) => Object.values(filters).some(Boolean);

/** Whether something is about to change by itself. */
export const isMoving = (job: Job) =>
  job.state === "applying" || (job.last_runs ?? []).some((run) => isActive(run.status));

export const jobsQuery = (workspace: string, filters: JobFilters) =>
  queryOptions({
    queryKey: [...keys.jobs(workspace), "list", filters],
    queryFn: ({ signal }) =>
      unwrap(client.GET(LIST, { params: { path: { workspace }, query: queryOf(filters) }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: (query) =>
      query.state.data?.items.some(isMoving) ? ACTIVE_MILLISECONDS : CALM_MILLISECONDS,
  });

function queryOf({ state, ...texts }: JobFilters): JobQuery {
  const filled = Object.fromEntries(Object.entries(texts).filter(([, text]) => text !== ""));
  return { limit: PAGE_SIZE, ...filled, ...(state && { state }) };
}

const keyOf = (workspace: string, job: string, part: string) =>
  [...keys.jobs(workspace), "one", job, part] as const;

export const jobQuery = (workspace: string, job: string) =>
  queryOptions({
    queryKey: keyOf(workspace, job, "job"),
    queryFn: ({ signal }) => unwrap(client.GET(ONE, { params: { path: { workspace, job } }, signal })),
    refetchInterval: (query) =>
      query.state.data && isMoving(query.state.data) ? ACTIVE_MILLISECONDS : CALM_MILLISECONDS,
  });

/** What is in a job when it begins to be edited: it must not change under the form. */
export const jobToEditQuery = (workspace: string, job: string) =>
  queryOptions({
    queryKey: keyOf(workspace, job, "to-edit"),
    queryFn: ({ signal }) => unwrap(client.GET(ONE, { params: { path: { workspace, job } }, signal })),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });

export const jobOptionsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [...keys.jobs(workspace), "options"],
    queryFn: ({ signal }) =>
      unwrap(client.GET(`${LIST}/options`, { params: { path: { workspace } }, signal })),
    staleTime: 60_000,
  });

export const historyQuery = (workspace: string, job: string, moving: boolean) =>
  queryOptions({
    queryKey: keyOf(workspace, job, "history"),
    queryFn: ({ signal }) =>
      unwrap(client.GET(`${ONE}/history`, { params: { path: { workspace, job } }, signal })),
    refetchInterval: moving ? ACTIVE_MILLISECONDS : CALM_MILLISECONDS,
  });

export interface TickFilters {
  /** The id of a trigger; null for all of them. */
  trigger: number | null;
  idle: boolean;
}

export const ticksQuery = (workspace: string, job: string, { trigger, idle }: TickFilters) =>
  queryOptions({
    queryKey: [...keyOf(workspace, job, "ticks"), trigger, idle],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET(`${ONE}/ticks`, {
          params: {
            path: { workspace, job },
            query: { limit: TICKS, idle, ...(trigger !== null && { trigger }) },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: CALM_MILLISECONDS,
  });

/** Whether Dagster has loaded what the triggers are now. */
export const definitionsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [...keys.jobs(workspace), "definitions"],
    queryFn: ({ signal }) => unwrap(client.GET(DEFINITIONS, { params: { path: { workspace } }, signal })),
    refetchInterval: (query) =>
      query.state.data?.state === "live" ? CALM_MILLISECONDS : ACTIVE_MILLISECONDS,
  });

/** What an expression means. Refusals come as errors with their fields. */
export const cronQuery = (workspace: string, expression: string, timezone: string) =>
  queryOptions({
    queryKey: ["workspace", workspace, "cron", expression, timezone],
    queryFn: ({ signal }) =>
      unwrap(
        client.POST(`${LIST}/check-cron`, {
          params: { path: { workspace } },
          body: { expression, timezone: timezone || null },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    retry: false,
  });

/** What any change makes stale: every list and page of jobs. */
function useChanged(workspace: string) {
  const queries = useQueryClient();
  return () =>
    queries.invalidateQueries({
      predicate: ({ queryKey }) =>
        queryKey[1] === workspace && queryKey[2] === "jobs" && !queryKey.includes("to-edit"),
    });
}

export const useCreateJob = (workspace: string) =>
  useMutation({
    mutationFn: (body: JobRequest) => unwrap(client.POST(LIST, { params: { path: { workspace } }, body })),
    onSuccess: useChanged(workspace),
  });

export const useSaveJob = (workspace: string, job: string) =>
  useMutation({
    mutationFn: (body: JobChange) =>
      unwrap(client.PATCH(ONE, { params: { path: { workspace, job } }, body })),
    onSuccess: useChanged(workspace),
  });

interface RunNow {
  job: string;
  force: boolean;
}

export function useRunJob(workspace: string) {
  const queries = useQueryClient();
  const changed = useChanged(workspace);
  return useMutation({
    mutationFn: ({ job, force }: RunNow) =>
      unwrap(client.POST(`${ONE}/runs`, { params: { path: { workspace, job } }, body: { force } })),
    onSuccess: (run) => {
      queries.setQueryData(keys.run(workspace, run.run_id), run);
      void queries.invalidateQueries({ queryKey: keys.runs(workspace) });
      return changed();
    },
  });
}

interface Switch {
  job: string;
  /** The triggers, one after the other. */
  triggers: number[];
  to: "pause" | "resume";
}

/** Pauses or resumes triggers in Dagster; what was done before one of them could not be stays done. */
export const useSwitchTriggers = (workspace: string) =>
  useMutation({
    mutationFn: async ({ job, triggers, to }: Switch) => {
      for (const trigger_id of triggers)
        await unwrap(
          client.POST(`${ONE}/triggers/{trigger_id}/${to}`, {
            params: { path: { workspace, job, trigger_id } },
          }),
        );
    },
    onSettled: useChanged(workspace),
  });

export const useReload = (workspace: string) =>
  useMutation({
    mutationFn: () => unwrap(client.POST(`${DEFINITIONS}/reload`, { params: { path: { workspace } } })),
    onSuccess: useChanged(workspace),
  });
