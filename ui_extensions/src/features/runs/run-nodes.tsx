import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { useMemo, useRef } from "react";
import { Link } from "react-router";
import type { RunNode } from "@/api/types";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/feedback";
import { type Fact, Facts } from "@/components/ui/page";
import { TypeIcon } from "@/components/ui/resource";
import { StatusMark, StatusWord, toneFill } from "@/components/ui/status";
import { Duration } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { formatDuration, formatNumber } from "@/lib/format";
import { useNow } from "@/lib/hooks";
import { paths } from "@/lib/paths";
import { nodeStatus } from "@/lib/status";
import { formatExact } from "@/lib/time";
import { nextSort, useUrlState } from "@/lib/url-state";
import { barOf, hasFailed, type Span, sortNodes, spanOf } from "./timeline";

const ROW_HEIGHT = 30;
const GRID =
  "grid grid-cols-[7rem_minmax(0,1fr)_4.5rem] sm:grid-cols-[7rem_minmax(8rem,1fr)_minmax(4rem,30%)_4.5rem] items-center gap-x-2 px-3";

const COLUMNS = [
  { key: "status", label: "Status" },
  { key: "name", label: "Node" },
  { key: "started_at", label: "Timeline" },
  { key: "execution_time", label: "Duration" },
] as const;

const HEAD_LOOK: Record<string, string> = { execution_time: "text-right", started_at: "max-sm:hidden" };

interface RunNodesProps {
  workspace: string;
  nodes: RunNode[];
  active: boolean;
}

/** Every node of the run: status, when, how long, and what it said. Windowed: runs of thousands of nodes stay quick. */
export function RunNodes({ workspace, nodes, active }: RunNodesProps) {
  const { params, patch } = useUrlState();
  const now = useNow(active ? 1000 : null);
  const sort = params.get("sort");
  const selected = params.get("node");
  const sorted = useMemo(() => sortNodes(nodes, sort), [nodes, sort]);
  const span = useMemo(() => spanOf(nodes, now), [nodes, now]);
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: sorted.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: (index) => rowKey(sorted[index], index),
    overscan: 15,
  });
  if (nodes.length === 0) return <NoNodes active={active} />;
  const select = (uniqueId: string) =>
    patch({ node: uniqueId === selected ? null : uniqueId }, { replace: true });
  return (
    <div
      role="table"
      aria-label="Nodes"
      aria-rowcount={sorted.length}
      className="flex h-full min-h-0 flex-col text-sm"
    >
      <Head sort={sort} onSort={(column) => patch({ sort: nextSort(sort, column) }, { replace: true })} />
      <div ref={scroller} className="min-h-0 flex-1 overflow-auto" role="rowgroup">
        <div className="relative w-full" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const node = sorted[item.index];
            if (!node) return null;
            return (
              <div
                key={item.key}
                ref={virtual.measureElement}
                data-index={item.index}
                className="absolute top-0 left-0 w-full border-b"
                style={{ transform: `translateY(${item.start}px)` }}
              >
                <Row node={node} span={span} now={now} open={node.unique_id === selected} onSelect={select} />
                {node.unique_id === selected ? <Details workspace={workspace} node={node} /> : null}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

const rowKey = (node: RunNode | undefined, index: number) =>
  node ? `${node.step}:${node.unique_id}` : index;

function NoNodes({ active }: { active: boolean }) {
  return active ? (
    <EmptyState title="No node has started yet">They appear here as dbt reaches them.</EmptyState>
  ) : (
    <EmptyState title="This run reached no node">
      Its command works on no node, or it stopped before the first one. The log says which.
    </EmptyState>
  );
}

function Head({ sort, onSort }: { sort: string | null; onSort: (column: string) => void }) {
  return (
    <div role="rowgroup" className="border-b bg-surface">
      <div role="row" className={cn(GRID, "h-7 text-xs font-medium text-muted")}>
        {COLUMNS.map(({ key, label }) => {
          const ascending = sort === key || (sort === null && key === "started_at");
          const descending = sort === `-${key}`;
          return (
            <div
              key={key}
              role="columnheader"
              aria-sort={ascending ? "ascending" : descending ? "descending" : "none"}
              className={HEAD_LOOK[key]}
            >
              <button
                type="button"
                className={cn(
                  "inline-flex items-center gap-1 hover:text-ink",
                  (ascending || descending) && "text-ink",
                )}
                onClick={() => onSort(key)}
              >
                {label}
                {ascending ? <ArrowUp size={11} aria-hidden /> : null}
                {descending ? <ArrowDown size={11} aria-hidden /> : null}
              </button>
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface RowProps {
  node: RunNode;
  span: Span | null;
  now: number;
  open: boolean;
  onSelect: (uniqueId: string) => void;
}

function Row({ node, span, now, open, onSelect }: RowProps) {
  const seconds = node.execution_time ?? openSeconds(node, now);
  return (
    <div
      role="row"
      className={cn(GRID, "min-h-[29px] hover:bg-hover", open && "bg-accent-soft hover:bg-accent-soft")}
    >
      <div role="cell" className="flex">
        <StatusWord status={nodeStatus(node.status)} />
      </div>
      <div role="cell" className="min-w-0">
        <button
          type="button"
          aria-expanded={open}
          onClick={() => onSelect(node.unique_id)}
          title={node.unique_id}
          className="flex w-full min-w-0 items-center gap-1.5 py-1 text-left"
        >
          <TypeIcon type={node.resource_type} size={13} />
          <span className="truncate font-mono text-xs leading-5">{node.name}</span>
        </button>
      </div>
      <div role="cell" className="max-sm:hidden">
        <Bar node={node} span={span} now={now} />
      </div>
      <div role="cell" className="text-right text-muted">
        <Duration seconds={seconds} none="did not run" />
      </div>
    </div>
  );
}

function openSeconds(node: RunNode, now: number): number | null {
  const bar = node.status === "running" ? barOf(node, now) : null;
  return bar ? (bar.end - bar.start) / 1000 : null;
}

function Bar({ node, span, now }: { node: RunNode; span: Span | null; now: number }) {
  const bar = barOf(node, now);
  if (!bar || !span) return null;
  const whole = span.end - span.start;
  const words = node.started_at
    ? `Started ${formatExact(node.started_at)}, took ${formatDuration((bar.end - bar.start) / 1000)}`
    : undefined;
  return (
    <div className="relative h-3 rounded-sm bg-sunken" title={words}>
      <div
        className={cn("absolute inset-y-0 min-w-[3px] rounded-sm", toneFill(nodeStatus(node.status).tone))}
        style={{
          left: `${Math.min(99, (100 * (bar.start - span.start)) / whole)}%`,
          width: `${(100 * (bar.end - bar.start)) / whole}%`,
        }}
      />
    </div>
  );
}

function Details({ workspace, node }: { workspace: string; node: RunNode }) {
  const { patch } = useUrlState();
  const facts: Fact[] = [];
  if (typeof node.rows_affected === "number")
    facts.push({ name: "Rows", value: formatNumber(node.rows_affected) });
  if (typeof node.failures === "number")
    facts.push({ name: "Failing rows", value: formatNumber(node.failures) });
  if (node.thread) facts.push({ name: "Thread", value: node.thread });
  if (node.started_at) facts.push({ name: "Started", value: formatExact(node.started_at) });
  return (
    <div className="flex flex-col gap-2 bg-surface px-3 py-2">
      {node.message ? (
        <pre
          className={cn(
            "max-h-72 overflow-auto font-mono text-xs whitespace-pre-wrap break-words",
            hasFailed(node) && "text-failed",
          )}
        >
          {node.message}
        </pre>
      ) : (
        <p className="text-xs text-muted">dbt gave no message.</p>
      )}
      <Facts facts={facts} />
      <div className="flex flex-wrap gap-2">
        <Link
          to={paths.node(workspace, node.unique_id)}
          className="inline-flex h-8 items-center rounded-md border bg-canvas px-2.5 text-sm font-medium hover:bg-hover"
        >
          Open {node.name.length > 30 ? "the node" : node.name}
        </Link>
        <Button
          onClick={() => patch({ log_node: node.unique_id, level: "debug", view: "log" }, { replace: true })}
        >
          Only its log lines
        </Button>
      </div>
    </div>
  );
}

/** The first thing to look at when a run failed. */
export function FirstFailure({ node, total, onOpen }: { node: RunNode; total: number; onOpen: () => void }) {
  return (
    <div role="alert" className="rounded-md bg-failed-soft px-3 py-2 text-sm">
      <p className="flex flex-wrap items-center gap-x-2">
        <StatusMark tone="failed" />
        <span className="font-medium">
          {total > 1 ? `First of ${formatNumber(total)} failures: ` : "Failed: "}
          <button type="button" className="text-left font-mono break-all underline" onClick={onOpen}>
            {node.name}
          </button>
        </span>
      </p>
      <pre className="mt-1 max-h-40 overflow-auto font-mono text-xs whitespace-pre-wrap break-words">
        {node.message ?? "dbt gave no message."}
      </pre>
    </div>
  );
}
