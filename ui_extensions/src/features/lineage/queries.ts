import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import { asOf, type Reading } from "@/lib/reading";

export const MAX_STEPS = 10;
const DEFAULT_STEPS = 1;

/** What of the graph is open. All of it is in the address. */
export interface GraphView {
  up: number;
  down: number;
  expandUp: string[];
  expandDown: string[];
  tests: boolean;
}

export function viewOf(params: URLSearchParams): GraphView {
  return {
    up: stepsOf(params.get("up")),
    down: stepsOf(params.get("down")),
    expandUp: params.getAll("expand_up"),
    expandDown: params.getAll("expand_down"),
    tests: params.get("tests") === "1",
  };
}

function stepsOf(text: string | null): number {
  const steps = Number(text ?? DEFAULT_STEPS);
  return Number.isInteger(steps) && steps >= 0 && steps <= MAX_STEPS ? steps : DEFAULT_STEPS;
}

export const lineageQuery = (workspace: string, reading: Reading, uniqueId: string, view: GraphView) =>
  queryOptions({
    queryKey: [...keys.lineage(workspace, reading, uniqueId), view],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/models/{unique_id}/lineage", {
          params: {
            path: { workspace, unique_id: uniqueId },
            query: {
              ...asOf(reading),
              up: view.up,
              down: view.down,
              ...(view.expandUp.length > 0 && { expand_up: view.expandUp }),
              ...(view.expandDown.length > 0 && { expand_down: view.expandDown }),
              ...(view.tests && { tests: true }),
            },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
