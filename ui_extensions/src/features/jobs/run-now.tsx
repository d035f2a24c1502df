import { Play } from "lucide-react";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import { ApiError } from "@/api/errors";
import type { Job, Run } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Confirm, Dialog } from "@/components/ui/dialog";
import { ErrorState } from "@/components/ui/feedback";
import { paths } from "@/lib/paths";
import { useRunJob } from "./queries";

interface RunNowProps {
  workspace: string;
  job: Job;
  onStarted: (run: Run) => void;
  primary?: boolean;
}

/** Runs a job now. Where its rule is to skip and one goes on, it asks whether to run beside it. */
export function RunNow({ workspace, job, onStarted, primary = false }: RunNowProps) {
  const start = useMay("run:start", workspace);
  const run = useRunJob(workspace);
  const archived = job.archived_at === null ? null : "The job is archived: restore it first.";
  const ask = (force: boolean) => run.mutate({ job: job.key, force }, { onSuccess: onStarted });
  const beside = goingOn(run.error);
  return (
    <>
      <Button
        look={primary ? "primary" : "plain"}
        denied={start.why ?? archived}
        disabled={run.isPending}
        aria-label={primary ? undefined : `Run ${job.name} now`}
        onClick={() => ask(false)}
      >
        <Play size={14} aria-hidden />
        {run.isPending ? "Starting" : "Run now"}
      </Button>
      {run.isError && beside === null ? (
        <Dialog open onClose={run.reset} title={`${job.name} was not run`}>
          <ErrorState compact title="No run was asked for" error={run.error} />
        </Dialog>
      ) : null}
      <Confirm
        open={beside !== null}
        onClose={run.reset}
        title={`Run ${job.name} beside the run that goes on?`}
        action="Run beside it"
        keep="Not now"
        busy={run.isPending}
        onConfirm={() => ask(true)}
      >
        <p>{run.error?.message}</p>
        <p className="mt-1">
          The rule of this job is to skip what comes meanwhile. Two runs at once may write to the same tables.
        </p>
        {beside ? (
          <Link className="text-accent underline" to={paths.run(workspace, beside)}>
            The run that goes on
          </Link>
        ) : null}
      </Confirm>
    </>
  );
}

/** The run that keeps another one from being started; null for any other error. */
function goingOn(error: unknown): string | null {
  if (!(error instanceof ApiError) || error.status !== 409) return null;
  return error.details.find((one) => one.field === "run")?.message ?? null;
}
