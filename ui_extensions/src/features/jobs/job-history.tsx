import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "react-router";
import type { Job, JobHistory, JobRun } from "@/api/types";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { LineChart } from "@/components/ui/line-chart";
import { Facts, Panel, Section } from "@/components/ui/page";
import { StatusWord } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { Ago, Duration, Elapsed, Unknown } from "@/components/ui/time";
import { formatDuration, formatShare, plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { isActive, runStatus } from "@/lib/status";
import { formatExact } from "@/lib/time";
import { historyQuery, isMoving } from "./queries";
import { causeWords, trendWords } from "./words";

interface PartProps {
  workspace: string;
  job: Job;
}

/** How the runs of a job went, and how long they took. */
export function JobHistoryPart({ workspace, job }: PartProps) {
  const history = useQuery(historyQuery(workspace, job.key, isMoving(job)));
  return (
    <Section
      title="History"
      actions={
        <Link className="text-sm text-accent hover:underline" to={paths.runs(workspace, { job: job.key })}>
          All its runs
        </Link>
      }
    >
      <QueryView query={history} what="the history" compact>
        {(data) =>
          data.runs.length === 0 ? (
            <Panel>
              <EmptyState title="It has not run yet" />
            </Panel>
          ) : (
            <div className="flex flex-col gap-3">
              <Sums history={data} />
              <Durations workspace={workspace} runs={data.runs} />
              <Panel>
                <RunsOfJob workspace={workspace} job={job} runs={data.runs} />
              </Panel>
            </div>
          )
        }
      </QueryView>
    </Section>
  );
}

function Sums({ history }: { history: JobHistory }) {
  const { succeeded, failed, cancelled } = history;
  const rate = formatShare(succeeded, succeeded + failed);
  return (
    <Facts
      facts={[
        {
          name: "Success rate",
          value: rate ? (
            <>
              {rate} <span className="text-muted">({`${succeeded} of ${succeeded + failed}`})</span>
            </>
          ) : (
            <Unknown why="none has ended" />
          ),
        },
        ...(cancelled > 0 ? [{ name: "Cancelled", value: cancelled }] : []),
        {
          name: "Median duration",
          value: <Duration seconds={history.median_seconds} none="none has succeeded" />,
        },
        { name: "Trend", value: trendWords(history.trend) },
        { name: "Out of", value: `the last ${plural(history.total, "run")}` },
      ]}
    />
  );
}

/** Durations of the runs that succeeded, oldest at the left; others may have ended at any point. */
function Durations({ workspace, runs }: { workspace: string; runs: JobRun[] }) {
  const navigate = useNavigate();
  const good = runs.filter((run) => run.status === "success" && run.duration_seconds !== null).reverse();
  if (good.length < 2) return null;
  const values = good.map((run) => run.duration_seconds);
  return (
    <LineChart
      label="Duration of the runs that succeeded"
      series={[{ name: "Duration", hue: "text-accent", values }]}
      points={good.map((run) => formatExact(run.started_at ?? run.created_at))}
      most={Math.max(...values.map((value) => value ?? 0)) || 1}
      format={formatDuration}
      onChoose={(index) => {
        const run = good[index];
        if (run) navigate(paths.run(workspace, run.run_id));
      }}
    />
  );
}

function RunsOfJob({ workspace, job, runs }: PartProps & { runs: JobRun[] }) {
  return (
    <Table label="Runs of this job" className="max-h-96">
      <Heads columns={["Status", "Started", "Duration", "Because of", "Was due"]} />
      <tbody>
        {runs.map((run) => (
          <tr key={run.run_id} className="hover:bg-hover">
            <Td>
              <Link to={paths.run(workspace, run.run_id)} className="hover:underline" title={run.run_id}>
                <StatusWord status={runStatus(run.status)} />
              </Link>
            </Td>
            <Td className="text-muted">
              <Ago at={run.started_at} none={isActive(run.status) ? "not yet" : "never"} />
            </Td>
            <Td className="text-muted">
              {isActive(run.status) ? (
                <Elapsed from={run.started_at} to={run.finished_at} />
              ) : (
                <Duration seconds={run.duration_seconds} />
              )}
            </Td>
            <Td className="min-w-32 text-muted">{causeWords(run, job)}</Td>
            <Td className="whitespace-nowrap text-muted">
              {run.due_at ? formatExact(run.due_at) : <span className="text-faint">at no set time</span>}
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
