import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import type { Run, Workspace } from "@/api/types";
import { Dialog } from "@/components/ui/dialog";
import { QueryView } from "@/components/ui/feedback";
import { paths } from "@/lib/paths";
import { stepFromAddress, stepsAsTyped } from "@/lib/steps";
import { useUrlState } from "@/lib/url-state";
import { NewRunDialog } from "./new-run-dialog";
import { runQuery } from "./queries";

const CLOSED = { new: null, again: null, command: null, select: null, exclude: null, full_refresh: null };

/** The dialog as the address asks for it: empty, filled in, or as an earlier run was. */
export function NewRun({ workspace }: { workspace: Workspace }) {
  const { params, patch } = useUrlState();
  const close = () => patch(CLOSED, { replace: true });
  const start = useMay("run:start", workspace.key);
  if (start.why) {
    return (
      <Dialog open onClose={close} title="New run">
        <p className="px-4 pt-1 pb-4 text-muted">
          {start.why}{" "}
          <Link to={paths.roles()} className="text-accent hover:underline">
            What roles may do
          </Link>
        </p>
      </Dialog>
    );
  }
  const again = params.get("again");
  if (again) return <RunAgain workspace={workspace} runId={again} onClose={close} />;
  const initial = { steps: [stepFromAddress(params)], environment: params.get("environment") };
  return (
    <NewRunDialog
      workspace={workspace.key}
      environments={workspace.environments}
      initial={initial}
      onClose={close}
    />
  );
}

function RunAgain({
  workspace,
  runId,
  onClose,
}: {
  workspace: Workspace;
  runId: string;
  onClose: () => void;
}) {
  const run = useQuery(runQuery(workspace.key, runId));
  if (!run.data) {
    return (
      <Dialog open wide onClose={onClose} title="Run again">
        <QueryView query={run} what="the run" compact>
          {() => null}
        </QueryView>
      </Dialog>
    );
  }
  return (
    <NewRunDialog
      workspace={workspace.key}
      environments={workspace.environments}
      initial={{ steps: stepsAsTyped(run.data.steps), environment: environmentOf(run.data, workspace) }}
      onClose={onClose}
    />
  );
}

function environmentOf(run: Run, workspace: Workspace): string | null {
  return workspace.environments.some((environment) => environment.key === run.environment)
    ? run.environment
    : null;
}
