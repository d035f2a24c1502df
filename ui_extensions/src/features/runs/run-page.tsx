import { useQuery } from "@tanstack/react-query";
import { ExternalLink, RotateCw, Square } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/api/access";
import { ApiError, describeError } from "@/api/errors";
import type { Run, Workspace } from "@/api/types";
import { Button, ButtonAnchor, ButtonLink } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { EmptyState, ErrorState, Notice, QueryView, Skeleton } from "@/components/ui/feedback";
import { NodeCounts } from "@/components/ui/node-counts";
import { Facts, PageHeader } from "@/components/ui/page";
import { StatusBadge } from "@/components/ui/status";
import { Ago, Duration, Elapsed, Unknown } from "@/components/ui/time";
import { paths } from "@/lib/paths";
import { isActive, runStatus } from "@/lib/status";
import { runQuery, useCancelRun } from "./queries";
import { RunBody } from "./run-body";

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
        tabTitle={`${runStatus(run.data.status).label}: ${commandsOf(run.data)} · ${workspace.name}`}
        actions={<RunActions workspace={workspace.key} run={run.data} />}
      >
        <RunFacts run={run.data} />
      </PageHeader>
      {run.isError ? (
        <div className="px-5 pb-2">
          <Notice tone="warning">The status may be old: {describeError(run.error).message}</Notice>
        </div>
      ) : null}
      <RunBody key={runId} workspace={workspace.key} run={run.data} />
    </div>
  );
}

const commandsOf = (run: Run) => run.steps.map((step) => step.display).join(" && ") || "unknown command";

function RunTitle({ run }: { run: Run }) {
  return (
    <>
      <StatusBadge status={runStatus(run.status)} />
      <span className="min-w-0 font-mono text-base font-medium break-all">{commandsOf(run)}</span>
    </>
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
          { name: "Nodes", value: <NodeCounts counts={run.node_counts} words /> },
        ]}
      />
    </div>
  );
}

function RunActions({ workspace, run }: { workspace: string; run: Run }) {
  const start = useMay("run:start", workspace);
  const dagster = useMay("dagster:read", workspace);
  return (
    <>
      <ButtonAnchor href={run.dagster_path} denied={dagster.why}>
        <ExternalLink size={14} aria-hidden />
        In Dagster
      </ButtonAnchor>
      {isActive(run.status) ? (
        <CancelButton workspace={workspace} run={run} />
      ) : (
        <ButtonLink denied={start.why} to={paths.runs(workspace, { new: 1, again: run.run_id })}>
          <RotateCw size={14} aria-hidden />
          Run again
        </ButtonLink>
      )}
    </>
  );
}

function CancelButton({ workspace, run }: { workspace: string; run: Run }) {
  const [asking, setAsking] = useState(false);
  const cancel = useCancelRun(workspace, run.run_id);
  const may = useMay("run:cancel", workspace);
  return (
    <>
      <Button denied={may.why} onClick={() => setAsking(true)} disabled={!run.can_cancel || cancel.isPending}>
        <Square size={13} aria-hidden />
        {run.status === "cancelling" ? "Cancelling" : "Cancel"}
      </Button>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title="Cancel this run?"
        action="Cancel the run"
        busy={cancel.isPending}
        onConfirm={() => cancel.mutate(undefined, { onSuccess: () => setAsking(false) })}
      >
        <p>dbt is stopped, and so are its queries in the warehouse. Nodes that are done stay as they are.</p>
        {cancel.isError ? (
          <ErrorState compact title="The run was not cancelled" error={cancel.error} />
        ) : null}
      </Confirm>
    </>
  );
}
