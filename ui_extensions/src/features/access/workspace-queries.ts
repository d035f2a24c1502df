import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import { reloadMe } from "@/api/session";
import type { RoleName, WorkspaceRequest } from "@/api/types";

export const membersQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.members(workspace),
    queryFn: ({ signal }) =>
      unwrap(client.GET("/api/workspaces/{workspace}/members", { params: { path: { workspace } }, signal })),
  });

export function useSetMember(workspace: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: ({ username, role }: { username: string; role: RoleName }) =>
      unwrap(
        client.PUT("/api/workspaces/{workspace}/members/{username}", {
          params: { path: { workspace, username } },
          body: { role },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.members(workspace) }),
  });
}

export function useRemoveMember(workspace: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (username: string) =>
      unwrap(
        client.DELETE("/api/workspaces/{workspace}/members/{username}", {
          params: { path: { workspace, username } },
        }),
      ),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.members(workspace) }),
  });
}

/** Every workspace, those in the archive too: for whoever manages them. */
export const allWorkspacesQuery = queryOptions({
  queryKey: [...keys.workspaces, "all"],
  queryFn: async ({ signal }) => {
    const list = (archived: boolean) =>
      unwrap(client.GET("/api/workspaces", { params: { query: { archived } }, signal }));
    const [used, archived] = await Promise.all([list(false), list(true)]);
    return { items: [...used.items, ...archived.items] };
  },
});

/** What a change of a workspace makes stale: itself, the lists of them, and where one may be. */
function useWorkspaceChanged() {
  const queries = useQueryClient();
  return async ({ key }: { key: string }) => {
    await Promise.all([
      queries.invalidateQueries({ queryKey: keys.workspaces }),
      queries.invalidateQueries({ queryKey: keys.workspace(key) }),
      reloadMe(),
    ]);
  };
}

export const useSaveWorkspace = (workspace: string) =>
  useMutation({
    mutationFn: (body: { name: string; description: string }) =>
      unwrap(client.PATCH("/api/workspaces/{workspace}", { params: { path: { workspace } }, body })),
    onSuccess: useWorkspaceChanged(),
  });

export const useCreateWorkspace = () =>
  useMutation({
    mutationFn: (body: WorkspaceRequest) => unwrap(client.POST("/api/workspaces", { body })),
    onSuccess: useWorkspaceChanged(),
  });

/** Archives a workspace, or takes it out again. */
export const useArchive = (workspace: string) =>
  useMutation({
    mutationFn: (archive: boolean) => {
      const at = { params: { path: { workspace } } };
      return unwrap(
        archive
          ? client.POST("/api/workspaces/{workspace}/archive", at)
          : client.POST("/api/workspaces/{workspace}/restore", at),
      );
    },
    onSuccess: useWorkspaceChanged(),
  });
