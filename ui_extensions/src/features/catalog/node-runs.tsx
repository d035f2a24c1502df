import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import type { NodeRun } from "@/api/types";
import { ButtonLink } from "@/components/ui/button";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/page";
import { StatusWord, toneFill } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { Ago, Duration, Unknown } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { formatDuration, formatNumber } from "@/lib/format";
import { paths } from "@/lib/paths";
import { useReading } from "@/lib/reading";
import { nodeStatus } from "@/lib/status";
import { formatExact } from "@/lib/time";
import { nodeRunsQuery } from "./queries";

export function NodeRuns({
  workspace,
  uniqueId,
  name,
}: {
  workspace: string;
  uniqueId: string;
  name: string;
}) {
  const runs = useQuery(nodeRunsQuery(workspace, useReading(), uniqueId));
  const start = useMay("run:start", workspace);
  return (
    <QueryView query={runs} what="the runs of this node">
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState
            title="It has never run here"
            action={
              <ButtonLink
                look="primary"
                denied={start.why}
                to={paths.runs(workspace, { new: 1, command: "build", select: name })}
              >
                Build it
              </ButtonLink>
            }
          >
            Every run that builds or tests it is listed here with its time and its message.
          </EmptyState>
        ) : (
          <div className="flex flex-col gap-4">
            <DurationBars workspace={workspace} runs={items} />
            <RunsTable workspace={workspace} runs={items} uniqueId={uniqueId} />
          </div>
        )
      }
    </QueryView>
  );
}

/** One bar per run, oldest at the left: how the duration moved, and which runs went wrong. */
function DurationBars({ workspace, runs }: { workspace: string; runs: NodeRun[] }) {
  const longest = Math.max(0, ...runs.map((run) => run.execution_time ?? 0));
  return (
    <figure>
      <figcaption className="mb-1 text-xs text-faint">
        Duration of the last {formatNumber(runs.length)} {runs.length === 1 ? "run" : "runs"}
        {longest > 0 ? `, at most ${formatDuration(longest)}` : ""}
      </figcaption>
      <div className="flex h-14 items-end gap-0.5 border-b">
        {[...runs].reverse().map((run) => {
          const status = nodeStatus(run.status);
          const seconds = run.execution_time;
          const height =
            longest > 0 && typeof seconds === "number" ? Math.max(4, (100 * seconds) / longest) : 4;
          const words = [
            run.started_at ? formatExact(run.started_at) : "unknown time",
            status.label,
            typeof seconds === "number" ? formatDuration(seconds) : "duration not known",
          ].join(", ");
          const bar = {
            title: words,
            "aria-label": words,
            className: cn("w-3 rounded-t-sm hover:opacity-75", toneFill(status.tone)),
            style: { height: `${height}%` },
          };
          const key = `${run.run_id}-${run.step}`;
          if (run.external) return <span key={key} role="img" {...bar} />;
          return <Link key={key} to={paths.run(workspace, run.run_id)} {...bar} />;
        })}
      </div>
    </figure>
  );
}

function RunsTable({ workspace, runs, uniqueId }: { workspace: string; runs: NodeRun[]; uniqueId: string }) {
  return (
    <Panel>
      <Table label="Runs of this node">
        <Heads
          columns={["Status", "Command", "Started", { numeric: "Duration" }, { numeric: "Rows" }, "Message"]}
        />
        <tbody>
          {runs.map((run) => (
            <tr key={`${run.run_id}-${run.step}`} className="hover:bg-hover">
              <Td>
                <StatusWord status={nodeStatus(run.status)} />
              </Td>
              <Td>
                {run.external ? (
                  <span className="font-mono text-xs leading-5">
                    {run.command} <span className="font-sans text-faint">elsewhere</span>
                  </span>
                ) : (
                  <Link
                    to={paths.run(workspace, run.run_id, { node: uniqueId })}
                    className="font-mono text-xs leading-5 hover:underline"
                  >
                    {run.command}
                  </Link>
                )}
              </Td>
              <Td className="text-muted">
                <Ago at={run.started_at} none="not known" />
              </Td>
              <Td numeric>
                <Duration seconds={run.execution_time} />
              </Td>
              <Td numeric>
                {typeof run.rows_affected === "number" ? (
                  formatNumber(run.rows_affected)
                ) : (
                  <Unknown why="not told by the adapter" />
                )}
              </Td>
              <Td className="max-w-xl min-w-40 font-mono text-xs whitespace-pre-wrap break-words text-muted">
                {run.message}
              </Td>
            </tr>
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}
