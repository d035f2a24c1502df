import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { markReached, useLostAt } from "@/api/reachability";
import { StatusMark } from "@/components/ui/status";
import { Ago } from "@/components/ui/time";

const ASK_MILLISECONDS = 3_000;

/** Says that the server does not answer, asks until it does, and then loads everything in sight again. */
export function ConnectionBanner() {
  const lostAt = useLostAt();
  const queries = useQueryClient();
  useEffect(() => {
    if (lostAt === null) return;
    const timer = setInterval(async () => {
      const reached = await unwrap(client.GET("/health")).then(
        () => true,
        () => false,
      );
      if (!reached) return;
      markReached();
      await queries.invalidateQueries();
    }, ASK_MILLISECONDS);
    return () => clearInterval(timer);
  }, [lostAt, queries]);
  if (lostAt === null) return null;
  return (
    <div
      role="alert"
      className="flex items-center gap-2 border-b bg-warning-soft px-5 py-1.5 text-sm max-md:px-3"
    >
      <StatusMark tone="warning" />
      <span>
        The server does not answer since <Ago at={new Date(lostAt).toISOString()} />. What you see is from
        before. Trying again by itself.
      </span>
    </div>
  );
}
