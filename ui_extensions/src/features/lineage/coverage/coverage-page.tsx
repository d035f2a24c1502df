import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { coverageQuery } from "@/api/lineage-queries";
import type { LineageCoverage } from "@/api/lineage-types";
import { CoverageFact, ShareBar } from "@/components/ui/coverage";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { PageHeader, Panel, Section } from "@/components/ui/page";
import { TypeIcon } from "@/components/ui/resource";
import { StatusMark } from "@/components/ui/status";
import { LineageTabs } from "@/features/lineage/tabs";
import { TraceNotice } from "@/features/lineage/trace-notice";
import {
  columnState,
  knownFrom,
  lineageStatus,
  TRANSFORM_ORDER,
  transformWords,
} from "@/features/lineage/words";
import { formatDuration, formatNumber, formatShare, plural } from "@/lib/format";
import { useCatalogPaths, useReading } from "@/lib/reading";
import type { StatusView } from "@/lib/status";
import { useUrlState } from "@/lib/url-state";
import { CoveredList } from "./covered-list";

/** How much is known of where columns come from, what is not, and why. */
export function CoveragePage({ workspace, name }: { workspace: string; name: string }) {
  const links = useCatalogPaths(workspace);
  const coverage = useQuery(coverageQuery(workspace, useReading()));
  return (
    <>
      <PageHeader
        crumbs={[{ label: name, to: links.dashboard() }]}
        title="Lineage"
        tabTitle={`Coverage of lineage · ${name}`}
      />
      <LineageTabs workspace={workspace} active="coverage" />
      <div className="pt-3">
        <TraceNotice workspace={workspace} trace={coverage.data?.trace} />
      </div>
      <div className="flex flex-col gap-5 px-5 pb-6 max-md:px-3">
        <QueryView query={coverage} what="the coverage">
          {(data) => <Shares workspace={workspace} coverage={data} />}
        </QueryView>
        <CoveredList workspace={workspace} />
      </div>
    </>
  );
}

const sumOf = (counts: Record<string, number>) => Object.values(counts).reduce((sum, one) => sum + one, 0);

function Shares({ workspace, coverage }: { workspace: string; coverage: LineageCoverage }) {
  const { patch } = useUrlState();
  const { nodes, columns, edges } = coverage;
  const traceable = sumOf(columns) - columns.not_applicable;
  if (sumOf(nodes) === 0) {
    return (
      <EmptyState title="There is nothing to read">
        The project has no models, seeds, snapshots or sources in this environment.
      </EmptyState>
    );
  }
  return (
    <div className="flex flex-col gap-5">
      <dl className="grid gap-x-8 gap-y-4 sm:grid-cols-3">
        <CoverageFact
          name="Columns whose origin is known"
          part={coverage.resolved === null ? 0 : columns.complete + columns.none}
          total={coverage.resolved === null ? 0 : traceable}
        />
        <CoverageFact
          name="Nodes fully known"
          part={nodes.complete}
          total={sumOf(nodes) - nodes.not_applicable}
        />
        <div>
          <dt className="text-muted">Edges between columns</dt>
          <dd>
            <strong className="text-lg font-semibold">{formatNumber(edges.value + edges.influence)}</strong>{" "}
            <span className="text-muted">
              {formatNumber(edges.value)} values, {formatNumber(edges.influence)} influences
            </span>
          </dd>
        </div>
      </dl>
      {coverage.kept > 0 ? (
        <p className="text-sm text-muted">
          {plural(coverage.kept, "node")} could not be read this time and kept what was known before.
        </p>
      ) : null}
      <div className="grid gap-5 lg:grid-cols-3">
        <Breakdown
          title="Nodes by status"
          rows={stateRows(nodes, lineageStatus)}
          onChoose={(status) => patch({ status, cursor: null, page: null })}
        />
        <Breakdown title="Columns by status" rows={stateRows(columns, columnState)} />
        <Breakdown
          title="Columns known from"
          rows={Object.entries(coverage.known_from).map(([key, count]) => ({
            key,
            label: knownFrom(key).word,
            title: knownFrom(key).says,
            count,
          }))}
        />
        <Breakdown title="Edges by what they do" rows={transformRows(coverage.transforms)} />
        <div className="lg:col-span-2">
          <Slowest workspace={workspace} coverage={coverage} />
        </div>
      </div>
    </div>
  );
}

interface Row {
  key: string;
  label: string;
  title?: string;
  count: number;
  status?: StatusView;
}

const stateRows = (counts: Record<string, number>, view: (key: string) => StatusView): Row[] =>
  Object.entries(counts).map(([key, count]) => ({ key, label: view(key).label, count, status: view(key) }));

const transformRows = (counts: Record<string, number>): Row[] =>
  Object.entries(counts)
    .sort(([left], [right]) => TRANSFORM_ORDER.indexOf(left) - TRANSFORM_ORDER.indexOf(right))
    .map(([key, count]) => ({ key, label: key, title: transformWords(key), count }));

interface BreakdownProps {
  title: string;
  rows: Row[];
  /** Shows those of a row in the list below. */
  onChoose?: (key: string) => void;
}

function Breakdown({ title, rows, onChoose }: BreakdownProps) {
  const total = rows.reduce((sum, { count }) => sum + count, 0);
  return (
    <Section title={title}>
      {total === 0 ? (
        <p className="text-sm text-muted">None is known.</p>
      ) : (
        <ul className="flex flex-col gap-1">
          {rows.map((row) => (
            <li
              key={row.key}
              className="grid grid-cols-[12.75rem_minmax(0,1fr)_5.5rem] items-center gap-2 text-sm"
            >
              <span className="flex min-w-0 items-center gap-1.5" title={row.title}>
                {row.status ? <StatusMark tone={row.status.tone} size={12} /> : null}
                <Name row={row} {...(onChoose && { onChoose })} />
              </span>
              <ShareBar part={row.count} total={total} />
              <span className="text-right whitespace-nowrap tabular-nums">
                {formatNumber(row.count)}{" "}
                <span className="text-xs text-faint">{formatShare(row.count, total)}</span>
              </span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Name({ row, onChoose }: { row: Row; onChoose?: (key: string) => void }): ReactNode {
  if (!onChoose || row.count === 0) return <span className="truncate">{row.label}</span>;
  return (
    <button type="button" className="truncate hover:underline" onClick={() => onChoose(row.key)}>
      {row.label}
    </button>
  );
}

function Slowest({ workspace, coverage }: { workspace: string; coverage: LineageCoverage }) {
  const links = useCatalogPaths(workspace);
  return (
    <Section title="What took longest to read">
      {coverage.slowest.length === 0 ? (
        <p className="text-sm text-muted">Nothing was measured yet.</p>
      ) : (
        <Panel>
          <ol>
            {coverage.slowest.map(({ node, seconds, share }) => (
              <li
                key={node.unique_id}
                className="grid grid-cols-[minmax(0,1fr)_6rem_8.5rem] items-center gap-3 border-b px-3 py-1 text-sm last:border-b-0 max-sm:grid-cols-[minmax(0,1fr)_8.5rem]"
              >
                <span className="flex min-w-0 items-center gap-1.5">
                  <TypeIcon type={node.resource_type} size={14} />
                  <Link
                    className="truncate font-mono text-xs hover:underline"
                    title={node.unique_id}
                    to={links.node(node.unique_id, { tab: "columns" })}
                  >
                    {node.name}
                  </Link>
                </span>
                <ShareBar part={share} total={1} className="max-sm:hidden" />
                <span className="text-right whitespace-nowrap tabular-nums">
                  {formatDuration(seconds)}{" "}
                  <span className="text-xs text-faint">{(100 * share).toFixed(1)}% of all</span>
                </span>
              </li>
            ))}
          </ol>
        </Panel>
      )}
    </Section>
  );
}
