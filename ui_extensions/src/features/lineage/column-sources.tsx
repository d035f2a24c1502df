import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { Link } from "react-router";
import { describeError } from "@/api/errors";
import { nodeColumnsQuery } from "@/api/lineage-queries";
import type { ColumnEdge, ColumnLineage } from "@/api/lineage-types";
import { Notice, Skeleton } from "@/components/ui/feedback";
import { Panel, Section } from "@/components/ui/page";
import { Inline } from "@/components/ui/prose";
import { StatusMark, StatusWord } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { formatNumber, plural } from "@/lib/format";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { edgeKey } from "./address";
import { noSourceWords } from "./panel/column-panel";
import { ColumnLink, ConfidenceMark, KnownFromBadge, TransformWord } from "./panel/facts";
import { TraceNotice } from "./trace-notice";
import { columnState, lineageStatus } from "./words";

const SHOWN = 3;

/** The column lineage of a node; all its pages, one after the other. */
function useNodeColumns(workspace: string, uniqueId: string) {
  const columns = useInfiniteQuery(nodeColumnsQuery(workspace, useReading(), uniqueId));
  const { hasNextPage, isFetchingNextPage, isError, fetchNextPage } = columns;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage && !isError) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, isError, fetchNextPage]);
  return columns;
}

interface OfNode {
  workspace: string;
  uniqueId: string;
}

/** How much is known of the columns of a node as a whole, and what decides on all its rows. */
export function ColumnLineageNote({ workspace, uniqueId }: OfNode) {
  const columns = useNodeColumns(workspace, uniqueId);
  const first = columns.data?.pages[0];
  if (!first) return null;
  const status = lineageStatus(first.status);
  return (
    <>
      <TraceNotice workspace={workspace} trace={first.trace} className="" />
      {first.status === "partial" || first.status === "unknown" ? (
        <Notice tone={status.tone === "warning" ? "warning" : "unknown"}>
          Where columns come from is {status.label.toLowerCase()}. <Inline text={first.reason} />
          {first.kept_since === null ? "" : ` What is shown is as of snapshot ${first.kept_since}.`}
        </Notice>
      ) : null}
      {first.rows.length > 0 ? <Rows workspace={workspace} edges={first.rows} /> : null}
    </>
  );
}

function Rows({ workspace, edges }: { workspace: string; edges: readonly ColumnEdge[] }) {
  return (
    <details className="text-sm">
      <summary className="text-muted">
        {plural(edges.length, "column")} of other nodes {edges.length === 1 ? "decides" : "decide"} on all
        rows
      </summary>
      <ul className="mt-1 flex flex-col gap-1 pl-4">
        {edges.map((edge) => (
          <Source key={edgeKey(edge)} workspace={workspace} edge={edge} />
        ))}
      </ul>
    </details>
  );
}

/** Where one column comes from, for its row in a table. */
export function ColumnSources({ workspace, uniqueId, column }: OfNode & { column: string }) {
  const columns = useNodeColumns(workspace, uniqueId);
  if (columns.isError && !columns.data)
    return <span className="text-xs text-failed">{describeError(columns.error).message}</span>;
  if (!columns.data) return <Skeleton className="h-4 w-32" />;
  const found = columns.data.pages
    .flatMap((page) => page.columns.items)
    .find(({ name }) => name.toLowerCase() === column.toLowerCase());
  if (found) return <Known workspace={workspace} uniqueId={uniqueId} column={found} />;
  if (columns.hasNextPage) return <Skeleton className="h-4 w-32" />;
  return (
    <span className="text-xs text-faint">
      {columns.data.pages[0]?.status === "not_traced" ? "not read yet" : "not known"}
    </span>
  );
}

function Known({ workspace, uniqueId, column }: OfNode & { column: ColumnLineage }) {
  const [all, setAll] = useState(false);
  const links = useCatalogPaths(workspace);
  const state = columnState(column.status);
  // Values tell where it comes from; what only decides on it is told in its lineage.
  const values = column.from.filter(({ kind }) => kind === "value");
  const shown = all ? values : values.slice(0, SHOWN);
  const influences = column.from.length - values.length;
  return (
    <div className="flex min-w-44 flex-col gap-0.5">
      {state.tone === "ok" ? null : (
        <span title={column.reason || undefined}>
          <StatusWord status={state} />
          {column.reason ? (
            <span className="block text-xs break-words text-muted">
              <Inline text={column.reason} />
            </span>
          ) : null}
        </span>
      )}
      {values.length === 0 && state.tone === "ok" ? (
        <span className="text-xs text-muted">{noSourceWords(column.status)}</span>
      ) : null}
      <ul className="flex flex-col gap-0.5">
        {shown.map((edge) => (
          <Source key={edgeKey(edge)} workspace={workspace} edge={edge} />
        ))}
      </ul>
      <span className="flex flex-wrap items-center gap-x-2 text-xs">
        {values.length > shown.length ? (
          <button type="button" className="text-accent hover:underline" onClick={() => setAll(true)}>
            and {formatNumber(values.length - shown.length)} more
          </button>
        ) : null}
        {influences > 0 ? <span className="text-faint">{plural(influences, "influence")}</span> : null}
        <Link
          className="text-accent hover:underline"
          to={links.lineage({ node: uniqueId, column: column.name })}
          aria-label={`Lineage of ${column.name}`}
        >
          Lineage
        </Link>
      </span>
    </div>
  );
}

function Source({ workspace, edge }: { workspace: string; edge: ColumnEdge }) {
  return (
    <li className="flex flex-wrap items-center gap-x-1.5">
      <ColumnLink workspace={workspace} end={edge.from} />
      <TransformWord edge={edge} />
      <ConfidenceMark confidence={edge.confidence} />
    </li>
  );
}

/** Columns that only the SQL tells of: the catalog of the node has none of that name. */
export function FurtherColumns({ workspace, uniqueId, known }: OfNode & { known: readonly string[] }) {
  const columns = useNodeColumns(workspace, uniqueId);
  const names = new Set(known.map((name) => name.toLowerCase()));
  const further = (columns.data?.pages ?? [])
    .flatMap((page) => page.columns.items)
    .filter(({ name }) => !names.has(name.toLowerCase()));
  if (further.length === 0) return null;
  return (
    <Section title="Known from the SQL only">
      <Panel>
        <Table label="Columns known from the SQL only" className="max-h-[32rem]">
          <Heads columns={["Name", "Known from", "Comes from"]} />
          <tbody>
            {further.map((column) => (
              <tr key={column.name} className="hover:bg-hover">
                <Td className="min-w-32 font-mono break-all">
                  {column.name}{" "}
                  {column.status === "unknown" ? (
                    <StatusMark tone="unknown" title="Not known" size={12} />
                  ) : null}
                </Td>
                <Td>
                  <KnownFromBadge value={column.known_from} />
                </Td>
                <Td>
                  <Known workspace={workspace} uniqueId={uniqueId} column={column} />
                </Td>
              </tr>
            ))}
          </tbody>
        </Table>
      </Panel>
    </Section>
  );
}
