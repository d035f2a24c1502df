import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import { knowMe, reloadMe } from "@/api/session";

export const sessionsQuery = queryOptions({
  queryKey: keys.sessions,
  queryFn: ({ signal }) => unwrap(client.GET("/auth/sessions", { signal })),
});

export function useEndSession() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: string) =>
      unwrap(client.DELETE("/auth/sessions/{session_id}", { params: { path: { session_id: id } } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.sessions }),
  });
}

export function useEndOtherSessions() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: () => unwrap(client.DELETE("/auth/sessions")),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.sessions }),
  });
}

export const useSaveAccount = () =>
  useMutation({
    mutationFn: (body: { full_name: string; email: string | null }) =>
      unwrap(client.PATCH("/auth/me", { body })),
    onSuccess: knowMe,
  });

export const useSetDefaultWorkspace = () =>
  useMutation({
    mutationFn: (workspace: string) => unwrap(client.POST("/auth/switch-workspace", { body: { workspace } })),
    onSuccess: knowMe,
  });

export function useChangePassword() {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (body: { current_password: string; new_password: string }) =>
      unwrap(client.POST("/auth/password", { body })),
    onSuccess: async () => {
      void queries.invalidateQueries({ queryKey: keys.sessions });
      await reloadMe();
    },
  });
}
