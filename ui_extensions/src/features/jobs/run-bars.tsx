import { Link } from "react-router";
import type { JobRun } from "@/api/types";
import { toneFill } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { plural } from "@/lib/format";
import { useNow } from "@/lib/hooks";
import { paths } from "@/lib/paths";
import { runStatus } from "@/lib/status";
import { heightsOf, runWords } from "./words";

const MINUTE = 60_000;

interface RunBarsProps {
  workspace: string;
  /** Newest first; null while nobody knows. */
  runs: JobRun[] | null;
  name: string;
}

/** The latest runs, oldest at the left: how long each took as its height, how it ended as its colour. */
export function RunBars({ workspace, runs, name }: RunBarsProps) {
  const now = useNow(MINUTE);
  if (runs === null) return <span className="text-faint">not known: Dagster does not answer</span>;
  if (runs.length === 0) return <span className="text-faint">never run</span>;
  const shown = [...runs].reverse();
  const heights = heightsOf(shown);
  return (
    <ol aria-label={`Last ${plural(runs.length, "run")} of ${name}`} className="flex h-7 items-end gap-px">
      {shown.map((run, index) => {
        const words = runWords(run, now);
        return (
          <li key={run.run_id} className="h-full">
            <Link
              to={paths.run(workspace, run.run_id)}
              title={words}
              aria-label={words}
              className="flex h-full w-2 items-end hover:bg-hover"
            >
              <span
                className={cn("block w-full rounded-t-xs", toneFill(runStatus(run.status).tone))}
                style={{ height: `${Math.round(100 * (heights[index] ?? 0))}%` }}
              />
            </Link>
          </li>
        );
      })}
    </ol>
  );
}
