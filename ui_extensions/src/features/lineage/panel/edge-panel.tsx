import { useInfiniteQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { nodeColumnsQuery } from "@/api/lineage-queries";
import type { ColumnEdge, Lineage, NodeLineage } from "@/api/lineage-types";
import { Button, IconButton } from "@/components/ui/button";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { type EdgeEnds, edgeKey, isEdge, viewOf } from "@/features/lineage/address";
import { changeView, confidenceWords, lineageStatus, transformWords } from "@/features/lineage/words";
import { plural } from "@/lib/format";
import { useReading } from "@/lib/reading";
import { useUrlState } from "@/lib/url-state";
import { ColumnLink, ConfidenceMark, TransformWord } from "./facts";
import { WIDE_PANEL } from "./frame";
import { SpanCode } from "./span-code";

interface EdgePanelProps {
  workspace: string;
  graph: Lineage;
  edge: EdgeEnds;
  onFocus: (uniqueId: string, column?: string | null) => void;
  onClose: () => void;
}

/** An edge, and the SQL that made it. */
export function EdgePanel({ workspace, graph, edge, onFocus, onClose }: EdgePanelProps) {
  return (
    <aside aria-label="Chosen edge" className={WIDE_PANEL}>
      <div className="flex items-center justify-between gap-2 px-4 pt-3">
        <h2 className="text-sm font-semibold">{edge.fromColumn === null ? "What flows here" : "Edge"}</h2>
        <IconButton label="Close" onClick={onClose}>
          <X size={15} aria-hidden />
        </IconButton>
      </div>
      {edge.fromColumn === null ? (
        <BetweenNodes workspace={workspace} from={edge.from} to={edge.to} />
      ) : (
        <BetweenColumns workspace={workspace} graph={graph} ends={edge} onFocus={onFocus} />
      )}
    </aside>
  );
}

/** All edges of a node into its columns, as far as its pages are there. */
const edgesInto = (pages: readonly NodeLineage[]): ColumnEdge[] => [
  ...pages.flatMap((page) => page.columns.items.flatMap((column) => column.from)),
  ...(pages[0]?.rows ?? []),
];

interface ColumnsProps {
  workspace: string;
  graph: Lineage;
  ends: EdgeEnds;
  onFocus: (uniqueId: string, column?: string | null) => void;
}

/** The graph knows the edges it shows; any other is asked for with the columns of the node it leads to. */
function BetweenColumns({ workspace, graph, ends, onFocus }: ColumnsProps) {
  const drawn = graph.column_edges.find((edge) => isEdge(ends, edge));
  const q = ends.toColumn === "*" ? "" : (ends.toColumn ?? "");
  const asked = useInfiniteQuery({
    ...nodeColumnsQuery(workspace, useReading(), ends.to, q),
    enabled: drawn === undefined,
  });
  if (drawn) return <Details workspace={workspace} edge={drawn} onFocus={onFocus} />;
  return (
    <QueryView query={asked} what="this edge" compact>
      {({ pages }) => {
        const found = edgesInto(pages).find((edge) => isEdge(ends, edge));
        return found ? (
          <Details workspace={workspace} edge={found} onFocus={onFocus} />
        ) : (
          <EmptyState title="There is no such edge now">
            It was there when this address was made. The SQL has changed since, or another snapshot is looked
            at.
          </EmptyState>
        );
      }}
    </QueryView>
  );
}

interface DetailsProps {
  workspace: string;
  edge: ColumnEdge;
  onFocus: (uniqueId: string, column?: string | null) => void;
}

function Details({ workspace, edge, onFocus }: DetailsProps) {
  const change = changeView(edge.change);
  return (
    <div className="flex flex-col gap-3 px-4 py-3 text-sm">
      <dl className="grid grid-cols-[max-content_minmax(0,1fr)] gap-x-3 gap-y-1.5">
        <Fact name="From">
          <ColumnLink workspace={workspace} end={edge.from} />
        </Fact>
        <Fact name="To">
          <ColumnLink workspace={workspace} end={edge.to} />
        </Fact>
        <Fact name="Kind">
          {edge.kind === "value" ? "its value goes into it" : "it decides on it without being in it"}
        </Fact>
        <Fact name="How">{transformWords(edge.transform)}</Fact>
        <Fact name="How sure">{confidenceWords(edge.confidence)}</Fact>
        {change ? (
          <Fact name="Since then">
            <span className={change.hue}>
              {change.label}
              {edge.before ? `, before ${transformWords(edge.before)}` : ""}
            </span>
          </Fact>
        ) : null}
      </dl>
      <SpanCode workspace={workspace} edge={edge} />
      {edge.from.column === "*" ? null : (
        <span>
          <Button onClick={() => onFocus(edge.from.node, edge.from.column)}>Follow {edge.from.column}</Button>
        </span>
      )}
    </div>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div className="contents">
      <dt className="text-xs leading-5 text-faint">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}

/** An edge between nodes: the columns that flow along it. */
function BetweenNodes({ workspace, from, to }: { workspace: string; from: string; to: string }) {
  const { params, patch } = useUrlState();
  const view = viewOf(params);
  const columns = useInfiniteQuery(nodeColumnsQuery(workspace, useReading(), to));
  const shown = [from, to].every((one) => view.columns.includes(one) || view.allColumns.includes(one));
  return (
    <div className="flex flex-col gap-3 px-4 py-3 text-sm">
      <p className="text-muted">
        <code className="font-mono text-xs break-all text-ink">{to.split(".").at(-1)}</code> reads{" "}
        <code className="font-mono text-xs break-all text-ink">{from.split(".").at(-1)}</code>.
      </p>
      <QueryView query={columns} what="the columns" compact>
        {({ pages }) => {
          const edges = edgesInto(pages).filter((edge) => edge.from.node === from);
          return (
            <>
              {edges.length === 0 ? <NoEdges of={pages[0]} /> : <Flow edges={edges} />}
              {columns.hasNextPage ? (
                <Button disabled={columns.isFetchingNextPage} onClick={() => void columns.fetchNextPage()}>
                  Look at more columns
                </Button>
              ) : null}
            </>
          );
        }}
      </QueryView>
      {shown ? null : (
        <span>
          <Button onClick={() => patch({ all_columns: [...new Set([...view.allColumns, from, to])] })}>
            Show the columns of both
          </Button>
        </span>
      )}
    </div>
  );
}

function NoEdges({ of }: { of: NodeLineage | undefined }) {
  if (!of || of.status === "complete" || of.status === "not_applicable")
    return <p className="text-muted">No column of it is used, only that it is there.</p>;
  return (
    <p className="text-muted">
      {lineageStatus(of.status).label}: which columns flow here cannot be told. {of.reason}
    </p>
  );
}

function Flow({ edges }: { edges: ColumnEdge[] }) {
  const { patch } = useUrlState();
  return (
    <>
      <h3 className="text-xs font-medium text-muted">{plural(edges.length, "edge")} between columns</h3>
      <ul className="flex flex-col gap-1.5">
        {edges.map((edge) => (
          <li key={edgeKey(edge)} className="flex flex-col">
            <span className="font-mono text-xs break-all">
              {edge.from.column === "*" ? "all rows" : edge.from.column}
              <span className="text-faint"> → </span>
              {edge.to.column === "*" ? "all rows" : edge.to.column}
            </span>
            <span className="flex flex-wrap items-center gap-x-2">
              <TransformWord edge={edge} />
              <ConfidenceMark confidence={edge.confidence} />
              <button
                type="button"
                className="text-xs text-accent hover:underline"
                aria-label={`SQL that makes ${edge.to.column} from ${edge.from.column}`}
                onClick={() => patch({ edge: edgeKey(edge) }, { replace: true })}
              >
                SQL
              </button>
            </span>
          </li>
        ))}
      </ul>
    </>
  );
}
