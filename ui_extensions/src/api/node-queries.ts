import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import type { NodeItem } from "@/api/types";

const ASKED = 60;
const SHOWN = 15;
const TESTS = new Set(["test", "unit_test"]);

/** One node with everything known of it. Used by the catalog, the lineage panel and the run page. */
export const nodeQuery = (workspace: string, uniqueId: string) =>
  queryOptions({
    queryKey: keys.node(workspace, uniqueId),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/models/{unique_id}", {
          params: { path: { workspace, unique_id: uniqueId } },
          signal,
        }),
      ),
  });

/** Names that are or begin with the text first; tests, which carry the names of what they test, last. */
function ranked(items: NodeItem[], q: string): NodeItem[] {
  const text = q.trim().toLowerCase();
  const rank = ({ name, resource_type: type }: NodeItem) => {
    const word = name.toLowerCase();
    const match = word === text ? 0 : word.startsWith(text) ? 1 : word.includes(text) ? 2 : 3;
    return match + (TESTS.has(type) && word !== text ? 4 : 0);
  };
  return items.toSorted((left, right) => rank(left) - rank(right)).slice(0, SHOWN);
}

/** The first nodes of any type that match, for search boxes. */
export const nodeSearchQuery = (workspace: string, q: string) =>
  queryOptions({
    queryKey: [...keys.nodes(workspace), "search", q],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/models", {
          params: { path: { workspace }, query: { q, limit: ASKED, resource_type: ["all"] } },
          signal,
        }),
      ),
    select: (page) => ranked(page.items, q),
    enabled: q.trim() !== "",
    placeholderData: keepPreviousData,
  });
