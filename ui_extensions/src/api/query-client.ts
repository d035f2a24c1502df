import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/api/errors";
import { isWorkspace } from "@/api/keys";
import { markLost, markReached } from "@/api/reachability";
import { reloadMe } from "@/api/session";

const RETRIES = 2;

/** The query cache with the app's habits: no retry of an answer which would only come again. */
export function makeQueryClient(): QueryClient {
  const queries: QueryClient = new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof ApiError && error.unreachable) markLost();
        learnFrom(error, queries);
      },
      onSuccess: markReached,
    }),
    mutationCache: new MutationCache({ onError: (error) => learnFrom(error, queries) }),
    defaultOptions: {
      queries: {
        // The server may well be on this machine: the browser's idea of being online says nothing about it.
        networkMode: "always",
        staleTime: 5_000,
        retry: (failures, error) => error instanceof ApiError && error.unreachable && failures < RETRIES,
        retryDelay: (attempt) => 300 * 2 ** attempt,
      },
      mutations: { networkMode: "always", retry: false },
    },
  });
  return queries;
}

/** A refusal says that one may do less than the page believes. */
function learnFrom(error: unknown, queries: QueryClient): void {
  if (!(error instanceof ApiError) || error.code !== "forbidden") return;
  void reloadMe().catch(() => {});
  void queries.invalidateQueries({ predicate: ({ queryKey }) => isWorkspace(queryKey) });
}
