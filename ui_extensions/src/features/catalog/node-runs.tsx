import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import type { NodePoint } from "@/api/types";
import { ButtonLink } from "@/components/ui/button";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { FlakyMark } from "@/components/ui/flaky-mark";
import { Panel } from "@/components/ui/page";
import { StatusWord } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { Ago, Duration, Unknown } from "@/components/ui/time";
import { formatBytes, formatNumber } from "@/lib/format";
import { paths } from "@/lib/paths";
import { useReading } from "@/lib/reading";
import { nodeStatus } from "@/lib/status";
import { HistoryChart } from "./history-chart";
import { nodeHistoryQuery } from "./queries";

export function NodeRuns({
  workspace,
  uniqueId,
  name,
}: {
  workspace: string;
  uniqueId: string;
  name: string;
}) {
  const runs = useQuery(nodeHistoryQuery(workspace, useReading(), uniqueId));
  const start = useMay("run:start", workspace);
  return (
    <QueryView query={runs} what="the runs of this node">
      {({ items, flaky }) =>
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
            {flaky ? <FlakyMark /> : null}
            <HistoryChart workspace={workspace} uniqueId={uniqueId} points={items} />
            <RunsTable workspace={workspace} runs={items} uniqueId={uniqueId} />
          </div>
        )
      }
    </QueryView>
  );
}

function RunsTable({
  workspace,
  runs,
  uniqueId,
}: {
  workspace: string;
  runs: NodePoint[];
  uniqueId: string;
}) {
  return (
    <Panel>
      <Table label="Runs of this node">
        <Heads
          columns={[
            "Status",
            "Command",
            "Started",
            { numeric: "Duration" },
            { numeric: "Rows" },
            { numeric: "Bytes read" },
            "Message",
          ]}
        />
        <tbody>
          {runs.map((run) => (
            <tr key={`${run.run_id}-${run.step}`} className="hover:bg-hover">
              <Td>
                <StatusWord status={nodeStatus(run.status)} />
                {run.flaky ? (
                  <span className="block">
                    <FlakyMark />
                  </span>
                ) : null}
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
                <Told value={run.rows_affected} format={formatNumber} />
              </Td>
              <Td numeric>
                <Told value={run.bytes_processed} format={formatBytes} />
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

function Told({ value, format }: { value: number | null; format: (value: number) => string }) {
  return value === null ? <Unknown why="not told by the adapter" /> : format(value);
}
