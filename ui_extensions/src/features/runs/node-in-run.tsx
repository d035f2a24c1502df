import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { Run, RunNodeDetail } from "@/api/types";
import { Button } from "@/components/ui/button";
import { CodeView } from "@/components/ui/code-view";
import { CopyButton } from "@/components/ui/copy-button";
import { QueryView, Skeleton } from "@/components/ui/feedback";
import { FlakyMark } from "@/components/ui/flaky-mark";
import { type Fact, Facts } from "@/components/ui/page";
import { cn } from "@/lib/cn";
import { formatBytes, formatDuration, formatNumber } from "@/lib/format";
import { paths } from "@/lib/paths";
import { formatExact } from "@/lib/time";
import { useUrlState } from "@/lib/url-state";
import { runNodeQuery } from "./queries";
import { hasFailed } from "./timeline";

interface NodeInRunProps {
  run: Run;
  uniqueId: string;
  /** Null for the last step that touched it. */
  step: number | null;
  /** Whether it may still change. */
  live: boolean;
}

/** Everything about a node of a run: what dbt said, its phases, its SQL. Read when it is opened. */
export function NodeInRun({ run, uniqueId, step, live }: NodeInRunProps) {
  const detail = useQuery(runNodeQuery(run.workspace, run.run_id, uniqueId, step, live));
  return (
    <div className="bg-surface px-3 py-2">
      <QueryView query={detail} what="this node" compact skeleton={<Skeleton className="h-16" />}>
        {(found) => <Detail workspace={run.workspace} node={found} />}
      </QueryView>
    </div>
  );
}

function Detail({ workspace, node }: { workspace: string; node: RunNodeDetail }) {
  const { params, patch } = useUrlState();
  const code = params.get("code") === "1";
  return (
    <div className="flex min-w-0 flex-col gap-2">
      {node.flaky ? <FlakyMark /> : null}
      <Message node={node} />
      <Facts facts={factsOf(node)} />
      <div className="flex flex-wrap gap-2">
        <Button
          aria-expanded={code}
          disabled={node.compiled_code === null}
          title={node.compiled_code === null ? "dbt kept no SQL of this node in this run" : undefined}
          onClick={() => patch({ code: code ? null : "1" }, { replace: true })}
        >
          {code ? "Hide the SQL" : "SQL of this run"}
        </Button>
        <Button
          onClick={() => patch({ log_node: node.unique_id, level: "debug", view: "log" }, { replace: true })}
        >
          Only its log lines
        </Button>
        {node.in_catalog ? (
          <Link
            to={paths.node(workspace, node.unique_id)}
            className="inline-flex h-8 items-center rounded-md border bg-canvas px-2.5 text-sm font-medium hover:bg-hover"
          >
            Open {node.name.length > 30 ? "the node" : node.name}
          </Link>
        ) : null}
      </div>
      {code && node.compiled_code !== null ? <Sql node={node} code={node.compiled_code} /> : null}
    </div>
  );
}

function Message({ node }: { node: RunNodeDetail }) {
  if (!node.message) return <p className="text-xs text-muted">{silence(node.status)}</p>;
  return (
    <pre
      className={cn(
        "max-h-72 overflow-auto font-mono text-xs whitespace-pre-wrap break-words",
        hasFailed(node) && "text-failed",
      )}
    >
      {node.message}
    </pre>
  );
}

/** Why there is no message. */
function silence(status: string): string {
  if (status === "pending") return "dbt has not come to it yet. That it will is what the catalog says.";
  if (status === "not_run") return "The run ended before dbt came to it.";
  if (status === "unknown")
    return "It was running when the run's worker went away: nobody knows how it ended.";
  return "dbt gave no message.";
}

function factsOf(node: RunNodeDetail): Fact[] {
  const facts: (Fact | null)[] = [
    node.started_at ? { name: "Started", value: formatExact(node.started_at) } : null,
    node.compile_time === null ? null : { name: "Compiling", value: formatDuration(node.compile_time) },
    node.execute_time === null ? null : { name: "Executing", value: formatDuration(node.execute_time) },
    node.rows_affected === null ? null : { name: "Rows", value: formatNumber(node.rows_affected) },
    node.bytes_processed === null ? null : { name: "Bytes read", value: formatBytes(node.bytes_processed) },
    node.failures === null ? null : { name: "Failing rows", value: formatNumber(node.failures) },
    node.thread ? { name: "Thread", value: node.thread } : null,
    ...Object.entries(node.adapter_response)
      .filter(([name]) => !TOLD.has(name))
      .map(([name, value]) => ({ name: words(name), value: String(value) })),
  ];
  return facts.filter((fact) => fact !== null);
}

const TOLD = new Set(["rows_affected", "bytes_processed"]);
const words = (name: string) => (name === "_message" ? "Database said" : name.replaceAll("_", " "));

function Sql({ node, code }: { node: RunNodeDetail; code: string }) {
  return (
    <div className="min-w-0 rounded-md border bg-canvas">
      <div className="flex items-center justify-between gap-2 border-b px-3 py-1 text-xs text-muted">
        As dbt ran it in step {node.step}
        <CopyButton text={code} label="Copy the SQL" />
      </div>
      <CodeView code={code} language="sql" label={`SQL of ${node.name}`} className="max-h-96 overflow-auto" />
    </div>
  );
}
