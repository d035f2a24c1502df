import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";

const UNREAD_MILLISECONDS = 2_000;
const CALM_MILLISECONDS = 30_000;

export const workspacesQuery = queryOptions({
  queryKey: keys.workspaces,
  queryFn: ({ signal }) => unwrap(client.GET("/api/workspaces", { signal })),
  staleTime: 15_000,
});

/** One workspace; asked for more often while its project has not been read. */
export const workspaceQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.workspace(workspace),
    queryFn: ({ signal }) =>
      unwrap(client.GET("/api/workspaces/{workspace}", { params: { path: { workspace } }, signal })),
    refetchInterval: (query) =>
      query.state.data?.state === "ready" ? CALM_MILLISECONDS : UNREAD_MILLISECONDS,
  });

/** Starts a run of `dbt parse`, which reads the project again. */
export function useParseAgain(workspace: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () =>
      unwrap(
        client.POST("/api/workspaces/{workspace}/runs", {
          params: { path: { workspace } },
          body: { steps: [{ command: "parse" }] },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.workspace(workspace) }),
  });
}
