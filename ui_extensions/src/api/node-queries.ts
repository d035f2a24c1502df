import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import type { OverrideField } from "@/api/types";
import { asOf, type Reading } from "@/lib/reading";

const SEARCH_LIMIT = 20;

/** One node with everything known of it. Used by the catalog, the lineage panel and the run page. */
export const nodeQuery = (workspace: string, reading: Reading, uniqueId: string) =>
  queryOptions({
    queryKey: keys.node(workspace, reading, uniqueId),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/models/{unique_id}", {
          params: { path: { workspace, unique_id: uniqueId }, query: asOf(reading) },
          signal,
        }),
      ),
  });

/** What is found as one types: names, columns, descriptions, tags, SQL; the best first. */
export const searchQuery = (workspace: string, reading: Reading, q: string) =>
  queryOptions({
    queryKey: [...keys.search(workspace, reading), q],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/search", {
          params: { path: { workspace }, query: { ...asOf(reading), q, limit: SEARCH_LIMIT } },
          signal,
        }),
      ),
    enabled: q.trim() !== "",
    placeholderData: keepPreviousData,
    staleTime: 30_000,
  });

/** What can be filtered by, and how many nodes of the chosen types there are of each. */
export const facetsQuery = (workspace: string, reading: Reading, types: string[]) =>
  queryOptions({
    queryKey: [...keys.nodes(workspace, reading), "facets", types],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/models/facets", {
          params: {
            path: { workspace },
            query: { ...asOf(reading), ...(types.length > 0 && { resource_type: types }) },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });

/** Sets what people of the workspace say of a node, or (undefined) lets the project speak again. */
export function useOverride(workspace: string, uniqueId: string, field: OverrideField) {
  const queries = useQueryClient();
  const params = { path: { workspace, unique_id: uniqueId, field } };
  const path = "/api/workspaces/{workspace}/models/{unique_id}/overrides/{field}";
  return useMutation({
    mutationFn: async (value: unknown) => {
      if (value === undefined) await unwrap(client.DELETE(path, { params }));
      else await unwrap(client.PUT(path, { params, body: { value } }));
    },
    onSuccess: () =>
      Promise.all(
        ["node", "nodes", "search", "validation"].map((part) =>
          queries.invalidateQueries({ queryKey: ["workspace", workspace, part] }),
        ),
      ),
  });
}
