import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "react-router";
import { ApiError, describeError } from "@/api/errors";
import type { Run, Workspace } from "@/api/types";
import { ButtonLink } from "@/components/ui/button";
import { EmptyState, Notice, QueryView, Skeleton } from "@/components/ui/feedback";
import { NodeCounts } from "@/components/ui/node-counts";
import { Facts, PageHeader } from "@/components/ui/page";
import { StatusBadge } from "@/components/ui/status";
import { Ago, Duration, Elapsed, Unknown } from "@/components/ui/time";
import { paths } from "@/lib/paths";
import { isActive, runStatus } from "@/lib/status";
import { runQuery } from "./queries";
import { RunActions } from "./run-actions";
import { RunBody } from "./run-body";
import { WhyItWaits } from "./run-queue";
import { RetriesEnded, retryFacts } from "./run-retry";

/** So many characters of a command are read at a glance. */
const LONG = 160;

interface RunPageProps {
  workspace: Workspace;
  runId: string;
}

export function RunPage({ workspace, runId }: RunPageProps) {
  const run = useQuery(runQuery(workspace.key, runId));
  const crumbs = [
    { label: workspace.name, to: paths.dashboard(workspace.key) },
    { label: "Runs", to: paths.runs(workspace.key) },
  ];
  if (run.error instanceof ApiError && run.error.status === 404) {
    return (
      <>
        <PageHeader crumbs={crumbs} title="No such run" />
        <EmptyState
          title={`There is no run ${runId}`}
          action={<ButtonLink to={paths.runs(workspace.key)}>All runs</ButtonLink>}
        >
          It may have been removed, or belongs to another workspace.
        </EmptyState>
      </>
    );
  }
  if (!run.data) {
    return (
      <>
        <PageHeader crumbs={crumbs} title={`Run ${runId.slice(0, 8)}`} />
        <QueryView query={run} what="this run" skeleton={<Skeleton className="mx-5 h-80" />}>
          {() => null}
        </QueryView>
      </>
    );
  }
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        crumbs={[...crumbs, { label: runId.slice(0, 8) }]}
        title={<RunTitle run={run.data} />}
        tabTitle={`${runStatus(run.data.status).label}: ${commandsOf(run.data).slice(0, LONG)} · ${workspace.name}`}
        actions={<RunActions run={run.data} />}
      >
        <RunFacts run={run.data} />
      </PageHeader>
      {run.isError ? (
        <div className="px-5 pb-2">
          <Notice tone="warning">The status may be old: {describeError(run.error).message}</Notice>
        </div>
      ) : null}
      <RetriesEnded run={run.data} />
      <WhyItWaits run={run.data} />
      <RunBody key={runId} run={run.data} />
    </div>
  );
}

const commandsOf = (run: Run) => run.steps.map((step) => step.display).join(" && ") || "unknown command";

function RunTitle({ run }: { run: Run }) {
  return (
    <>
      <StatusBadge status={runStatus(run.status)} />
      <Commands text={commandsOf(run)} />
    </>
  );
}

/** A retry names up to a thousand nodes: of such a command the beginning, and all of it on demand. */
function Commands({ text }: { text: string }) {
  const [all, setAll] = useState(false);
  const long = text.length > LONG;
  return (
    <span className="max-h-60 min-w-0 overflow-auto font-mono text-base font-medium break-all">
      {long && !all ? `${text.slice(0, LONG)}… ` : `${text} `}
      {long ? (
        <button
          type="button"
          aria-expanded={all}
          className="font-sans text-sm font-normal text-muted underline"
          onClick={() => setAll(!all)}
        >
          {all ? "Show less" : "Show all of it"}
        </button>
      ) : null}
    </span>
  );
}

function RunFacts({ run }: { run: Run }) {
  const active = isActive(run.status);
  return (
    <div className="mt-1">
      <Facts
        facts={[
          { name: "Environment", value: run.environment ?? <Unknown why="not known" /> },
          { name: "Started by", value: run.actor ?? <Unknown why="not known" /> },
          { name: "Asked for", value: <Ago at={run.created_at} /> },
          { name: "Started", value: <Ago at={run.started_at} none={active ? "not yet" : "never"} /> },
          {
            name: active ? "Running for" : "Duration",
            value: active ? (
              <Elapsed from={run.started_at} to={run.finished_at} />
            ) : (
              <Duration seconds={run.duration_seconds} />
            ),
          },
          ...(run.job ? [{ name: "Job", value: <JobLink run={run} job={run.job} /> }] : []),
          ...(run.schedule ? [{ name: "Schedule", value: run.schedule }] : []),
          { name: "Nodes", value: <NodeCounts counts={run.node_counts} words /> },
          ...retryFacts(run),
          ...(run.git_commit ? [{ name: "Commit", value: <Commit commit={run.git_commit} /> }] : []),
          ...(run.dbt_version ? [{ name: "dbt", value: run.dbt_version }] : []),
        ]}
      />
    </div>
  );
}

function JobLink({ run, job }: { run: Run; job: string }) {
  return (
    <Link className="underline" to={paths.job(run.workspace, job)}>
      {job}
    </Link>
  );
}

/** The commit that the project was at, and whether it held changes that are in none. */
function Commit({ commit }: { commit: string }) {
  const [hash = "", dirty] = commit.split("-");
  return (
    <span title={dirty ? `${hash}, with changes that were not committed` : hash}>
      <code className="font-mono text-xs">{hash.slice(0, 10)}</code>
      {dirty ? <span className="text-warning"> with changes</span> : null}
    </span>
  );
}
