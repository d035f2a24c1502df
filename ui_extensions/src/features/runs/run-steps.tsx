import type { Run } from "@/api/types";
import { StatusMark } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { formatDuration } from "@/lib/format";
import { nodeStatus } from "@/lib/status";
import { secondsBetween } from "@/lib/time";
import { useUrlState } from "@/lib/url-state";

/** The commands of a run of several: how each ended, and choosing one shows only its nodes and its log. */
export function RunSteps({ run }: { run: Run }) {
  const { params, patch } = useUrlState();
  if (run.steps.length < 2) return null;
  const chosen = Number(params.get("step")) || null;
  return (
    <ol className="flex flex-wrap gap-1.5 px-5 pb-3 max-md:px-3" aria-label="Steps">
      {run.steps.map((step) => {
        const status = nodeStatus(step.status);
        const seconds = step.finished_at ? secondsBetween(step.started_at, step.finished_at, 0) : null;
        return (
          <li key={step.index}>
            <button
              type="button"
              aria-pressed={chosen === step.index}
              title={step.message ?? status.label}
              onClick={() =>
                patch(
                  { step: chosen === step.index ? null : step.index, cursor: null, page: null },
                  { replace: true },
                )
              }
              className={cn(
                "inline-flex min-h-7 items-center text-left gap-1.5 rounded-md border px-2 text-xs",
                chosen === step.index ? "border-accent bg-accent-soft" : "hover:bg-hover",
              )}
            >
              <StatusMark tone={status.tone} size={12} title={status.label} />
              <span className="line-clamp-2 font-mono break-all">{step.display}</span>
              {seconds === null ? (
                <span className="text-faint">{status.label.toLowerCase()}</span>
              ) : (
                <span className="text-faint">{formatDuration(seconds)}</span>
              )}
            </button>
          </li>
        );
      })}
    </ol>
  );
}
