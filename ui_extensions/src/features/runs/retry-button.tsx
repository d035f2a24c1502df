import { useMutation, useQueryClient } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useMay } from "@/api/access";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import type { Run } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { ErrorState } from "@/components/ui/feedback";
import { paths } from "@/lib/paths";

type What = "failed" | "all";

function useRetryRun(workspace: string, runId: string) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (what: What) =>
      unwrap(
        client.POST("/api/workspaces/{workspace}/runs/{run_id}/retry", {
          params: { path: { workspace, run_id: runId } },
          body: { what },
        }),
      ),
    onSuccess: (run) => {
      queries.setQueryData(keys.run(workspace, run.run_id), run);
      void queries.invalidateQueries({ queryKey: keys.runs(workspace) });
    },
  });
}

/** Asks which part of a run is to be done again, and leads to the run that does it. */
export function RetryButton({ workspace, run }: { workspace: string; run: Run }) {
  const [asking, setAsking] = useState(false);
  const may = useMay("run:start", workspace);
  const retry = useRetryRun(workspace, run.run_id);
  const navigate = useNavigate();
  const close = () => {
    setAsking(false);
    retry.reset();
  };
  const ask = (what: What) =>
    retry.mutate(what, {
      onSuccess: (next) => {
        close();
        void navigate(paths.run(workspace, next.run_id));
      },
    });
  return (
    <>
      <Button denied={may.why} onClick={() => setAsking(true)}>
        <RotateCcw size={14} aria-hidden />
        Retry
      </Button>
      <Dialog
        open={asking}
        onClose={close}
        title="Retry this run"
        description="A new run with the same options, in the same environment."
      >
        <div className="flex flex-col gap-3 px-4 pt-3 pb-4">
          {retry.error ? <ErrorState compact title="The run was not started" error={retry.error} /> : null}
          <p className="text-sm text-muted">
            What succeeded is not run again, unless you want all of it. A test that failed is run again, and
            so is what it held up.
          </p>
          <div className="flex flex-wrap justify-end gap-2">
            <Button onClick={close}>Not now</Button>
            <Button disabled={retry.isPending} onClick={() => ask("all")}>
              Run all of it
            </Button>
            <Button look="primary" disabled={retry.isPending} onClick={() => ask("failed")}>
              Only what failed or was skipped
            </Button>
          </div>
        </div>
      </Dialog>
    </>
  );
}
