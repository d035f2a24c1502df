import { useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import type { Overview, Run } from "@/api/types";
import { ButtonLink } from "@/components/ui/button";
import { EmptyState, Notice, QueryView, Skeleton } from "@/components/ui/feedback";
import { NodeCounts } from "@/components/ui/node-counts";
import { PageHeader, Panel, Section } from "@/components/ui/page";
import { StatusMark, StatusWord, toneSoft } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { Ago, Duration, Elapsed } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { paths } from "@/lib/paths";
import { useReading } from "@/lib/reading";
import { isActive, runStatus } from "@/lib/status";
import { Counts, Coverage, Failing, Freshness, Slowest } from "./cards";
import { overviewQuery } from "./queries";
import { verdictOf } from "./verdict";

export function DashboardPage({ workspace, name }: { workspace: string; name: string }) {
  const overview = useQuery(overviewQuery(workspace, useReading()));
  const start = useMay("run:start", workspace);
  return (
    <>
      <PageHeader
        crumbs={[{ label: name }]}
        title="Dashboard"
        tabTitle={`Dashboard · ${name}`}
        actions={
          <ButtonLink look="primary" denied={start.why} to={paths.runs(workspace, { new: 1 })}>
            <Play size={14} aria-hidden />
            New run
          </ButtonLink>
        }
      />
      <div className="px-5 pb-8 max-md:px-3">
        <QueryView query={overview} what="the dashboard" skeleton={<DashboardSkeleton />}>
          {(data) => <Dashboard workspace={workspace} overview={data} />}
        </QueryView>
      </div>
    </>
  );
}

function Dashboard({ workspace, overview }: { workspace: string; overview: Overview }) {
  return (
    <div className="flex flex-col gap-6">
      <VerdictLine workspace={workspace} overview={overview} />
      <Counts workspace={workspace} overview={overview} />
      {overview.failing.length > 0 ? <Failing workspace={workspace} overview={overview} /> : null}
      <div className="grid gap-6 lg:grid-cols-2">
        <Section title="Recent runs" actions={<MoreLink to={paths.runs(workspace)}>All runs</MoreLink>}>
          {overview.runs_known ? (
            <RecentRuns workspace={workspace} runs={overview.recent_runs} />
          ) : (
            <Notice tone="warning">
              Dagster does not answer, so the runs are not known. The rest of this page is current.
            </Notice>
          )}
        </Section>
        <div className="flex min-w-0 flex-col gap-6">
          <Slowest workspace={workspace} overview={overview} />
          <Freshness workspace={workspace} overview={overview} />
          <Coverage workspace={workspace} overview={overview} />
        </div>
      </div>
    </div>
  );
}

function VerdictLine({ workspace, overview }: { workspace: string; overview: Overview }) {
  const verdict = verdictOf(overview);
  const run = overview.recent_runs[0];
  return (
    <div
      role="status"
      className={cn(
        "flex flex-wrap items-center gap-x-3 gap-y-1 rounded-md px-4 py-3",
        toneSoft(verdict.tone),
      )}
    >
      <StatusMark tone={verdict.tone} size={20} />
      <p className="min-w-0 flex-1 basis-60">
        <strong className="text-lg font-semibold">{verdict.title}</strong>
        <span className="block text-sm text-ink">{verdict.detail}</span>
      </p>
      {run ? (
        <Link
          to={paths.run(workspace, run.run_id)}
          className="flex items-center gap-1.5 text-sm text-ink hover:underline"
        >
          Last run: <StatusWord status={runStatus(run.status)} />{" "}
          <Ago at={run.finished_at ?? run.created_at} />
        </Link>
      ) : (
        <span className="text-sm text-ink">{overview.runs_known ? "No run so far" : "Runs not known"}</span>
      )}
    </div>
  );
}

function RecentRuns({ workspace, runs }: { workspace: string; runs: Run[] }) {
  const start = useMay("run:start", workspace);
  if (runs.length === 0) {
    return (
      <Panel>
        <EmptyState
          title="No runs yet"
          action={
            <ButtonLink look="primary" denied={start.why} to={paths.runs(workspace, { new: 1 })}>
              Start the first run
            </ButtonLink>
          }
        >
          Results, timings and test states appear here after a run.
        </EmptyState>
      </Panel>
    );
  }
  return (
    <Panel>
      <Table label="Recent runs">
        <Heads columns={["Status", "Command", "Started", { numeric: "Duration" }]} />
        <tbody>
          {runs.map((run) => (
            <RecentRun key={run.run_id} workspace={workspace} run={run} />
          ))}
        </tbody>
      </Table>
    </Panel>
  );
}

function RecentRun({ workspace, run }: { workspace: string; run: Run }) {
  return (
    <tr className="hover:bg-hover">
      <Td>
        <StatusWord status={runStatus(run.status)} title={run.status_message ?? undefined} />
      </Td>
      <Td className="max-w-60">
        <Link
          to={paths.run(workspace, run.run_id)}
          className="block truncate font-mono text-xs leading-5 hover:underline"
        >
          {run.steps.map((step) => step.display).join(" && ") || "unknown command"}
        </Link>
        <NodeCounts counts={run.node_counts} />
      </Td>
      <Td className="text-muted">
        <Ago at={run.started_at ?? run.created_at} />
      </Td>
      <Td numeric className="text-muted">
        {isActive(run.status) ? (
          <Elapsed from={run.started_at} to={run.finished_at} />
        ) : (
          <Duration seconds={run.duration_seconds} />
        )}
      </Td>
    </tr>
  );
}

export function MoreLink({ to, children }: { to: string; children: string }) {
  return (
    <Link to={to} className="text-sm text-accent hover:underline">
      {children}
    </Link>
  );
}

function DashboardSkeleton() {
  return (
    <div className="flex flex-col gap-6">
      <Skeleton className="h-16" />
      <Skeleton className="h-14" />
      <div className="grid gap-6 lg:grid-cols-2">
        <Skeleton className="h-72" />
        <Skeleton className="h-72" />
      </div>
    </div>
  );
}
