import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Outlet, useMatch, useOutletContext, useParams } from "react-router";
import { ApiError } from "@/api/errors";
import type { Workspace } from "@/api/types";
import { ButtonLink } from "@/components/ui/button";
import { EmptyState, Notice, QueryView } from "@/components/ui/feedback";
import { PageHeader } from "@/components/ui/page";
import { Ago } from "@/components/ui/time";
import { AsOfBanner } from "@/features/snapshots/as-of";
import { BrokenPanel, FirstParsePanel, OutdatedCatalogNotice } from "@/features/workspaces/broken-panel";
import { workspaceQuery } from "@/features/workspaces/queries";
import { paths } from "@/lib/paths";
import { remember } from "@/lib/storage";

/** The workspace of the address, for the pages inside it. */
export const useWorkspace = () => useOutletContext<Workspace>();

export function WorkspaceRoute() {
  const { workspace: key = "" } = useParams();
  const workspace = useQuery(workspaceQuery(key));
  useEffect(() => {
    if (workspace.data) remember("workspace", workspace.data.key);
  }, [workspace.data]);
  if (workspace.error instanceof ApiError && workspace.error.status === 404)
    return <NoSuchWorkspace workspace={key} />;
  return (
    <div className="h-full [&>div]:h-full">
      <QueryView query={workspace} what="this workspace">
        {(data) => <WorkspacePages workspace={data} />}
      </QueryView>
    </div>
  );
}

/** Runs, artifacts, environments, notifications and settings can be seen in any state; the other pages need a catalog, and say so when there is none. */
function WorkspacePages({ workspace }: { workspace: Workspace }) {
  const onRuns = useMatch("/w/:workspace/runs/*") !== null;
  const onSettings = useMatch("/w/:workspace/settings") !== null;
  const onArtifacts = useMatch("/w/:workspace/artifacts") !== null;
  const onEnvironments = useMatch("/w/:workspace/environments/*") !== null;
  const onNotifications = useMatch("/w/:workspace/notifications") !== null;
  const elsewhere = onRuns || onSettings || onArtifacts || onEnvironments || onNotifications;
  const hasCatalog = workspace.manifest_at !== null;
  if (!elsewhere && !hasCatalog) {
    return (
      <>
        <PageHeader crumbs={[]} title={workspace.name} />
        <NothingRead workspace={workspace} />
      </>
    );
  }
  return (
    <div className="flex h-full flex-col">
      {workspace.archived_at === null ? null : (
        <div className="px-5 pt-3 max-md:px-3">
          <Notice tone="unknown">
            This workspace was archived <Ago at={workspace.archived_at} />: it can be read, and nothing in it
            changes.
          </Notice>
        </div>
      )}
      {workspace.state === "broken" && hasCatalog ? <OutdatedCatalogNotice workspace={workspace} /> : null}
      <AsOfBanner workspace={workspace.key} />
      <div className="min-h-0 flex-1">
        <Outlet context={workspace} />
      </div>
    </div>
  );
}

function NothingRead({ workspace }: { workspace: Workspace }) {
  if (!workspace.has_project) return <NoProject workspace={workspace} />;
  if (workspace.state === "broken") return <BrokenPanel workspace={workspace} />;
  return <FirstParsePanel workspace={workspace} />;
}

function NoProject({ workspace }: { workspace: Workspace }) {
  return (
    <EmptyState
      title="This workspace has no dbt project"
      action={
        <>
          <ButtonLink look="primary" to={paths.artifacts(workspace.key)}>
            Bring artifacts
          </ButtonLink>
          <ButtonLink to={paths.settings(workspace.key)}>Settings</ButtonLink>
        </>
      }
    >
      It was made without a project folder, so nothing can be run here. Models, tests and lineage appear here
      when the artifacts of a project are brought to it.
    </EmptyState>
  );
}

function NoSuchWorkspace({ workspace }: { workspace: string }) {
  return (
    <>
      <PageHeader crumbs={[]} title="No such workspace" />
      <EmptyState
        title={`There is no workspace ${workspace}`}
        action={<ButtonLink to="/">Go to your workspaces</ButtonLink>}
      >
        It does not exist, or you are not a member of it. An admin of the workspace can add you.
      </EmptyState>
    </>
  );
}
