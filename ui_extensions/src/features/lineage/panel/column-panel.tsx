import { useInfiniteQuery } from "@tanstack/react-query";
import { LocateFixed, X } from "lucide-react";
import { nodeColumnsQuery } from "@/api/lineage-queries";
import type { ColumnEdge, ColumnLineage, NodeLineage } from "@/api/lineage-types";
import { Button, ButtonLink, IconButton } from "@/components/ui/button";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { Inline } from "@/components/ui/prose";
import { StatusWord } from "@/components/ui/status";
import { edgeKey } from "@/features/lineage/address";
import { columnState } from "@/features/lineage/words";
import { formatNumber, plural } from "@/lib/format";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { useUrlState } from "@/lib/url-state";
import { ColumnLink, ConfidenceMark, KnownFromBadge, TransformWord } from "./facts";
import { PANEL } from "./frame";

interface ColumnPanelProps {
  workspace: string;
  uniqueId: string;
  column: string;
  inFocus: boolean;
  onFocus: (uniqueId: string, column?: string | null) => void;
  onClose: () => void;
}

/** What is known of a column, and what made it. */
export function ColumnPanel({ workspace, uniqueId, column, inFocus, onFocus, onClose }: ColumnPanelProps) {
  const links = useCatalogPaths(workspace);
  // Names that hold this one come along; the exact one is looked for among them.
  const columns = useInfiniteQuery(nodeColumnsQuery(workspace, useReading(), uniqueId, column));
  const node = uniqueId.split(".").at(-1) ?? uniqueId;
  return (
    <aside aria-label="Chosen column" className={PANEL}>
      <div className="flex items-start justify-between gap-2 px-4 pt-3">
        <h2 className="min-w-0 font-mono text-sm break-all">
          <span className="text-muted">{node}.</span>
          <strong className="font-semibold">{column}</strong>
        </h2>
        <IconButton label="Close" onClick={onClose}>
          <X size={15} aria-hidden />
        </IconButton>
      </div>
      <QueryView query={columns} what="this column" compact>
        {({ pages }) => {
          const found = pages
            .flatMap((page) => page.columns.items)
            .find(({ name }) => name.toLowerCase() === column.toLowerCase());
          return found && pages[0] ? (
            <Facts workspace={workspace} column={found} of={pages[0]} />
          ) : (
            <EmptyState title="This column is not known">
              {pages[0]?.status === "not_traced"
                ? "The columns of this node have not been read yet."
                : `Lineage knows no column ${column} of this node. It may have been renamed or removed.`}
            </EmptyState>
          );
        }}
      </QueryView>
      <div className="flex flex-wrap gap-2 px-4 pt-1 pb-4">
        {inFocus ? null : (
          <Button look="primary" onClick={() => onFocus(uniqueId, column)}>
            <LocateFixed size={14} aria-hidden />
            Follow this column
          </Button>
        )}
        <ButtonLink to={links.node(uniqueId, { tab: "columns", column })}>Open</ButtonLink>
      </div>
    </aside>
  );
}

function Facts({ workspace, column, of }: { workspace: string; column: ColumnLineage; of: NodeLineage }) {
  const state = columnState(column.status);
  return (
    <div className="flex flex-col gap-3 px-4 py-3 text-sm">
      <p className="flex flex-wrap items-center gap-2">
        <StatusWord status={state} />
        <KnownFromBadge value={column.known_from} />
      </p>
      {column.reason ? (
        <p className="text-sm break-words text-muted">
          <Inline text={column.reason} />
        </p>
      ) : null}
      {of.kept_since === null ? null : (
        <p className="rounded-md bg-warning-soft px-2 py-1 text-xs">
          The node could not be read; what is shown is as of snapshot {of.kept_since}.
        </p>
      )}
      <p className="text-muted">
        {plural(column.parents_total, "column")} feed it, it feeds {formatNumber(column.children_total)}.
      </p>
      <section>
        <h3 className="mb-1 text-xs font-medium text-muted">Where it comes from</h3>
        <Sources workspace={workspace} column={column} />
      </section>
      {of.rows.length > 0 ? (
        <section>
          <h3 className="mb-1 text-xs font-medium text-muted">What decides on all rows</h3>
          <EdgeList workspace={workspace} edges={of.rows} />
        </section>
      ) : null}
    </div>
  );
}

function Sources({ workspace, column }: { workspace: string; column: ColumnLineage }) {
  if (column.from.length > 0) {
    const more = column.from_total - column.from.length;
    return (
      <>
        <EdgeList workspace={workspace} edges={column.from} />
        {more > 0 ? <p className="mt-1 text-xs text-muted">and {formatNumber(more)} more</p> : null}
      </>
    );
  }
  return <p className="text-muted">{noSourceWords(column.status)}</p>;
}

/** Certainly nothing, or nothing that is known: never the same words. */
export function noSourceWords(status: string): string {
  if (status === "none") return "Computed from no column, such as a constant.";
  if (status === "not_applicable") return "Lineage begins here.";
  if (status === "complete") return "No column is its source.";
  return "Not known.";
}

/** Edges, each to its SQL. */
export function EdgeList({ workspace, edges }: { workspace: string; edges: readonly ColumnEdge[] }) {
  const { patch } = useUrlState();
  return (
    <ul className="flex flex-col gap-1.5">
      {edges.map((edge) => (
        <li key={edgeKey(edge)} className="flex flex-col">
          <ColumnLink workspace={workspace} end={edge.from} />
          <span className="flex flex-wrap items-center gap-x-2 pl-4.5">
            <TransformWord edge={edge} />
            <ConfidenceMark confidence={edge.confidence} />
            <button
              type="button"
              className="text-xs text-accent hover:underline"
              onClick={() => patch({ edge: edgeKey(edge) }, { replace: true })}
            >
              SQL
            </button>
          </span>
        </li>
      ))}
    </ul>
  );
}
