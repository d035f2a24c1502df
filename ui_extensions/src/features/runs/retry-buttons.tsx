import { RotateCcw } from "lucide-react";
import { useNavigate } from "react-router";
import { useMay } from "@/api/access";
import type { Run } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { ErrorState } from "@/components/ui/feedback";
import { paths } from "@/lib/paths";
import { type RetryWhat, useRetryRun } from "./queries";

const ALL = "A new run of the same commands, in the same environment.";
const FAILED =
  "A new run of what failed, was skipped or never ran, in the same environment. What succeeded is not run again.";

/** Do a run that has ended again, and lead to the run that does it. */
export function RetryButtons({ run }: { run: Run }) {
  const may = useMay("run:start", run.workspace);
  const retry = useRetryRun(run.workspace, run.run_id);
  const navigate = useNavigate();
  const ask = (what: RetryWhat) =>
    retry.mutate(what, { onSuccess: (next) => void navigate(paths.run(run.workspace, next.run_id)) });
  const asked = { disabled: retry.isPending, denied: may.why };
  return (
    <>
      <Button {...asked} title={ALL} onClick={() => ask("all")}>
        <RotateCcw size={14} aria-hidden />
        Retry all
      </Button>
      {run.status === "success" ? null : (
        <Button {...asked} look="primary" title={FAILED} onClick={() => ask("failed")}>
          <RotateCcw size={14} aria-hidden />
          Retry what failed
        </Button>
      )}
      <Dialog open={retry.isError} onClose={retry.reset} title="No run was started">
        <div className="px-4 pb-4">
          <ErrorState compact title="It cannot be retried so" error={retry.error} />
          <div className="flex justify-end">
            <Button onClick={retry.reset}>Close</Button>
          </div>
        </div>
      </Dialog>
    </>
  );
}
