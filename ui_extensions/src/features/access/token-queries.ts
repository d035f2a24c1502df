import { queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import type { TokenRequest } from "@/api/types";

/** One's own tokens (null), or the service tokens of a workspace: the same but for where they are asked for. */
export type TokenOwner = string | null;

export const tokensQuery = (owner: TokenOwner) =>
  queryOptions({
    queryKey: keys.tokens(owner),
    queryFn: ({ signal }) =>
      owner === null
        ? unwrap(client.GET("/auth/tokens", { signal }))
        : unwrap(
            client.GET("/api/workspaces/{workspace}/tokens", {
              params: { path: { workspace: owner } },
              signal,
            }),
          ),
  });

export function useCreateToken(owner: TokenOwner) {
  const queries = useQueryClient();
  return useMutation({
    // Kept only as long as the dialog that shows it.
    gcTime: 0,
    mutationFn: (body: TokenRequest) =>
      owner === null
        ? unwrap(client.POST("/auth/tokens", { body }))
        : unwrap(
            client.POST("/api/workspaces/{workspace}/tokens", {
              params: { path: { workspace: owner } },
              body,
            }),
          ),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.tokens(owner) }),
  });
}

export function useRevokeToken(owner: TokenOwner) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (id: number) =>
      owner === null
        ? unwrap(client.DELETE("/auth/tokens/{token_id}", { params: { path: { token_id: id } } }))
        : unwrap(
            client.DELETE("/api/workspaces/{workspace}/tokens/{token_id}", {
              params: { path: { workspace: owner, token_id: id } },
            }),
          ),
    onSuccess: () => queries.invalidateQueries({ queryKey: keys.tokens(owner) }),
  });
}
