import { useInfiniteQuery } from "@tanstack/react-query";
import { type ReachQuery, reachedColumnsQuery, reachedNodesQuery } from "@/api/lineage-queries";
import type { ReachedColumns, ReachedNodes } from "@/api/lineage-types";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { FilterSelect, SearchBox } from "@/components/ui/field";
import type { GraphView } from "@/features/lineage/address";
import { transformWords } from "@/features/lineage/words";
import { formatNumber, plural, typePlural } from "@/lib/format";
import { useReading } from "@/lib/reading";
import { rowKeys } from "@/lib/row-keys";
import { useUrlState } from "@/lib/url-state";
import { CsvButton } from "./csv-button";
import { More } from "./more";
import { csvUrl, nodePath } from "./names";
import { NodeRow } from "./node-row";

const TYPES = ["model", "source", "seed", "snapshot", "exposure", "metric", "semantic_model", "saved_query"];

interface ReachedListProps {
  workspace: string;
  focus: string;
  view: GraphView;
  direction: "up" | "down";
  onFocus: (uniqueId: string, column?: string | null) => void;
}

/** Everything that feeds a node or column, or that it feeds; the nearest first. */
export function ReachedList({ workspace, focus, view, direction, onFocus }: ReachedListProps) {
  const { params, patch } = useUrlState();
  const reading = useReading();
  const type = params.get("ltype") ?? "";
  const query: ReachQuery = {
    direction,
    influence: view.influence,
    q: params.get("lq") ?? "",
    types: type ? [type] : [],
  };
  const { column } = view;
  const path =
    column === null
      ? nodePath(focus, "/lineage/nodes")
      : nodePath(focus, `/columns/${encodeURIComponent(column)}/lineage`);
  const url = csvUrl(workspace, reading, path, {
    direction,
    q: query.q,
    resource_type: query.types,
    ...(column !== null && query.influence && { influence: "true" }),
  });
  return (
    <div className="flex flex-col gap-2 py-2">
      <div className="flex flex-wrap items-center gap-2 px-4">
        <SearchBox
          className="min-w-36 flex-1"
          placeholder="Filter by name"
          value={query.q}
          onChange={(lq) => patch({ lq }, { replace: true })}
        />
        <FilterSelect
          label="Type"
          value={type}
          options={[
            { value: "", label: "Any type" },
            ...TYPES.map((one) => ({ value: one, label: typePlural(one) })),
          ]}
          onChange={(ltype) => patch({ ltype }, { replace: true })}
        />
        <CsvButton url={url} name={`${direction}stream-${column ?? focus}`} />
      </div>
      {column === null ? (
        <Nodes workspace={workspace} focus={focus} query={query} onFocus={onFocus} />
      ) : (
        <Columns workspace={workspace} focus={focus} column={column} query={query} onFocus={onFocus} />
      )}
    </div>
  );
}

interface ListProps {
  workspace: string;
  focus: string;
  query: ReachQuery;
  onFocus: (uniqueId: string, column?: string | null) => void;
}

function Nodes({ workspace, focus, query, onFocus }: ListProps) {
  const found = useInfiniteQuery(reachedNodesQuery(workspace, useReading(), focus, query));
  return (
    <QueryView query={found} what="the list" compact>
      {({ pages }) => (
        <>
          <NodeTotals first={pages[0]} />
          <ul aria-label="Nodes" onKeyDown={rowKeys}>
            {pages.flatMap((page) =>
              page.items.map(({ node, steps }) => (
                <NodeRow
                  key={node.unique_id}
                  node={node}
                  says={plural(steps, "step")}
                  onChoose={() => onFocus(node.unique_id)}
                />
              )),
            )}
          </ul>
          {pages[0]?.items.length === 0 ? <Nothing query={query} whole={pages[0].whole} /> : null}
          <More query={found} />
        </>
      )}
    </QueryView>
  );
}

function NodeTotals({ first }: { first: ReachedNodes | undefined }) {
  if (!first) return null;
  return (
    <p className="px-4 pb-1 text-xs text-muted">
      {plural(first.whole, "node")} in all
      {first.total === first.whole ? "" : `, ${formatNumber(first.total)} match`}
    </p>
  );
}

function Columns({ workspace, focus, column, query, onFocus }: ListProps & { column: string }) {
  const found = useInfiniteQuery(reachedColumnsQuery(workspace, useReading(), focus, column, query));
  return (
    <QueryView query={found} what="the list" compact>
      {({ pages }) => (
        <>
          <ColumnTotals first={pages[0]} />
          <ul aria-label="Columns" onKeyDown={rowKeys}>
            {pages.flatMap((page) =>
              page.items.map((one) => (
                <NodeRow
                  key={`${one.node.unique_id}\n${one.column}`}
                  node={one.node}
                  column={one.column}
                  says={`${plural(one.steps, "step")}, ${transformWords(one.via)}`}
                  dotted={one.kind === "influence"}
                  onChoose={() => onFocus(one.node.unique_id, one.column === "*" ? null : one.column)}
                />
              )),
            )}
          </ul>
          {pages[0]?.items.length === 0 ? (
            <Nothing
              query={query}
              whole={pages[0].totals.columns}
              traced={pages[0].trace.snapshot !== null}
            />
          ) : null}
          <More query={found} />
        </>
      )}
    </QueryView>
  );
}

function ColumnTotals({ first }: { first: ReachedColumns | undefined }) {
  if (!first) return null;
  const { columns, nodes } = first.totals;
  return (
    <p className="px-4 pb-1 text-xs text-muted">
      {plural(columns, "column")} of {plural(nodes, "node")} in all
      {first.total === columns ? "" : `, ${formatNumber(first.total)} match`}
    </p>
  );
}

function Nothing({ query, whole, traced = true }: { query: ReachQuery; whole: number; traced?: boolean }) {
  if (!traced)
    return <EmptyState title="Not known">The columns of this project have not been read yet.</EmptyState>;
  if (whole > 0) return <EmptyState title="Nothing matches these filters" />;
  const side = query.direction === "up" ? "feeds it" : "reads it";
  return (
    <EmptyState title={`Nothing that is known ${side}`}>
      {query.influence ? null : "Influences are not followed; they can be switched on above the graph."}
    </EmptyState>
  );
}
