import { useQuery } from "@tanstack/react-query";
import { Navigate } from "react-router";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { workspacesQuery } from "@/features/workspaces/queries";
import { paths } from "@/lib/paths";
import { recall } from "@/lib/storage";

/** "/" leads to the workspace one was in last, or else to the first. */
export function Start() {
  const workspaces = useQuery(workspacesQuery);
  return (
    <main className="pt-10">
      <title>dbt Workbench</title>
      <QueryView
        query={workspaces}
        what="the workspaces"
        skeleton={<p className="after-a-moment p-10">Loading</p>}
      >
        {({ items }) => {
          const last = items.find((item) => item.key === recall("workspace"));
          const target = last ?? items.find((item) => item.state === "ready") ?? items[0];
          if (target) return <Navigate to={paths.dashboard(target.key)} replace />;
          return (
            <EmptyState title="There is no workspace yet">
              A workspace is a dbt project. Name one on the command line with{" "}
              <code className="font-mono text-sm">workbench up --project PATH</code>, then reload this page.
            </EmptyState>
          );
        }}
      </QueryView>
    </main>
  );
}
