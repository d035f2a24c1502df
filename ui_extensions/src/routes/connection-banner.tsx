import { useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { useLive } from "@/api/live";
import { markReached, useLostAt } from "@/api/reachability";
import { StatusMark } from "@/components/ui/status";
import { Ago } from "@/components/ui/time";
import { useDebounced } from "@/lib/hooks";

const ASK_MILLISECONDS = 3_000;
/** A connection that is made again at once is not worth a word. */
const QUIET_MILLISECONDS = 4_000;

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
  if (lostAt === null) return <NotLive />;
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

/** The server answers, but does not tell what changes. */
function NotLive() {
  const live = useLive();
  const settled = useDebounced(live, QUIET_MILLISECONDS);
  if (live || settled) return null;
  return (
    <div
      role="status"
      className="flex items-center gap-2 border-b bg-unknown-soft px-5 py-1 text-sm max-md:px-3"
    >
      <StatusMark tone="unknown" />
      <span>Changes are not told at the moment, so this page may be behind. Connecting again by itself.</span>
    </div>
  );
}
