import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { Run, RunQueue, WaitingRun } from "@/api/types";
import { ButtonLink } from "@/components/ui/button";
import { EmptyState, Notice } from "@/components/ui/feedback";
import { ListPanel } from "@/components/ui/list-panel";
import { Heads, Table, Td } from "@/components/ui/table";
import { Elapsed, Unknown } from "@/components/ui/time";
import { paths } from "@/lib/paths";
import { CancelButton } from "./cancel-button";
import { queueQuery } from "./queries";
import { aheadWords, blockersOf, queueWords } from "./queue-words";
import { RetryMark } from "./run-retry";

const COLUMNS = [
  "Command",
  "Environment",
  "Started by",
  "Waits for so long",
  { numeric: "Ahead" },
  "Why it waits",
];

/** What waits, in the order in which it is taken up, and why. */
export function QueueView({ workspace }: { workspace: string }) {
  const queue = useQuery(queueQuery(workspace));
  return (
    <>
      {queue.data ? <p className="text-sm text-muted">{queueWords(queue.data)}</p> : null}
      <ListPanel query={queue} what="the queue" empty={<NothingWaits workspace={workspace} />}>
        {(items) => (
          <Table label="Queue" className="max-h-[calc(100dvh-15rem)]">
            <Heads columns={COLUMNS} actions />
            <tbody>
              {items.map((item) => (
                <WaitingRow key={item.run.run_id} workspace={workspace} item={item} />
              ))}
            </tbody>
          </Table>
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

function WaitingRow({ workspace, item }: { workspace: string; item: WaitingRun }) {
  const { run } = item;
  return (
    <tr className="hover:bg-hover">
      <Td className="max-w-md min-w-40">
        <Link
          to={paths.run(workspace, run.run_id)}
          title={run.run_id}
          className="block truncate font-mono text-xs leading-5 hover:underline"
        >
          {run.steps.map((step) => step.display).join(" && ") || "unknown command"}
        </Link>
        <RetryMark run={run} />
      </Td>
      <Td className="text-muted">{run.environment ?? <Unknown why="not known" />}</Td>
      <Td className="whitespace-nowrap text-muted">
        {run.actor ?? <Unknown why="not known" />}
        {run.schedule ? <span className="block text-xs text-faint">{run.schedule}</span> : null}
      </Td>
      <Td className="text-muted">
        <Elapsed from={run.created_at} to={null} />
      </Td>
      <Td numeric>{item.ahead}</Td>
      <Td className="min-w-64">
        {item.reason} <Blockers workspace={workspace} runIds={item.blockers} />
      </Td>
      <Td className="text-right">
        <CancelButton run={run} named />
      </Td>
    </tr>
  );
}

/** Links to the runs that one waits for, as far as they are this workspace's. */
function Blockers({ workspace, runIds }: { workspace: string; runIds: string[] }) {
  const { shown, more } = blockersOf(runIds);
  if (shown.length === 0) return null;
  return (
    <span className="text-muted">
      Waits for{" "}
      {shown.map((runId, index) => (
        <span key={runId}>
          {index > 0 ? ", " : null}
          <Link to={paths.run(workspace, runId)} className="font-mono text-xs underline" title={runId}>
            {runId.slice(0, 8)}
          </Link>
        </span>
      ))}
      {more > 0 ? ` and ${more} more` : null}.
    </span>
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
        {item.reason} {aheadWords(item.ahead)} <Blockers workspace={run.workspace} runIds={item.blockers} />{" "}
        <Link to={paths.runs(run.workspace, { view: "queue" })} className="underline">
          The queue
        </Link>
      </Notice>
    </div>
  );
}
