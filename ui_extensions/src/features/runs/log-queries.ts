import { infiniteQueryOptions } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import type { LogPage } from "@/api/types";
import type { LogFilter } from "./log-store";

/** As many lines at a time as the server gives. */
export const LOG_PAGE = 5_000;
const MATCHES = 500;

type Level = "debug" | "info" | "warn" | "error";

/** Some lines of a log from a number on, and how many there are. */
export const readLogPage = (
  workspace: string,
  runId: string,
  query: { from: number; limit: number },
  signal?: AbortSignal,
): Promise<LogPage> =>
  unwrap(
    client.GET("/api/workspaces/{workspace}/runs/{run_id}/log", {
      params: { path: { workspace, run_id: runId }, query },
      ...(signal && { signal }),
    }),
  );

/** The lines that a filter lets through, looked for on the server, so many at a time. */
export const logMatchesQuery = ({
  workspace,
  runId,
  filter,
  first,
}: {
  workspace: string;
  runId: string;
  filter: LogFilter;
  first: number;
}) =>
  infiniteQueryOptions({
    // Apart from the run's other queries: those come again with every node.
    queryKey: ["run-log", workspace, runId, filter, first],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/runs/{run_id}/log", {
          params: {
            path: { workspace, run_id: runId },
            query: {
              from: pageParam,
              limit: MATCHES,
              ...(filter.level && { level: filter.level as Level }),
              ...(filter.q.trim() && { q: filter.q.trim() }),
              ...(filter.node && { node: filter.node }),
              ...(filter.step !== null && { step: filter.step }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: first,
    getNextPageParam: (page) => page.next_line,
    staleTime: Number.POSITIVE_INFINITY,
  });

export const logDownloadUrl = (workspace: string, runId: string, format: "text" | "jsonl") =>
  `/api/workspaces/${encodeURIComponent(workspace)}/runs/${encodeURIComponent(runId)}/log/download?format=${format}`;
