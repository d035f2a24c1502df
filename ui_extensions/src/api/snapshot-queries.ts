import { infiniteQueryOptions } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import { inEnvironment, type Reading } from "@/lib/reading";

const PAGE_SIZE = 50;

/** The environment of a reading, as it is now: snapshots themselves are not as of another. */
export const nowIn = ({ environment }: Reading): Reading => ({ environment, snapshot: "" });

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
