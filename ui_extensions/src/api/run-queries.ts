import { keepPreviousData, queryOptions, useQuery } from "@tanstack/react-query";
import { client } from "@/api/client";
import { describeError, unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import type { RunRequest } from "@/api/types";
import { useDebounced } from "@/lib/hooks";

const SETTLE_MILLISECONDS = 500;
const SHOWN = 100;

/** The dbt commands and flags that can be asked for, by runs and by jobs. */
export const runOptionsQuery = (workspace: string) =>
  queryOptions({
    queryKey: keys.runOptions(workspace),
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/runs/options", { params: { path: { workspace } }, signal }),
      ),
    staleTime: 300_000,
  });

const previewQuery = (workspace: string, said: string, step: number) =>
  queryOptions({
    queryKey: ["workspace", workspace, "run-preview", said, step],
    queryFn: ({ signal }) =>
      unwrap(
        client.POST("/api/workspaces/{workspace}/runs/preview", {
          params: { path: { workspace }, query: { step, limit: SHOWN } },
          body: JSON.parse(said) as RunRequest,
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    retry: false,
  });

/**
 * What a step (from 1) would run, as soon as the typing pauses; null while the form holds something that cannot be
 * asked for.
 */
export function useRunPreview(workspace: string, body: RunRequest | null, step: number) {
  const said = useDebounced(body ? JSON.stringify(body) : "", SETTLE_MILLISECONDS);
  const preview = useQuery({ ...previewQuery(workspace, said, step), enabled: said !== "" });
  if (said === "") return null;
  return {
    data: preview.data,
    problem: preview.isError ? describeError(preview.error).message : null,
    stale: preview.isPlaceholderData,
  };
}
