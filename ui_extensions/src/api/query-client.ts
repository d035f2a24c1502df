import { MutationCache, QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/api/errors";
import { markLost, markReached } from "@/api/reachability";
import { reloadMe } from "@/api/session";

const RETRIES = 2;

/** The query cache with the app's habits: no retry of an answer which would only come again. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof ApiError && error.unreachable) markLost();
        learnFrom(error);
      },
      onSuccess: markReached,
    }),
    mutationCache: new MutationCache({ onError: learnFrom }),
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
}

/** A refusal says that one may do less than the page believes. */
function learnFrom(error: unknown): void {
  if (error instanceof ApiError && error.code === "forbidden") void reloadMe().catch(() => {});
}
