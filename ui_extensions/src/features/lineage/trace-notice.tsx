import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { useMay } from "@/api/access";
import { describeError } from "@/api/errors";
import { traceQuery, useTraceAgain } from "@/api/lineage-queries";
import type { TraceState } from "@/api/lineage-types";
import { Button } from "@/components/ui/button";
import { ShareBar } from "@/components/ui/coverage";
import { Notice } from "@/components/ui/feedback";
import { formatNumber } from "@/lib/format";
import { useReading } from "@/lib/reading";

/** The newest that is known of tracing; when it is done, what is shown of lineage is asked for anew. */
export function useTrace(workspace: string, told: TraceState | undefined): TraceState | undefined {
  const reading = useReading();
  const queries = useQueryClient();
  const moving = told !== undefined && told.state !== "done" && told.state !== "never";
  const asked = useQuery({ ...traceQuery(workspace, reading), enabled: moving });
  const state = asked.data?.state;
  const before = useRef(state);
  useEffect(() => {
    const ended = before.current === "running" || before.current === "waiting";
    before.current = state;
    if (ended && (state === "done" || state === "failed"))
      void queries.invalidateQueries({ queryKey: ["workspace", workspace, "lineage"] });
  }, [state, queries, workspace]);
  return moving ? (asked.data ?? told) : told;
}

interface TraceNoticeProps {
  workspace: string;
  trace: TraceState | undefined;
  className?: string;
}

/** Where tracing columns stands, unless all is as it should be. */
export function TraceNotice({
  workspace,
  trace: told,
  className = "px-5 pb-2 max-md:px-3",
}: TraceNoticeProps) {
  const trace = useTrace(workspace, told);
  const past = useReading().snapshot !== "";
  if (!trace || (trace.state === "done" && (trace.current || past))) return null;
  return (
    <div className={className}>
      <TraceWords workspace={workspace} trace={trace} />
    </div>
  );
}

export function TraceWords({ workspace, trace }: { workspace: string; trace: TraceState }) {
  if (trace.state === "failed") return <Failed workspace={workspace} trace={trace} />;
  if (trace.state === "running") return <Running trace={trace} />;
  if (trace.state === "waiting") {
    return (
      <Notice tone="running">
        Columns wait to be read. What is shown of them{" "}
        {trace.snapshot === null ? "will come" : "is of an earlier snapshot"}.
      </Notice>
    );
  }
  if (trace.state === "never") {
    return (
      <Notice tone="unknown">
        Columns have never been read here, so where they come from is not known. They are read when a catalog
        comes in, by a run or with artifacts.
      </Notice>
    );
  }
  return (
    <Notice tone="unknown">
      The columns shown are of an earlier snapshot; the newest one has not been read yet.
    </Notice>
  );
}

function Running({ trace }: { trace: TraceState }) {
  return (
    <Notice tone="running">
      <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
        <span>
          Columns are being read: {formatNumber(trace.done)} of {formatNumber(trace.total)} nodes
          {trace.snapshot === null ? "" : "; what is shown is of an earlier snapshot"}.
        </span>
        <span
          role="progressbar"
          aria-label="Nodes read"
          aria-valuemin={0}
          aria-valuemax={trace.total}
          aria-valuenow={trace.done}
          className="w-40"
        >
          <ShareBar part={trace.done} total={trace.total} />
        </span>
      </span>
    </Notice>
  );
}

function Failed({ workspace, trace }: { workspace: string; trace: TraceState }) {
  const may = useMay("lineage:trace", workspace);
  const again = useTraceAgain(workspace, useReading());
  return (
    <Notice tone="failed">
      <span className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <span className="min-w-0 break-words">
          Columns could not be read: {trace.error ?? "nobody knows why"}.{" "}
          {trace.snapshot === null
            ? "Nothing is known of them."
            : "What is shown is of the last snapshot that could be read."}
        </span>
        <Button denied={may.why} disabled={again.isPending} onClick={() => again.mutate()}>
          Read again
        </Button>
        {again.isError ? <span role="alert">{describeError(again.error).message}</span> : null}
      </span>
    </Notice>
  );
}
