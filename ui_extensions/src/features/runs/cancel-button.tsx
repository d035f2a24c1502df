import { Square } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/api/access";
import type { Run } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { ErrorState } from "@/components/ui/feedback";
import { useCancelRun } from "./queries";

/** Ends a run, after asking. `named`: where there are several, the button says which run it is about. */
export function CancelButton({ run, named = false }: { run: Run; named?: boolean }) {
  const [asking, setAsking] = useState(false);
  const cancel = useCancelRun(run.workspace, run.run_id);
  const may = useMay("run:cancel", run.workspace);
  const words = run.status === "cancelling" ? "Cancelling" : "Cancel";
  return (
    <>
      <Button
        denied={may.why}
        onClick={() => setAsking(true)}
        disabled={!run.can_cancel || cancel.isPending}
        {...(named ? { "aria-label": `${words} run ${run.run_id.slice(0, 8)}` } : {})}
      >
        <Square size={13} aria-hidden />
        {words}
      </Button>
      <Confirm
        open={asking}
        onClose={() => setAsking(false)}
        title="Cancel this run?"
        action="Cancel the run"
        busy={cancel.isPending}
        onConfirm={() => cancel.mutate(undefined, { onSuccess: () => setAsking(false) })}
      >
        {run.status === "queued" ? (
          <p>It leaves the queue, and dbt is not started.</p>
        ) : (
          <p>
            dbt is stopped, and so are its queries in the warehouse. Nodes that are done stay as they are.
          </p>
        )}
        {cancel.isError ? (
          <ErrorState compact title="The run was not cancelled" error={cancel.error} />
        ) : null}
      </Confirm>
    </>
  );
}
