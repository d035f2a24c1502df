import { useQuery } from "@tanstack/react-query";
import { runOptionsQuery } from "@/api/run-queries";
import type { Job } from "@/api/types";
import { CommandLines } from "@/components/steps/steps-editor";
import { QueryView } from "@/components/ui/feedback";
import { stepsAsTyped } from "@/lib/steps";

/** The steps as one would type them. */
export function StepLines({ workspace, steps }: { workspace: string; steps: Job["steps"] }) {
  const options = useQuery(runOptionsQuery(workspace));
  const goesOn = steps.flatMap((step, index) => (step.on_failure === "continue" ? [index + 1] : []));
  return (
    <>
      <QueryView query={options} what="the commands" compact>
        {(known) => <CommandLines steps={stepsAsTyped(steps)} options={known} />}
      </QueryView>
      {goesOn.length > 0 ? (
        <p className="mt-1 text-xs text-muted">
          Should step {goesOn.join(", ")} fail, those behind it run all the same.
        </p>
      ) : null}
    </>
  );
}
