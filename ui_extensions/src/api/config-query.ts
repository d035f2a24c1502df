import { queryOptions } from "@tanstack/react-query";
import { client } from "./client";
import { unwrap } from "./errors";
import { keys } from "./keys";

/** What the server tells everyone: what it asks of a password, and what it has turned off. */
export const configQuery = queryOptions({
  queryKey: keys.config,
  queryFn: ({ signal }) => unwrap(client.GET("/config", { signal })),
  staleTime: Number.POSITIVE_INFINITY,
});
