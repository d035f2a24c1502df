import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Run, RunNode } from "@/api/types";
import { Notice, QueryView } from "@/components/ui/feedback";
import { Tabs } from "@/components/ui/tabs";
import { cn } from "@/lib/cn";
import { useMedia } from "@/lib/hooks";
import { isActive, runStatus } from "@/lib/status";
import { patched, useUrlState } from "@/lib/url-state";
import { Artifacts } from "./artifacts";
import { artifactsQuery, runNodesQuery } from "./queries";
import { RunLog } from "./run-log";
import { FirstFailure, RunNodes } from "./run-nodes";
import { RunSteps } from "./run-steps";
import { firstFailure, hasFailed } from "./timeline";
import { useRunLog } from "./use-run-log";

/** Results at the left, the log beside them; one after the other where there is no room. */
export function RunBody({ workspace, run }: { workspace: string; run: Run }) {
  const active = isActive(run.status);
  const wide = useMedia("(min-width: 1100px)");
  const { params } = useUrlState();
  const nodes = useQuery(runNodesQuery(workspace, run.run_id, active));
  const artifacts = useQuery(artifactsQuery(workspace, run.run_id));
  const log = useRunLog(workspace, run.run_id);
  const view = viewOf(params.get("view"), wide);
  const step = Number(params.get("step")) || null;
  const ofStep = (items: RunNode[]) => (step === null ? items : items.filter((node) => node.step === step));

  const to = (key: string) => `?${patched(params, { view: key === "nodes" ? null : key })}`;
  const tabs = [
    {
      key: "nodes",
      label: "Nodes",
      to: to("nodes"),
      count: nodes.data ? ofStep(nodes.data.items).length : undefined,
    },
    ...(wide ? [] : [{ key: "log", label: "Log", to: to("log") }]),
    { key: "artifacts", label: "Artifacts", to: to("artifacts"), count: artifacts.data?.items.length },
  ];
  const logPanel = <RunLog runId={run.run_id} log={log} active={active} empty={waitingWords(run)} />;
  const views: Record<string, ReactNode> = {
    nodes: (
      <QueryView query={nodes} what="the nodes of this run" compact>
        {(data) => <RunNodes workspace={workspace} nodes={ofStep(data.items)} active={active} />}
      </QueryView>
    ),
    log: logPanel,
    artifacts: <Artifacts workspace={workspace} runId={run.run_id} query={artifacts} active={active} />,
  };
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <RunSteps run={run} />
      <Outcome run={run} nodes={nodes.data?.items ?? []} />
      <div className={cn("flex flex-1 border-t", wide ? "min-h-80" : "min-h-[75dvh]")}>
        <div className="flex min-w-0 flex-1 flex-col [&>div]:min-h-0">
          <Tabs label="Parts of this run" tabs={tabs} active={view} />
          <div className="flex-1 overflow-hidden *:h-full">{views[view]}</div>
        </div>
        {wide ? <div className="w-1/2 min-w-0 border-l">{logPanel}</div> : null}
      </div>
    </div>
  );
}

function viewOf(asked: string | null, wide: boolean): "nodes" | "log" | "artifacts" {
  if (asked === "artifacts") return "artifacts";
  return asked === "log" && !wide ? "log" : "nodes";
}

function waitingWords(run: Run): string {
  if (run.status === "queued") return "The run waits to start. Its log appears here.";
  if (run.status === "starting") return "The run is starting. Its log appears here.";
  return "No log line so far.";
}

/** What went wrong, or what is being waited for, in words. */
function Outcome({ run, nodes }: { run: Run; nodes: RunNode[] }) {
  const { patch } = useUrlState();
  const failure = firstFailure(nodes);
  if (failure) {
    const open = () => patch({ node: failure.unique_id, view: null }, { replace: true });
    return (
      <div className="px-5 pb-3 max-md:px-3">
        <FirstFailure node={failure} total={nodes.filter(hasFailed).length} onOpen={open} />
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
