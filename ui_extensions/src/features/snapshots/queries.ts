import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import type { DifferenceQuery } from "@/api/types";
import { inEnvironment, type Reading } from "@/lib/reading";

const PAGE_SIZE = 50;
export const DIFFERENCE_PAGE_SIZE = 100;

/** The environment of a reading, as it is now: snapshots themselves are not as of another. */
const nowIn = ({ environment }: Reading): Reading => ({ environment, snapshot: "" });

/** The snapshots of an environment, newest first, page by page. */
export const snapshotsQuery = (workspace: string, reading: Reading) =>
  infiniteQueryOptions({
    queryKey: keys.snapshots(workspace, nowIn(reading)),
    queryFn: ({ signal, pageParam }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/snapshots", {
          params: {
            path: { workspace },
            query: {
              limit: PAGE_SIZE,
              ...inEnvironment(reading),
              ...(pageParam && { cursor: pageParam }),
            },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor || null,
  });

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
