import { QueryCache, QueryClient } from "@tanstack/react-query";
import { ApiError } from "@/api/errors";
import { markLost, markReached } from "@/api/reachability";

const RETRIES = 2;

/** The query cache with the app's habits: no retry of an answer which would only come again. */
export function makeQueryClient(): QueryClient {
  return new QueryClient({
    queryCache: new QueryCache({
      onError: (error) => {
        if (error instanceof ApiError && error.unreachable) markLost();
      },
      onSuccess: markReached,
    }),
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
