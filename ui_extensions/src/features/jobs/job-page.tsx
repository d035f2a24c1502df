import { useQuery } from "@tanstack/react-query";
import { Archive, ArchiveRestore, Copy, Pencil } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useNavigate } from "react-router";
import { useMay } from "@/api/access";
import { ApiError, describeError } from "@/api/errors";
import type { Job, Workspace } from "@/api/types";
import { Button, ButtonLink } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { EmptyState, ErrorState, Notice, QueryView, Skeleton } from "@/components/ui/feedback";
import { Facts, PageHeader, Section } from "@/components/ui/page";
import { Prose } from "@/components/ui/prose";
import { StatusBadge } from "@/components/ui/status";
import { Ago } from "@/components/ui/time";
import { formatDuration, plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { JobHistoryPart } from "./job-history";
import { JobTicks } from "./job-ticks";
import { Triggers } from "./job-triggers";
import { Next } from "./next-time";
import { jobQuery, useSaveJob } from "./queries";
import { RunBars } from "./run-bars";
import { RunNow } from "./run-now";
import { StepLines } from "./step-lines";
import { comingOf, noNextWords, overlapWords, reasonOf, retryPolicyWords, stateView } from "./words";

interface JobPageProps {
  workspace: Workspace;
  job: string;
  /** What other parts of the house have to say of it, below its triggers. */
  more: (job: Job) => ReactNode;
}

/** One job: what it is, what makes it run, and how that went. */
export function JobPage({ workspace, job: key, more }: JobPageProps) {
  const job = useQuery(jobQuery(workspace.key, key));
  const crumbs = [
    { label: workspace.name, to: paths.dashboard(workspace.key) },
    { label: "Jobs", to: paths.jobs(workspace.key) },
  ];
  if (job.error instanceof ApiError && job.error.status === 404) {
    return (
      <>
        <PageHeader crumbs={crumbs} title="No such job" />
        <EmptyState
          title={`There is no job ${key}`}
          action={<ButtonLink to={paths.jobs(workspace.key)}>All jobs</ButtonLink>}
        >
          Archived jobs are in the list too, by its filter.
        </EmptyState>
      </>
    );
  }
  if (!job.data) {
    return (
      <>
        <PageHeader crumbs={crumbs} title={key} />
        <QueryView query={job} what="this job" skeleton={<Skeleton className="mx-5 h-80" />}>
          {() => null}
        </QueryView>
      </>
    );
  }
  return (
    <>
      <PageHeader
        crumbs={[...crumbs, { label: key }]}
        title={
          <>
            {job.data.name}
            <StatusBadge status={stateView(job.data.state)} title={reasonOf(job.data) ?? undefined} />
          </>
        }
        tabTitle={`${job.data.name} · Jobs · ${workspace.name}`}
        actions={<Actions workspace={workspace.key} job={job.data} />}
      >
        <JobFacts workspace={workspace.key} job={job.data} />
      </PageHeader>
      <div className="flex flex-col gap-6 px-5 pb-6 max-md:px-3">
        {job.isError ? (
          <Notice tone="warning">What you see may be old: {describeError(job.error).message}</Notice>
        ) : null}
        {job.data.archived_at ? (
          <Notice tone="unknown">
            Archived <Ago at={job.data.archived_at} />: nothing makes it run. Its history stays.
          </Notice>
        ) : null}
        {job.data.description ? <Prose text={job.data.description} /> : null}
        <div className="grid gap-6 xl:grid-cols-2">
          <div className="flex min-w-0 flex-col gap-6">
            <Section title="What it runs">
              <StepLines workspace={workspace.key} steps={job.data.steps} />
            </Section>
            <Triggers workspace={workspace.key} job={job.data} />
            {more(job.data)}
          </div>
          <JobHistoryPart workspace={workspace.key} job={job.data} />
        </div>
        <JobTicks workspace={workspace.key} job={job.data} />
      </div>
    </>
  );
}

function JobFacts({ workspace, job }: { workspace: string; job: Job }) {
  const minutes = job.late_after_minutes;
  return (
    <div className="mt-1">
      <Facts
        facts={[
          { name: "Next time", value: <Next coming={comingOf(job)} none={noNextWords(job)} /> },
          {
            name: "Last runs",
            value: <RunBars workspace={workspace} runs={job.last_runs} name={job.name} />,
          },
          { name: "Environment", value: job.environment ?? "the default one" },
          { name: "Owner", value: job.owner || <span className="text-faint">nobody</span> },
          ...(job.tags.length > 0 ? [{ name: "Tags", value: job.tags.join(", ") }] : []),
          { name: "Overlap", value: overlapWords(job.overlap) },
          { name: "If it fails", value: retryPolicyWords(job.retry) },
          { name: "Timeout", value: job.timeout_seconds ? formatDuration(job.timeout_seconds) : "none" },
          { name: "Late after", value: minutes ? plural(minutes, "minute") : "never" },
          ...(job.priority === 0 ? [] : [{ name: "Priority", value: job.priority }]),
          {
            name: "Runs are kept",
            value: job.retention_days ? plural(job.retention_days, "day") : "as the environment says",
          },
          {
            name: "Changed",
            value: (
              <>
                <Ago at={job.updated_at} /> by {job.updated_by}
              </>
            ),
          },
        ]}
      />
    </div>
  );
}

function Actions({ workspace, job }: { workspace: string; job: Job }) {
  const navigate = useNavigate();
  const edit = useMay("job:edit", workspace);
  const archived = job.archived_at !== null;
  return (
    <>
      <RunNow
        primary
        workspace={workspace}
        job={job}
        onStarted={(run) => navigate(paths.run(workspace, run.run_id))}
      />
      <ButtonLink
        to={paths.editJob(workspace, job.key)}
        denied={edit.why ?? (archived ? "The job is archived: restore it first." : null)}
      >
        <Pencil size={14} aria-hidden />
        Edit
      </ButtonLink>
      <ButtonLink to={paths.newJob(workspace, { like: job.key })} denied={edit.why}>
        <Copy size={14} aria-hidden />
        Duplicate
      </ButtonLink>
      <ArchiveButton workspace={workspace} job={job} denied={edit.why} />
    </>
  );
}

function ArchiveButton({ workspace, job, denied }: { workspace: string; job: Job; denied: string | null }) {
  const [asking, setAsking] = useState(false);
  const save = useSaveJob(workspace, job.key);
  const archived = job.archived_at !== null;
  const close = () => {
    setAsking(false);
    save.reset();
  };
  return (
    <>
      <Button denied={denied} onClick={() => setAsking(true)}>
        {archived ? <ArchiveRestore size={14} aria-hidden /> : <Archive size={14} aria-hidden />}
        {archived ? "Restore" : "Archive"}
      </Button>
      <Confirm
        open={asking}
        onClose={close}
        title={archived ? `Restore ${job.name}?` : `Archive ${job.name}?`}
        action={archived ? "Restore it" : "Archive it"}
        keep={archived ? "Not now" : "Keep it"}
        busy={save.isPending}
        onConfirm={() => save.mutate({ archived: !archived }, { onSuccess: close })}
      >
        {archived
          ? "Its triggers tick again. Nothing that was due meanwhile is made up for."
          : "Nothing makes it run any more. Runs that go on go on; its history stays, and it can be restored."}
        {save.isError ? <ErrorState compact title="Nothing has changed" error={save.error} /> : null}
      </Confirm>
    </>
  );
}
