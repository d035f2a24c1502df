import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { useMay } from "@/api/access";
import { besideFields } from "@/api/errors";
import type { Environment, EnvironmentList, Workspace } from "@/api/types";
import { Button, ButtonLink } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { EmptyState, ErrorState, Notice, QueryView } from "@/components/ui/feedback";
import { LeaveGuard } from "@/components/ui/leave-guard";
import { PageHeader, Section } from "@/components/ui/page";
import { StatusBadge } from "@/components/ui/status";
import { paths } from "@/lib/paths";
import { Connection } from "./connection";
import { EnvironmentFields, FIELDS } from "./environment-fields";
import { changesOf, formOf, isComplete } from "./form";
import { environmentsQuery, useDeleteEnvironment, useSaveEnvironment } from "./queries";
import { Variables } from "./variables";
import { connection, hindrance } from "./words";

/** How one environment is set up, and whether dbt can connect there. */
export function EnvironmentPage({
  workspace,
  environment: key,
}: {
  workspace: Workspace;
  environment: string;
}) {
  const list = useQuery(environmentsQuery(workspace.key));
  const found = list.data?.items.find((one) => one.key === key);
  const name = found?.name ?? key;
  return (
    <>
      <PageHeader
        crumbs={[
          { label: workspace.name, to: paths.dashboard(workspace.key) },
          { label: "Environments", to: paths.environments(workspace.key) },
        ]}
        title={
          <>
            {name}
            {found ? <StatusBadge status={connection(found)} /> : null}
          </>
        }
        tabTitle={`${name} · Environments · ${workspace.name}`}
      />
      <div className="px-5 pb-6 max-md:px-3">
        <QueryView query={list} what="the environment">
          {(data) =>
            found ? (
              <Parts workspace={workspace.key} environment={found} list={data} />
            ) : (
              <EmptyState
                title={`There is no environment ${key}`}
                action={<ButtonLink to={paths.environments(workspace.key)}>All environments</ButtonLink>}
              >
                It was deleted, or never was one of this workspace.
              </EmptyState>
            )
          }
        </QueryView>
      </div>
    </>
  );
}

interface PartsProps {
  workspace: string;
  environment: Environment;
  list: EnvironmentList;
}

function Parts({ workspace, environment, list }: PartsProps) {
  const why = hindrance(environment);
  return (
    <div className="flex flex-col gap-6">
      {why ? <Notice tone={environment.archived_at ? "unknown" : "warning"}>{why}</Notice> : null}
      <div className="grid gap-6 xl:grid-cols-2">
        <div className="flex min-w-0 flex-col gap-6">
          <SettingsForm
            key={JSON.stringify(formOf(environment))}
            workspace={workspace}
            environment={environment}
            list={list}
          />
        </div>
        <div className="flex min-w-0 flex-col gap-6">
          <Connection workspace={workspace} environment={environment} />
          <Variables workspace={workspace} environment={environment.key} />
          <OutOfUse workspace={workspace} environment={environment} list={list} />
        </div>
      </div>
    </div>
  );
}

function SettingsForm({ workspace, environment, list }: PartsProps) {
  const edit = useMay("environment:edit", workspace);
  const save = useSaveEnvironment(workspace, environment.key);
  const before = formOf(environment);
  const [form, setForm] = useState(before);
  const changes = changesOf(before, form);
  const changed = Object.keys(changes).length > 0;
  const ready = changed && isComplete(form, false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready && !save.isPending) save.mutate(changes);
  };
  const problem = besideFields(save.error, FIELDS);
  return (
    <Section title="Settings">
      <form onSubmit={submit}>
        <LeaveGuard when={changed && !save.isPending} />
        <fieldset disabled={!edit.may}>
          <EnvironmentFields form={form} onChange={setForm} list={list} isNew={false} error={save.error} />
        </fieldset>
        {problem ? <ErrorState compact title="Nothing was saved" error={problem} /> : null}
        <div className="mt-3 flex items-center gap-3">
          <Button type="submit" look="primary" disabled={!ready || save.isPending} denied={edit.why}>
            {save.isPending ? "Saving" : "Save"}
          </Button>
          {edit.why ? <span className="text-xs text-muted">{edit.why}</span> : null}
        </div>
      </form>
    </Section>
  );
}

/** Archiving can be undone; deleting is for what was never used. */
function OutOfUse({ workspace, environment, list }: PartsProps) {
  const edit = useMay("environment:edit", workspace);
  const save = useSaveEnvironment(workspace, environment.key);
  const [deleting, setDeleting] = useState(false);
  const archived = environment.archived_at !== null;
  const kept = environment.is_default ? "The default environment stays in use." : null;
  const named = list.repository_targets.includes(environment.key)
    ? "It is a target of the repository's profile, and would be there again at once."
    : null;
  return (
    <Section title="Out of use">
      <p className="mb-2 text-sm text-muted">
        {archived
          ? "It is archived: its catalog and history can be read."
          : "In an archived environment nothing is run. Its catalog and history stay."}{" "}
        One in which nothing ever happened can be deleted.
      </p>
      <div className="flex flex-wrap gap-2">
        <Button
          denied={edit.why ?? (archived ? null : kept)}
          disabled={save.isPending}
          onClick={() => save.mutate({ archived: !archived })}
        >
          {archived ? "Take into use again" : "Archive"}
        </Button>
        <Button denied={edit.why ?? kept ?? named} onClick={() => setDeleting(true)}>
          Delete
        </Button>
      </div>
      {save.isError ? <ErrorState compact title="Nothing has changed" error={save.error} /> : null}
      {deleting ? (
        <Delete workspace={workspace} environment={environment} onClose={() => setDeleting(false)} />
      ) : null}
    </Section>
  );
}

function Delete({
  workspace,
  environment,
  onClose,
}: {
  workspace: string;
  environment: Environment;
  onClose: () => void;
}) {
  const remove = useDeleteEnvironment(workspace, environment.key);
  const navigate = useNavigate();
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Delete ${environment.name}?`}
      action="Delete it"
      typed={environment.key}
      busy={remove.isPending}
      onConfirm={() => remove.mutate(undefined, { onSuccess: () => navigate(paths.environments(workspace)) })}
    >
      <p>
        Its settings, its profile, its variables and its secrets are gone then, and cannot be brought back.
      </p>
      {remove.isError ? <ErrorState compact title="It was not deleted" error={remove.error} /> : null}
    </Confirm>
  );
}
