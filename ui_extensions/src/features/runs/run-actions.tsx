import { ExternalLink, RotateCw, Square } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/api/access";
import type { Run } from "@/api/types";
import { Button, ButtonAnchor, ButtonLink } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { ErrorState } from "@/components/ui/feedback";
import { paths } from "@/lib/paths";
import { isActive } from "@/lib/status";
import { useCancelRun } from "./queries";

/** What can be done with a run, in the head of its page. */
export function RunActions({ run }: { run: Run }) {
  const { workspace } = run;
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
