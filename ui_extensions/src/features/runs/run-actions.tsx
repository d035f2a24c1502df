import { ExternalLink, RotateCw } from "lucide-react";
import { useMay } from "@/api/access";
import type { Run } from "@/api/types";
import { ButtonAnchor, ButtonLink } from "@/components/ui/button";
import { paths } from "@/lib/paths";
import { isActive } from "@/lib/status";
import { CancelButton } from "./cancel-button";
import { RetryButtons } from "./retry-buttons";

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
        <CancelButton run={run} />
      ) : (
        <>
          <ButtonLink denied={start.why} to={paths.runs(workspace, { new: 1, again: run.run_id })}>
            <RotateCw size={14} aria-hidden />
            Run again
          </ButtonLink>
          <RetryButtons run={run} />
        </>
      )}
    </>
  );
}
