import { RotateCcw } from "lucide-react";
import { Link } from "react-router";
import type { Run } from "@/api/types";
import { Notice } from "@/components/ui/feedback";
import type { Fact } from "@/components/ui/page";
import { useNow } from "@/lib/hooks";
import { paths } from "@/lib/paths";
import { formatExact } from "@/lib/time";
import { attemptWords, dueWords, endWords, type Retry } from "./retry-words";

const SECOND = 1000;

/** Which attempt a run is, and when the next one comes: for the facts of its page. */
export function retryFacts(run: Run): Fact[] {
  const { retry } = run;
  if (!retry) return [];
  const facts: Fact[] = [attemptFact(run, retry)];
  if (retry.next_at) facts.push({ name: "Next attempt", value: <Due at={retry.next_at} /> });
  return facts;
}

function attemptFact(run: Run, retry: Retry): Fact {
  const link = retry.of === null ? null : <Original run={run} runId={retry.of} />;
  if (retry.max_attempts === null) return { name: "Retry of", value: link };
  return {
    name: "Attempt",
    value: (
      <>
        {retry.attempt} of {retry.max_attempts}
        {link ? <>, after {link}</> : null}
      </>
    ),
  };
}

function Original({ run, runId }: { run: Run; runId: string }) {
  return (
    <Link to={paths.run(run.workspace, runId)} className="font-mono text-xs underline" title={runId}>
      {runId.slice(0, 8)}
    </Link>
  );
}

function Due({ at }: { at: string }) {
  const now = useNow(SECOND);
  return (
    <time dateTime={at} title={formatExact(at)}>
      {dueWords(at, now)}
    </time>
  );
}

/** Why there will be no further attempt. */
export function RetriesEnded({ run }: { run: Run }) {
  const words = endWords(run);
  if (words === null) return null;
  return (
    <div className="px-5 pb-2 max-md:px-3">
      <Notice tone={run.retry?.given_up ? "warning" : "unknown"}>{words}</Notice>
    </div>
  );
}

/** A line below the command in the list of runs. */
export function RetryMark({ run }: { run: Run }) {
  const { retry } = run;
  if (!retry) return null;
  return (
    <span className="flex items-center gap-1 text-xs text-faint">
      <RotateCcw size={11} aria-hidden />
      {attemptWords(retry)}
      {retry.next_at ? (
        <span>
          , the next <Due at={retry.next_at} />
        </span>
      ) : null}
      {retry.given_up ? <span className="text-warning">, given up</span> : null}
    </span>
  );
}
