import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import { asOf, inEnvironment, type Reading } from "@/lib/reading";
import type { Check } from "./checks";

export const PAGE_SIZE = 50;

/** What is not as it should be, of one check or of any. */
export const validationQuery = (
  workspace: string,
  reading: Reading,
  check: Check | null,
  types: string[],
  cursor: string,
) =>
  queryOptions({
    queryKey: [...keys.validation(workspace, reading), "page", check, types, cursor],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/validation", {
          params: {
            path: { workspace },
            query: {
              limit: PAGE_SIZE,
              ...asOf(reading),
              ...(check && { check: [check] }),
              ...(types.length > 0 && { resource_type: types }),
              ...(cursor && { cursor }),
            },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });

/** How the coverage moved from snapshot to snapshot. */
export const trendQuery = (workspace: string, reading: Reading) =>
  queryOptions({
    queryKey: [...keys.validation(workspace, { ...reading, snapshot: "" }), "trend"],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/validation/trend", {
          params: { path: { workspace }, query: inEnvironment(reading) },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
  });
