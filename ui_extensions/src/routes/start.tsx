import { useQuery } from "@tanstack/react-query";
import { Navigate } from "react-router";
import { useMe } from "@/api/session";
import type { Me } from "@/api/types";
import { Button, ButtonLink } from "@/components/ui/button";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { useLogOut } from "@/features/access/use-log-out";
import { workspacesQuery } from "@/features/workspaces/queries";
import { paths } from "@/lib/paths";
import { recall } from "@/lib/storage";

/** "/" leads to the workspace one was in last, or else to the first. */
export function Start() {
  const workspaces = useQuery(workspacesQuery);
  const me = useMe();
  return (
    <main className="pt-10">
      <title>dbt Workbench</title>
      <QueryView
        query={workspaces}
        what="the workspaces"
        skeleton={<p className="after-a-moment p-10">Loading</p>}
      >
        {({ items }) => {
          const named = (key: string | null | undefined) => items.find((item) => item.key === key);
          const target =
            named(recall("workspace")) ??
            named(me?.default_workspace) ??
            items.find((item) => item.state === "ready") ??
            items[0];
          if (target) return <Navigate to={paths.dashboard(target.key)} replace />;
          return <NoWorkspace me={me} />;
        }}
      </QueryView>
    </main>
  );
}

/** Nothing to see yet: what it takes, by who one is. */
function NoWorkspace({ me }: { me: Me | null }) {
  const logOut = useLogOut();
  if (me?.kind !== "person") {
    return (
      <EmptyState
        title="There is no workspace yet"
        action={<ButtonLink to={paths.workspaces()}>Create one</ButtonLink>}
      >
        A workspace is a dbt project. Name one on the command line with{" "}
        <code className="font-mono text-sm">workbench up --project PATH</code>, then reload this page.
      </EmptyState>
    );
  }
  if (me.is_instance_admin) {
    return (
      <EmptyState
        title="There is no workspace yet"
        action={
          <ButtonLink look="primary" to={paths.workspaces()}>
            Create the first
          </ButtonLink>
        }
      >
        A workspace is a dbt project with its own members.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="You are in no workspace yet"
      action={
        <>
          <ButtonLink to={paths.profile()}>Your profile</ButtonLink>
          <Button onClick={() => logOut.mutate()}>Log out</Button>
        </>
      }
    >
      Ask an admin of a workspace to add <strong className="font-medium text-ink">{me.username}</strong> as a
      member, then reload this page.
    </EmptyState>
  );
}
