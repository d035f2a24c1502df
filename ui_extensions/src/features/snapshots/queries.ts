import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import { nowIn } from "@/api/snapshot-queries";
import type { DifferenceQuery } from "@/api/types";
import { inEnvironment, type Reading } from "@/lib/reading";

export const DIFFERENCE_PAGE_SIZE = 100;

/** What differs between two snapshots. */
export const differenceQuery = (
  workspace: string,
  reading: Reading,
  from: number,
  to: number,
  query: DifferenceQuery,
) =>
  queryOptions({
    queryKey: [...keys.difference(workspace, nowIn(reading)), from, to, query],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/snapshots/{snapshot_id}/diff/{other_id}", {
          params: {
            path: { workspace, snapshot_id: from, other_id: to },
            query: {
              limit: DIFFERENCE_PAGE_SIZE,
              ...inEnvironment(reading),
              ...query,
            },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  });
