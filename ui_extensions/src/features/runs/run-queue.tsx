import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { Run, RunQueue, WaitingRun } from "@/api/types";
import { ButtonLink } from "@/components/ui/button";
import { EmptyState, Notice } from "@/components/ui/feedback";
import { ListPanel } from "@/components/ui/list-panel";
import { Elapsed, Unknown } from "@/components/ui/time";
import { paths } from "@/lib/paths";
import { CancelButton } from "./cancel-button";
import { queueQuery } from "./queries";
import { aheadWords, queueWords, reasonOf, shortId } from "./queue-words";
import { RetryMark } from "./run-retry";

/** What waits, in the order in which it is taken up, and why. */
export function QueueView({ workspace }: { workspace: string }) {
  const queue = useQuery(queueQuery(workspace));
  return (
    <>
      {queue.data ? <p className="text-sm text-muted">{queueWords(queue.data)}</p> : null}
      <ListPanel query={queue} what="the queue" empty={<NothingWaits workspace={workspace} />}>
        {(items) => (
          <ol aria-label="Queue" className="divide-y">
            {items.map((item) => (
              <WaitingItem key={item.run.run_id} workspace={workspace} item={item} />
            ))}
          </ol>
        )}
      </ListPanel>
    </>
  );
}

function NothingWaits({ workspace }: { workspace: string }) {
  return (
    <EmptyState title="No run waits" action={<ButtonLink to={paths.runs(workspace)}>All runs</ButtonLink>}>
      A run waits here while as many go on as may at once, or while its warehouse takes no other writer.
    </EmptyState>
  );
}

function WaitingItem({ workspace, item }: { workspace: string; item: WaitingRun }) {
  const { run } = item;
  return (
    <li className="flex items-start justify-between gap-3 px-3 py-2 text-sm hover:bg-hover">
      <div className="min-w-0">
        <Link
          to={paths.run(workspace, run.run_id)}
          title={run.run_id}
          className="line-clamp-2 font-mono text-xs leading-5 break-all hover:underline"
        >
          {run.steps.map((step) => step.display).join(" && ") || "unknown command"}
        </Link>
        <p>
          <Reason workspace={workspace} item={item} />
        </p>
        <p className="flex flex-wrap gap-x-3 text-xs text-muted">
          <span>in {run.environment ?? <Unknown why="an environment that is not known" />}</span>
          <span>by {run.schedule ?? run.actor ?? <Unknown why="nobody knows whom" />}</span>
          <span>
            waits for <Elapsed from={run.created_at} to={null} />
          </span>
          <span>{aheadWords(item.ahead)}</span>
        </p>
        <RetryMark run={run} />
      </div>
      <CancelButton run={run} named />
    </li>
  );
}

/** Why a run waits, with links to the runs that it waits for, as far as they are this workspace's. */
function Reason({ workspace, item }: { workspace: string; item: WaitingRun }) {
  const { pieces, others, more } = reasonOf(item);
  return (
    <>
      {pieces.map((piece) =>
        piece.runId ? (
          <RunLink key={piece.text} workspace={workspace} runId={piece.runId} />
        ) : (
          <span key={piece.text}>{piece.text}</span>
        ),
      )}
      {others.length > 0 ? (
        <span className="text-muted">
          {" "}
          Waits for{" "}
          {others.map((runId, index) => (
            <span key={runId}>
              {index > 0 ? ", " : null}
              <RunLink workspace={workspace} runId={runId} />
            </span>
          ))}
          {more > 0 ? ` and ${more} more` : null}.
        </span>
      ) : null}
    </>
  );
}

function RunLink({ workspace, runId }: { workspace: string; runId: string }) {
  return (
    <Link to={paths.run(workspace, runId)} className="font-mono text-xs underline" title={runId}>
      {shortId(runId)}
    </Link>
  );
}

/** Said where runs are listed: nobody takes up what waits. */
export function Unserved({ queue }: { queue: RunQueue | undefined }) {
  if (!queue || queue.is_served) return null;
  return (
    <Notice tone="warning">
      Nobody takes runs up now: Dagster's daemon does not answer. What is asked for waits until it does.
    </Notice>
  );
}

/** Why this run waits, on its own page. */
export function WhyItWaits({ run }: { run: Run }) {
  const queue = useQuery({ ...queueQuery(run.workspace), enabled: run.status === "queued" });
  const item = queue.data?.items.find(({ run: other }) => other.run_id === run.run_id);
  if (run.status !== "queued" || !item) return null;
  return (
    <div className="px-5 pb-3 max-md:px-3">
      <Notice tone={queue.data?.is_served ? "running" : "warning"}>
        <Reason workspace={run.workspace} item={item} /> {aheadWords(item.ahead)}{" "}
        <Link to={paths.runs(run.workspace, { view: "queue" })} className="underline">
          The queue
        </Link>
      </Notice>
    </div>
  );
}
