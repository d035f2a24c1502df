import { useQuery } from "@tanstack/react-query";
import type { Run, RunNode, RunNodePage, RunNodeQuery } from "@/api/types";
import { Button } from "@/components/ui/button";
import { CursorPager } from "@/components/ui/cursor-pager";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { FilterSelect, SearchBox } from "@/components/ui/field";
import { TypeIcon } from "@/components/ui/resource";
import { StatusWord, toneFill } from "@/components/ui/status";
import { Th } from "@/components/ui/table";
import { Duration } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { formatBytes, formatDuration, formatNumber, typePlural } from "@/lib/format";
import { useNow } from "@/lib/hooks";
import { isActive, nodeStatus } from "@/lib/status";
import { formatExact } from "@/lib/time";
import { nextSort, useUrlState } from "@/lib/url-state";
import { NodeInRun } from "./node-in-run";
import { runNodesQuery } from "./queries";
import { barOf, type Span, spanOf } from "./timeline";

const PAGE = 100;
const SORTS = ["order", "status", "name", "duration", "rows", "bytes"] as const;
type Sort = NonNullable<RunNodeQuery["sort"]>;

/** What the list of nodes shows, by the address. */
export function nodeQueryOf(params: URLSearchParams): RunNodeQuery {
  const sort = params.get("sort");
  const isSort = (text: string): text is Sort => SORTS.some((name) => name === text.replace(/^-/, ""));
  const step = Number(params.get("step"));
  return {
    ...(params.get("status") && { status: [params.get("status") ?? ""] }),
    ...(params.get("type") && { resource_type: [params.get("type") ?? ""] }),
    ...(params.get("q") && { q: params.get("q") ?? "" }),
    ...(Number.isInteger(step) && step > 0 && { step }),
    ...(sort && isSort(sort) && { sort }),
    ...(params.get("cursor") && { cursor: params.get("cursor") ?? "" }),
  };
}

/** The nodes of a run, a page at a time: the server filters and sorts, so that thousands are no matter. */
export function RunNodes({ run }: { run: Run }) {
  const { params } = useUrlState();
  const active = isActive(run.status);
  const query = nodeQueryOf(params);
  const nodes = useQuery(runNodesQuery(run.workspace, run.run_id, query, active));
  return (
    <div className="flex min-h-0 flex-col">
      {nodes.data ? <Filters page={nodes.data} /> : null}
      <div className="min-h-0 flex-1 overflow-auto">
        <QueryView query={nodes} what="the nodes of this run" compact>
          {(page) =>
            page.items.length === 0 ? (
              <NoNodes active={active} page={page} />
            ) : (
              <>
                <ChosenElsewhere run={run} nodes={page.items} />
                <NodesTable run={run} nodes={page.items} />
              </>
            )
          }
        </QueryView>
      </div>
      {nodes.data && nodes.data.items.length > 0 ? (
        <CursorPager
          pageSize={PAGE}
          shown={nodes.data.items.length}
          total={nodes.data.total}
          nextCursor={nodes.data.next_cursor}
        />
      ) : null}
    </div>
  );
}

/** The node that an address names may be on another page: it is shown all the same. */
function ChosenElsewhere({ run, nodes }: { run: Run; nodes: RunNode[] }) {
  const { params, patch } = useUrlState();
  const chosen = params.get("node");
  if (!chosen || nodes.some((node) => node.unique_id === chosen)) return null;
  return (
    <section aria-label="The chosen node" className="border-b bg-surface">
      <div className="flex items-center justify-between gap-2 px-3 pt-2">
        <span className="font-mono text-xs break-all">{chosen}</span>
        <Button onClick={() => patch({ node: null }, { replace: true })}>Close</Button>
      </div>
      <NodeInRun run={run} uniqueId={chosen} step={null} live={isActive(run.status)} />
    </section>
  );
}

const FIRST_PAGE = { cursor: null, page: null };
const NO_FILTERS = { status: null, type: null, q: null, ...FIRST_PAGE };

function Filters({ page }: { page: RunNodePage }) {
  const { params, patch } = useUrlState();
  const status = params.get("status") ?? "";
  const type = params.get("type") ?? "";
  return (
    <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
      <SearchBox
        value={params.get("q") ?? ""}
        onChange={(q) => patch({ q, ...FIRST_PAGE }, { replace: true })}
        placeholder="Find a node of this run"
        className="w-56 max-sm:w-full"
      />
      <FilterSelect
        label="Status of the node"
        value={status}
        onChange={(chosen) => patch({ status: chosen, ...FIRST_PAGE })}
        options={choices("Any status", page.statuses, status, (value) => nodeStatus(value).label)}
      />
      <FilterSelect
        label="Type of the node"
        value={type}
        onChange={(chosen) => patch({ type: chosen, ...FIRST_PAGE })}
        options={choices("Any type", page.resource_types, type, typePlural)}
      />
    </div>
  );
}

/** The values that occur with their counts; also the chosen one, where it occurs no more. */
function choices(
  any: string,
  counts: Record<string, number>,
  chosen: string,
  word: (value: string) => string,
) {
  const values = Object.entries(chosen && !(chosen in counts) ? { ...counts, [chosen]: 0 } : counts);
  return [
    { value: "", label: any },
    ...values
      .sort(([, left], [, right]) => right - left)
      .map(([value, count]) => ({ value, label: `${word(value)} (${formatNumber(count)})` })),
  ];
}

function NoNodes({ active, page }: { active: boolean; page: RunNodePage }) {
  const { patch } = useUrlState();
  if (Object.values(page.statuses).some((count) => count > 0)) {
    return (
      <EmptyState
        title="No node of this run matches"
        action={<Button onClick={() => patch(NO_FILTERS)}>Clear the filters</Button>}
      />
    );
  }
  return active ? (
    <EmptyState title="No node has started yet">They appear here as dbt reaches them.</EmptyState>
  ) : (
    <EmptyState title="This run reached no node">
      Its command works on no node, or it stopped before the first one. The log says which.
    </EmptyState>
  );
}

function NodesTable({ run, nodes }: { run: Run; nodes: RunNode[] }) {
  const { params, patch } = useUrlState();
  const active = isActive(run.status);
  const now = useNow(active ? 1000 : null);
  const sort = params.get("sort");
  const selected = params.get("node");
  const span = spanOf(run, now);
  const order = {
    current: sort ?? "order",
    onSort: (column: string) =>
      patch({ sort: nextSort(sort, column, column !== "name" && column !== "status"), ...FIRST_PAGE }),
  };
  const select = (node: RunNode) =>
    patch({ node: node.unique_id === selected ? null : node.unique_id }, { replace: true });
  return (
    <table aria-label="Nodes" className="w-full table-fixed border-separate border-spacing-0 text-sm">
      <thead>
        <tr>
          <Th className="w-28" sort={{ column: "status", ...order }}>
            Status
          </Th>
          <Th sort={{ column: "name", ...order }}>Node</Th>
          <Th className="w-1/4 max-sm:hidden" sort={{ column: "order", ...order }}>
            When
          </Th>
          <Th className="w-22" numeric sort={{ column: "duration", ...order }}>
            Duration
          </Th>
          <Th className="w-24 max-lg:hidden" numeric sort={{ column: "rows", ...order }}>
            Rows
          </Th>
        </tr>
      </thead>
      <tbody>
        {nodes.map((node) => (
          <NodeRows
            key={`${node.step}:${node.unique_id}`}
            run={run}
            node={node}
            span={span}
            now={now}
            open={node.unique_id === selected}
            onSelect={() => select(node)}
          />
        ))}
      </tbody>
    </table>
  );
}

interface RowProps {
  run: Run;
  node: RunNode;
  span: Span | null;
  now: number;
  open: boolean;
  onSelect: () => void;
}

const CELL = "border-b px-3 py-1 align-top";

function NodeRows({ run, node, span, now, open, onSelect }: RowProps) {
  const bar = barOf(node, now);
  const seconds =
    node.execution_time ??
    (node.status === "running" && bar ? Math.max(0, (bar.end - bar.start) / 1000) : null);
  return (
    <>
      <tr className={cn("hover:bg-hover", open && "bg-accent-soft hover:bg-accent-soft")}>
        <td className={CELL}>
          <StatusWord status={nodeStatus(node.status)} />
        </td>
        <td className={cn(CELL, "min-w-0")}>
          <button
            type="button"
            aria-expanded={open}
            onClick={onSelect}
            title={node.unique_id}
            className="flex w-full min-w-0 items-center gap-1.5 text-left"
          >
            <TypeIcon type={node.resource_type} size={13} />
            <span className="truncate font-mono text-xs leading-5">{node.name}</span>
          </button>
        </td>
        <td className={cn(CELL, "max-sm:hidden")}>
          <Bar node={node} bar={bar} span={span} />
        </td>
        <td className={cn(CELL, "text-right text-muted")}>
          <Duration seconds={seconds} none="did not run" />
        </td>
        <td className={cn(CELL, "text-right text-muted max-lg:hidden")}>
          <Amount node={node} />
        </td>
      </tr>
      {open ? (
        <tr>
          <td colSpan={5} className="border-b p-0">
            <NodeInRun
              run={run}
              uniqueId={node.unique_id}
              step={node.step}
              live={isActive(run.status) && node.finished_at === null}
            />
          </td>
        </tr>
      ) : null}
    </>
  );
}

function Amount({ node }: { node: RunNode }) {
  if (typeof node.rows_affected === "number") return formatNumber(node.rows_affected);
  if (typeof node.bytes_processed === "number") return formatBytes(node.bytes_processed);
  return (
    <span className="text-faint" title="not told by the adapter">
      <span aria-hidden>–</span>
      <span className="sr-only">not told by the adapter</span>
    </span>
  );
}

function Bar({ node, bar, span }: { node: RunNode; bar: Span | null; span: Span | null }) {
  if (!bar || !span) return null;
  const whole = span.end - span.start;
  const share = (moment: number) => Math.min(100, Math.max(0, (100 * (moment - span.start)) / whole));
  const words = `Started ${formatExact(node.started_at ?? "")}, took ${formatDuration((bar.end - bar.start) / 1000)}`;
  return (
    <div className="relative mt-1 h-3 rounded-sm bg-sunken" title={words}>
      <div
        className={cn("absolute inset-y-0 min-w-[3px] rounded-sm", toneFill(nodeStatus(node.status).tone))}
        style={{
          left: `${Math.min(99, share(bar.start))}%`,
          width: `${share(bar.end) - share(bar.start)}%`,
        }}
      />
    </div>
  );
}
