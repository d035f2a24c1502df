import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { Outlet, useMatch, useOutletContext, useParams } from "react-router";
import { ApiError } from "@/api/errors";
import type { Workspace } from "@/api/types";
import { ButtonLink } from "@/components/ui/button";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { PageHeader } from "@/components/ui/page";
import { BrokenPanel, FirstParsePanel, OutdatedCatalogNotice } from "@/features/workspaces/broken-panel";
import { workspaceQuery } from "@/features/workspaces/queries";
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

/** Runs can be seen in any state; the other pages need a catalog, and say so when there is none. */
function WorkspacePages({ workspace }: { workspace: Workspace }) {
  const onRuns = useMatch("/w/:workspace/runs/*") !== null;
  const hasCatalog = workspace.manifest_at !== null;
  if (!onRuns && !hasCatalog) {
    return (
      <>
        <PageHeader crumbs={[]} title={workspace.name} />
        {workspace.state === "broken" ? (
          <BrokenPanel workspace={workspace} />
        ) : (
          <FirstParsePanel workspace={workspace} />
        )}
      </>
    );
  }
  return (
    <div className="flex h-full flex-col">
      {workspace.state === "broken" && hasCatalog ? <OutdatedCatalogNotice workspace={workspace} /> : null}
      <div className="min-h-0 flex-1">
        <Outlet context={workspace} />
      </div>
    </div>
  );
}

function NoSuchWorkspace({ workspace }: { workspace: string }) {
  return (
    <>
      <PageHeader crumbs={[]} title="No such workspace" />
      <EmptyState
        title={`There is no workspace ${workspace}`}
        action={<ButtonLink to="/">Go to the first workspace</ButtonLink>}
      >
        It may have been renamed, or you may not be allowed to see it.
      </EmptyState>
    </>
  );
}
