import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import { reloadMe } from "@/api/session";
import type { UserChange, UserRequest } from "@/api/types";

export const PAGE_SIZE = 50;

export interface UserFilters {
  q: string;
  /** "yes", "no", or nothing for both. */
  active: string;
  cursor: string;
}

export const filtersOf = (params: URLSearchParams): UserFilters => ({
  q: params.get("q") ?? "",
  active: params.get("active") ?? "",
  cursor: params.get("cursor") ?? "",
});

export const usersQuery = ({ q, active, cursor }: UserFilters) =>
  queryOptions({
    queryKey: [...keys.users, { q, active, cursor }],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/admin/users", {
          params: {
            query: {
              limit: PAGE_SIZE,
              ...(q && { q }),
              ...(active && { active: active === "yes" }),
              ...(cursor && { cursor }),
            },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

function useUsersChanged() {
  const queries = useQueryClient();
  return () => Promise.all([queries.invalidateQueries({ queryKey: keys.users }), reloadMe()]);
}

export const useCreateUser = () =>
  useMutation({
    gcTime: 0,
    mutationFn: (body: UserRequest) => unwrap(client.POST("/api/admin/users", { body })),
    onSuccess: useUsersChanged(),
  });

export const useChangeUser = (username: string) =>
  useMutation({
    mutationFn: (body: UserChange) =>
      unwrap(client.PATCH("/api/admin/users/{username}", { params: { path: { username } }, body })),
    onSuccess: useUsersChanged(),
  });

export const useDeleteUser = (username: string) =>
  useMutation({
    mutationFn: () =>
      unwrap(client.DELETE("/api/admin/users/{username}", { params: { path: { username } } })),
    onSuccess: useUsersChanged(),
  });

export const useResetPassword = (username: string) =>
  useMutation({
    gcTime: 0,
    mutationFn: () =>
      unwrap(
        client.POST("/api/admin/users/{username}/reset-password", {
          params: { path: { username } },
          body: {},
        }),
      ),
    onSuccess: useUsersChanged(),
  });

export const useSignOutUser = (username: string) =>
  useMutation({
    mutationFn: () =>
      unwrap(client.POST("/api/admin/users/{username}/sign-out", { params: { path: { username } } })),
  });
