import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import { inEnvironment, type Reading } from "@/lib/reading";
import { isActive } from "@/lib/status";

const BUSY_MILLISECONDS = 4_000;
const CALM_MILLISECONDS = 20_000;

export const overviewQuery = (workspace: string, reading: Reading) =>
  queryOptions({
    queryKey: keys.overview(workspace, reading),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/overview", {
          params: { path: { workspace }, query: inEnvironment(reading) },
          signal,
        }),
      ),
    refetchInterval: (query) =>
      query.state.data?.recent_runs.some((run) => isActive(run.status))
        ? BUSY_MILLISECONDS
        : CALM_MILLISECONDS,
    placeholderData: keepPreviousData,
  });
