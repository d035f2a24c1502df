import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Run } from "@/api/types";
import { Notice } from "@/components/ui/feedback";
import { Tabs } from "@/components/ui/tabs";
import { cn } from "@/lib/cn";
import { useMedia } from "@/lib/hooks";
import { isActive, runStatus } from "@/lib/status";
import { patched, useUrlState } from "@/lib/url-state";
import { Artifacts } from "./artifacts";
import { artifactsQuery, causesQuery } from "./queries";
import { Causes } from "./run-causes";
import { RunCompare } from "./run-compare";
import { RunLog } from "./run-log";
import { RunNodes } from "./run-nodes";
import { RunSteps } from "./run-steps";
import { RunTimeline } from "./run-timeline";
import { hasFailed } from "./timeline";
import { useRunLog } from "./use-run-log";

const VIEWS = ["nodes", "timeline", "compare", "artifacts", "log"] as const;
type ViewName = (typeof VIEWS)[number];

/** Results at the left, the log beside them; one after the other where there is no room. */
export function RunBody({ run }: { run: Run }) {
  const active = isActive(run.status);
  const wide = useMedia("(min-width: 1100px)");
  const { params } = useUrlState();
  const artifacts = useQuery(artifactsQuery(run.workspace, run.run_id));
  const log = useRunLog(run.workspace, run.run_id);
  const view = viewOf(params.get("view"), wide);
  const total = Object.values(run.node_counts).reduce((sum, count) => sum + count, 0);

  const to = (key: string) => `?${patched(params, { view: key === "nodes" ? null : key })}`;
  const tabs = [
    { key: "nodes", label: "Nodes", to: to("nodes"), count: total || undefined },
    { key: "timeline", label: "Timeline", to: to("timeline") },
    { key: "compare", label: "Compare", to: to("compare") },
    ...(wide ? [] : [{ key: "log", label: "Log", to: to("log") }]),
    { key: "artifacts", label: "Artifacts", to: to("artifacts"), count: artifacts.data?.items.length },
  ];
  const logPanel = <RunLog runId={run.run_id} log={log} active={active} empty={waitingWords(run)} />;
  const views: Record<ViewName, () => ReactNode> = {
    nodes: () => <RunNodes run={run} />,
    timeline: () => <RunTimeline run={run} />,
    compare: () => <RunCompare run={run} />,
    log: () => logPanel,
    artifacts: () => (
      <Artifacts workspace={run.workspace} runId={run.run_id} query={artifacts} active={active} />
    ),
  };
  // A picture of the time wants the whole width.
  const beside = wide && view !== "timeline";
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <RunSteps run={run} />
      <Outcome run={run} />
      <div className={cn("flex flex-1 border-t", wide ? "min-h-80" : "min-h-[75dvh]")}>
        <div className="flex min-w-0 flex-1 flex-col [&>div]:min-h-0">
          <Tabs label="Parts of this run" tabs={tabs} active={view} />
          <div className="flex-1 overflow-hidden *:h-full">{views[view]()}</div>
        </div>
        {beside ? <div className="w-[45%] min-w-0 border-l">{logPanel}</div> : null}
      </div>
    </div>
  );
}

function viewOf(asked: string | null, wide: boolean): ViewName {
  const known = VIEWS.find((name) => name === asked) ?? "nodes";
  return known === "log" && wide ? "nodes" : known;
}

function waitingWords(run: Run): string {
  if (run.status === "queued") return "The run waits to start. Its log appears here.";
  if (run.status === "starting") return "The run is starting. Its log appears here.";
  return "No log line so far.";
}

/** What went wrong, or what is being waited for, in words. */
function Outcome({ run }: { run: Run }) {
  const active = isActive(run.status);
  const bad = Object.entries(run.node_counts).some(
    ([status, count]) => count > 0 && (status === "skipped" || hasFailed({ status })),
  );
  const causes = useQuery({ ...causesQuery(run.workspace, run.run_id, active), enabled: bad });
  if (bad && causes.data && causes.data.failed_total + causes.data.skipped_total > 0) {
    return (
      <div className="px-5 pb-3 max-md:px-3">
        <Causes run={run} causes={causes.data} />
      </div>
    );
  }
  if (!run.status_message) return null;
  const tone = runStatus(run.status).tone;
  return (
    <div className="px-5 pb-3 max-md:px-3">
      <Notice tone={tone === "ok" ? "unknown" : tone}>
        <span className="whitespace-pre-wrap">{run.status_message}</span>
      </Notice>
    </div>
  );
}
