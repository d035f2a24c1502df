import { Square } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import type { CancelAnswer, Run } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { ErrorState, Notice } from "@/components/ui/feedback";
import { NodeCounts } from "@/components/ui/node-counts";
import { StatusWord, toneFill } from "@/components/ui/status";
import { Table, Td, Th } from "@/components/ui/table";
import { Ago, Duration, Elapsed, Unknown } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { plural } from "@/lib/format";
import { useNow } from "@/lib/hooks";
import { paths } from "@/lib/paths";
import { isActive, runStatus } from "@/lib/status";
import { secondsBetween } from "@/lib/time";
import { useCancelRuns } from "./queries";
import { RetryMark } from "./run-retry";

/** A page of runs; those that still go on can be chosen and cancelled together. */
export function RunsTable({ workspace, runs }: { workspace: string; runs: Run[] }) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const possible = runs.filter((run) => run.can_cancel);
  // A run that has ended meanwhile, or is on another page, is chosen no more.
  const wanted = possible.filter((run) => chosen.has(run.run_id)).map((run) => run.run_id);
  const choose = (runId: string, on: boolean) =>
    setChosen((before) => new Set(on ? [...before, runId] : [...before].filter((one) => one !== runId)));
  const chooseAll = (on: boolean) => setChosen(new Set(on ? possible.map((run) => run.run_id) : []));
  const active = runs.some((run) => isActive(run.status));
  const now = useNow(active ? 1000 : null);
  const longest = Math.max(1, ...runs.map((run) => secondsOf(run, now) ?? 0));
  return (
    <>
      <CancelBar workspace={workspace} wanted={wanted} onDone={() => setChosen(new Set())} />
      <Table label="Runs" className="max-h-[calc(100dvh-13rem)]">
        <thead>
          <tr>
            {possible.length > 0 ? (
              <Th className="w-8">
                <input
                  type="checkbox"
                  aria-label="Choose all that can be cancelled"
                  checked={wanted.length === possible.length}
                  onChange={(event) => chooseAll(event.target.checked)}
                />
              </Th>
            ) : null}
            <Th>Status</Th>
            <Th>Command</Th>
            <Th>Environment</Th>
            <Th>Started by</Th>
            <Th>Started</Th>
            <Th className="min-w-36">Duration</Th>
            <Th>Nodes</Th>
          </tr>
        </thead>
        <tbody>
          {runs.map((run) => (
            <tr key={run.run_id} className="hover:bg-hover">
              {possible.length > 0 ? (
                <Td>
                  {run.can_cancel ? (
                    <input
                      type="checkbox"
                      aria-label={`Choose run ${run.run_id.slice(0, 8)}`}
                      checked={chosen.has(run.run_id)}
                      onChange={(event) => choose(run.run_id, event.target.checked)}
                    />
                  ) : null}
                </Td>
              ) : null}
              <RunCells workspace={workspace} run={run} share={(secondsOf(run, now) ?? 0) / longest} />
            </tr>
          ))}
        </tbody>
      </Table>
    </>
  );
}

function secondsOf(run: Run, now: number): number | null {
  if (!isActive(run.status)) return run.duration_seconds;
  return run.started_at ? secondsBetween(run.started_at, run.finished_at, now) : null;
}

function RunCells({ workspace, run, share }: { workspace: string; run: Run; share: number }) {
  return (
    <>
      <Td>
        <StatusWord status={runStatus(run.status)} title={run.status_message ?? undefined} />
      </Td>
      <Td className="max-w-sm min-w-48">
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
        {run.job ? (
          <Link className="block text-xs underline" to={paths.job(workspace, run.job)}>
            {run.job}
          </Link>
        ) : run.schedule ? (
          <span className="block text-xs text-faint">{run.schedule}</span>
        ) : null}
      </Td>
      <Td className="text-muted">
        {run.started_at ? (
          <Ago at={run.started_at} />
        ) : (
          <span title="when it was asked for">
            <Ago at={run.created_at} />
          </span>
        )}
      </Td>
      <Td className="text-muted">
        <span className="flex items-center gap-2">
          <span className="w-16 shrink-0 text-right">
            {isActive(run.status) ? (
              <Elapsed from={run.started_at} to={run.finished_at} />
            ) : (
              <Duration seconds={run.duration_seconds} />
            )}
          </span>
          <span className="h-2 min-w-12 flex-1" aria-hidden>
            <span
              className={cn("block h-full rounded-sm", toneFill(runStatus(run.status).tone))}
              style={{ width: `${100 * share}%` }}
            />
          </span>
        </span>
      </Td>
      <Td>
        <NodeCounts counts={run.node_counts} />
      </Td>
    </>
  );
}

interface CancelBarProps {
  workspace: string;
  wanted: string[];
  onDone: () => void;
}

function CancelBar({ workspace, wanted, onDone }: CancelBarProps) {
  const [asking, setAsking] = useState(false);
  const cancel = useCancelRuns(workspace);
  const may = useMay("run:cancel", workspace);
  const runs = plural(wanted.length, "run");
  const close = () => {
    setAsking(false);
    if (cancel.isError) cancel.reset();
  };
  return (
    <>
      {cancel.data ? <Refused answer={cancel.data} /> : null}
      {wanted.length > 0 ? (
        <div className="flex items-center gap-3 border-b bg-surface px-3 py-1.5 text-sm">
          {runs} chosen
          <Button denied={may.why} onClick={() => setAsking(true)}>
            <Square size={13} aria-hidden />
            Cancel {wanted.length === 1 ? "it" : "them"}
          </Button>
        </div>
      ) : null}
      <Confirm
        open={asking}
        onClose={close}
        title={`Cancel ${runs}?`}
        action={`Cancel ${runs}`}
        busy={cancel.isPending}
        onConfirm={() =>
          cancel.mutate(wanted, {
            onSuccess: () => {
              setAsking(false);
              onDone();
            },
          })
        }
      >
        <p>dbt is stopped in each of them. Nodes that are done stay as they are.</p>
        {cancel.isError ? <ErrorState compact title="No run was cancelled" error={cancel.error} /> : null}
      </Confirm>
    </>
  );
}

/** Which of many could not be cancelled, and why. */
function Refused({ answer }: { answer: CancelAnswer }) {
  const refused = answer.items.filter((item) => !item.cancelling);
  if (refused.length === 0) return null;
  return (
    <div className="p-2">
      <Notice tone="warning">
        <ul>
          {refused.map((item) => (
            <li key={item.run_id}>
              <code className="font-mono text-xs">{item.run_id.slice(0, 8)}</code>: {item.message}
            </li>
          ))}
        </ul>
      </Notice>
    </div>
  );
}
