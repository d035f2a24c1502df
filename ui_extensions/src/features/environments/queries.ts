import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import type { EnvironmentChange, EnvironmentRequest } from "@/api/types";
import { isActive } from "@/lib/status";

const ACTIVE_MILLISECONDS = 1_500;
const LOG_LINES = 1_000;
const LIST = "/api/workspaces/{workspace}/environments";
const ONE = "/api/workspaces/{workspace}/environments/{environment}";

const keyOf = (workspace: string, environment: string, part: string) =>
  [...keys.environments(workspace), environment, part] as const;

/** Every environment, and what can be chosen for them. */
export const environmentsQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.environments(workspace),
    queryFn: ({ signal }) => unwrap(client.GET(LIST, { params: { path: { workspace } }, signal })),
  });

/** Which dbt and adapters are there against those needed. */
export const checkQuery = (workspace: string, environment: string) =>
  queryOptions({
    queryKey: keyOf(workspace, environment, "check"),
    queryFn: ({ signal }) =>
      unwrap(client.GET(`${ONE}/check`, { params: { path: { workspace, environment } }, signal })),
  });

export const variablesQuery = (workspace: string, environment: string) =>
  queryOptions({
    queryKey: keyOf(workspace, environment, "variables"),
    queryFn: ({ signal }) =>
      unwrap(client.GET(`${ONE}/variables`, { params: { path: { workspace, environment } }, signal })),
  });

/** What a change makes stale: the environments, and the workspace, which lists them. */
function useChanged(workspace: string) {
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: keys.environments(workspace) }),
      queries.invalidateQueries({ queryKey: keys.workspace(workspace), exact: true }),
    ]);
}

export const useCreateEnvironment = (workspace: string) =>
  useMutation({
    mutationFn: (body: EnvironmentRequest) =>
      unwrap(client.POST(LIST, { params: { path: { workspace } }, body })),
    onSuccess: useChanged(workspace),
  });

export const useSaveEnvironment = (workspace: string, environment: string) =>
  useMutation({
    mutationFn: (body: EnvironmentChange) =>
      unwrap(client.PATCH(ONE, { params: { path: { workspace, environment } }, body })),
    onSuccess: useChanged(workspace),
  });

export const useDeleteEnvironment = (workspace: string, environment: string) =>
  useMutation({
    mutationFn: () => unwrap(client.DELETE(ONE, { params: { path: { workspace, environment } } })),
    onSuccess: useChanged(workspace),
  });

export interface VariableChange {
  name: string;
  value: string;
  secret: boolean;
}

export const usePutVariable = (workspace: string, environment: string) =>
  useMutation({
    mutationFn: ({ name, value, secret }: VariableChange) =>
      unwrap(
        client.PUT(`${ONE}/variables/{variable}`, {
          params: { path: { workspace, environment, variable: name } },
          body: { value, secret },
        }),
      ),
    onSuccess: useChanged(workspace),
    // A secret is in no memory of the page for longer than it takes to send it.
    gcTime: 0,
  });

export const useRemoveVariable = (workspace: string, environment: string) =>
  useMutation({
    mutationFn: (name: string) =>
      unwrap(
        client.DELETE(`${ONE}/variables/{variable}`, {
          params: { path: { workspace, environment, variable: name } },
        }),
      ),
    onSuccess: useChanged(workspace),
  });

/** Starts `dbt debug`; the answer is its run. */
export const useTestConnection = (workspace: string, environment: string) =>
  useMutation({
    mutationFn: () => unwrap(client.POST(`${ONE}/test`, { params: { path: { workspace, environment } } })),
    onSuccess: useChanged(workspace),
  });

/** The run of a test, until it has ended. */
export const testRunQuery = (workspace: string, runId: string) =>
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

/** What dbt says in a test; it is short. */
export const testLogQuery = (workspace: string, runId: string) =>
  queryOptions({
    queryKey: [...keys.run(workspace, runId), "test-log"],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/runs/{run_id}/log", {
          params: { path: { workspace, run_id: runId }, query: { from: 1, limit: LOG_LINES } },
          signal,
        }),
      ),
    refetchInterval: (query) => (query.state.data?.ended ? false : ACTIVE_MILLISECONDS),
  });
