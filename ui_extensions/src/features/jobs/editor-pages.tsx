import { type UseQueryResult, useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useNavigate } from "react-router";
import { ApiError } from "@/api/errors";
import { runOptionsQuery } from "@/api/run-queries";
import type { Job, JobOptions, RunOptions, Workspace } from "@/api/types";
import { Button, ButtonLink } from "@/components/ui/button";
import { EmptyState, Notice, QueryView } from "@/components/ui/feedback";
import { PageHeader } from "@/components/ui/page";
import { paths } from "@/lib/paths";
import { changesOf, formLike, formOf, requestOf } from "./form";
import { JobEditor } from "./job-editor";
import { jobOptionsQuery, jobToEditQuery, useCreateJob, useSaveJob } from "./queries";

/** A job to be made: empty, or like another one. */
export function NewJobPage({ workspace, like }: { workspace: Workspace; like: string | null }) {
  const other = useQuery({ ...jobToEditQuery(workspace.key, like ?? ""), enabled: like !== null });
  return (
    <>
      <Head
        workspace={workspace}
        title={like === null ? "New job" : `New job like ${other.data?.name ?? like}`}
      />
      <Loaded workspace={workspace.key}>
        {(steps, options) =>
          like === null ? (
            <NewEditor workspace={workspace} like={null} steps={steps} options={options} />
          ) : (
            <QueryView query={other} what={`the job ${like}`}>
              {(job) => <NewEditor workspace={workspace} like={job} steps={steps} options={options} />}
            </QueryView>
          )
        }
      </Loaded>
    </>
  );
}

interface PartProps {
  workspace: Workspace;
  steps: RunOptions;
  options: JobOptions;
}

function NewEditor({ workspace, like, steps, options }: PartProps & { like: Job | null }) {
  const create = useCreateJob(workspace.key);
  const navigate = useNavigate();
  return (
    <JobEditor
      workspace={workspace}
      initial={like === null ? formOf(null) : formLike(like)}
      isNew
      isReady={like !== null}
      steps={steps}
      options={options}
      sent={create}
      conflict={null}
      onSend={(form) =>
        create.mutate(requestOf(form, steps), {
          onSuccess: (made) => navigate(paths.job(workspace.key, made.key)),
        })
      }
      backTo={paths.jobs(workspace.key)}
    />
  );
}

/** A job that is changed. */
export function EditJobPage({ workspace, job: key }: { workspace: Workspace; job: string }) {
  const job = useQuery(jobToEditQuery(workspace.key, key));
  const gone = job.error instanceof ApiError && job.error.status === 404;
  return (
    <>
      <Head workspace={workspace} title={`Edit ${job.data?.name ?? key}`} job={key} />
      {gone ? (
        <EmptyState
          title={`There is no job ${key}`}
          action={<ButtonLink to={paths.jobs(workspace.key)}>All jobs</ButtonLink>}
        />
      ) : (
        <Loaded workspace={workspace.key}>
          {(steps, options) => (
            <QueryView query={job} what="the job">
              {(data) => (
                <EditEditor
                  key={data.version}
                  workspace={workspace}
                  job={data}
                  steps={steps}
                  options={options}
                />
              )}
            </QueryView>
          )}
        </Loaded>
      )}
    </>
  );
}

function EditEditor({ workspace, job, steps, options }: PartProps & { job: Job }) {
  const save = useSaveJob(workspace.key, job.key);
  const navigate = useNavigate();
  const before = formOf(job);
  const lost =
    save.error instanceof ApiError &&
    save.error.status === 409 &&
    save.error.details.some((one) => one.field === "version");
  return (
    <>
      {job.archived_at ? (
        <div className="mb-4">
          <Notice tone="warning">The job is archived. It can be changed once it is restored.</Notice>
        </div>
      ) : null}
      <JobEditor
        workspace={workspace}
        initial={before}
        isNew={false}
        isReady={false}
        steps={steps}
        options={options}
        sent={save}
        conflict={lost ? <Lost workspace={workspace.key} job={job.key} error={save.error} /> : null}
        onSend={(form) =>
          save.mutate(
            { ...changesOf(before, form, steps), version: job.version },
            { onSuccess: () => navigate(paths.job(workspace.key, job.key)) },
          )
        }
        backTo={paths.job(workspace.key, job.key)}
      />
    </>
  );
}

/** Somebody else was quicker: nothing of theirs is overwritten, and nothing of one's own is taken away unasked. */
function Lost({ workspace, job, error }: { workspace: string; job: string; error: Error | null }) {
  const queries = useQueryClient();
  const { queryKey } = jobToEditQuery(workspace, job);
  return (
    <Notice tone="warning">
      <p className="font-medium">Nothing was saved. {error?.message}</p>
      <p>
        Look at{" "}
        <a className="underline" href={paths.job(workspace, job)} target="_blank" rel="noreferrer">
          the job as it is now
        </a>{" "}
        in another tab. To go on, load it here, which takes away what you changed in this form, and change it
        again.
      </p>
      <Button className="mt-2" onClick={() => void queries.resetQueries({ queryKey, exact: true })}>
        Load it, and drop my changes
      </Button>
    </Notice>
  );
}

function Head({ workspace, title, job }: { workspace: Workspace; title: string; job?: string }) {
  return (
    <PageHeader
      crumbs={[
        { label: workspace.name, to: paths.dashboard(workspace.key) },
        { label: "Jobs", to: paths.jobs(workspace.key) },
        ...(job ? [{ label: job, to: paths.job(workspace.key, job) }] : []),
      ]}
      title={title}
      tabTitle={`${title} · ${workspace.name}`}
    />
  );
}

/** What can be chosen, which the form cannot do without. */
function Loaded({
  workspace,
  children,
}: {
  workspace: string;
  children: (steps: RunOptions, options: JobOptions) => ReactNode;
}) {
  const steps = useQuery(runOptionsQuery(workspace));
  const options: UseQueryResult<JobOptions> = useQuery(jobOptionsQuery(workspace));
  return (
    <div className="px-5 pb-6 max-md:px-3">
      <QueryView query={steps} what="the commands">
        {(commands) => (
          <QueryView query={options} what="what can be chosen for jobs">
            {(chosen) => children(commands, chosen)}
          </QueryView>
        )}
      </QueryView>
    </div>
  );
}
