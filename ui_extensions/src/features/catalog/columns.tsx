import type { ReactNode } from "react";
import { Link } from "react-router";
import type { NodeItem } from "@/api/types";
import { LastStatusWord } from "@/components/ui/last-status";
import { Marked } from "@/components/ui/marked";
import { MatchLine } from "@/components/ui/match-line";
import { TypeIcon, TypeWord } from "@/components/ui/resource";
import { StatusWord } from "@/components/ui/status";
import { Ago, Duration, Unknown } from "@/components/ui/time";
import { TrustWord } from "@/components/ui/trust";
import type { Cell } from "@/lib/csv";
import { formatNumber, typeLabel } from "@/lib/format";
import { paths } from "@/lib/paths";
import type { useCatalogPaths } from "@/lib/reading";
import { freshnessStatus, lastStatus, trustStatus } from "@/lib/status";
import { TestCounts } from "./test-counts";

export interface CellContext {
  workspace: string;
  links: ReturnType<typeof useCatalogPaths>;
  onTag: (tag: string) => void;
  onOwner: (owner: string) => void;
}

export interface NodeTableColumn {
  id: string;
  label: string;
  initial: boolean;
  fixed?: boolean;
  numeric?: boolean;
  sort?: string;
  className?: string;
  cell: (node: NodeItem, context: CellContext) => ReactNode;
  /** The same for CSV and the clipboard; empty for what nobody knows. */
  text: (node: NodeItem) => Cell;
}

/** Freshness is of sources; of others there is none to know. */
const HAS_FRESHNESS = new Set(["source"]);
const HAS_COLUMNS = new Set(["model", "source", "seed", "snapshot"]);
const MONO = "max-w-48 truncate font-mono text-xs leading-5 text-muted";

export const NODE_COLUMNS: NodeTableColumn[] = [
  {
    id: "name",
    label: "Name",
    initial: true,
    fixed: true,
    sort: "name",
    className: "max-w-96 min-w-44 max-md:max-w-56",
    cell: (node, context) => <NameCell node={node} context={context} />,
    text: (node) => node.name,
  },
  {
    id: "trust",
    label: "Trust",
    initial: true,
    sort: "trust",
    cell: (node) => <TrustWord trust={node.trust} reasons={node.trust_reasons} />,
    text: (node) => (node.trust === null ? null : trustStatus(node.trust).label),
  },
  {
    id: "type",
    label: "Type",
    initial: false,
    sort: "resource_type",
    className: "text-muted",
    cell: (node) => <TypeWord type={node.resource_type} />,
    text: (node) => typeLabel(node.resource_type),
  },
  {
    id: "status",
    label: "Last status",
    initial: true,
    sort: "last_status",
    cell: (node) => <LastStatusWord node={node} />,
    text: (node) => lastStatus(node)?.label,
  },
  {
    id: "tests",
    label: "Tests",
    initial: true,
    cell: (node) => <TestCounts node={node} />,
    text: (node) => node.tests.total,
  },
  {
    id: "freshness",
    label: "Freshness",
    initial: true,
    cell: (node) => <FreshnessCell node={node} />,
    text: (node) => (node.freshness_status ? freshnessStatus(node.freshness_status).label : null),
  },
  {
    id: "owner",
    label: "Owner",
    initial: true,
    sort: "owner",
    className: "max-w-44 truncate",
    cell: (node, { onOwner }) =>
      node.owner ? (
        <button
          type="button"
          title={`Only what ${node.owner} owns`}
          className="max-w-full truncate hover:underline"
          onClick={() => onOwner(node.owner ?? "")}
        >
          {node.owner}
        </button>
      ) : (
        <span className="text-faint">nobody</span>
      ),
    text: (node) => node.owner,
  },
  {
    id: "last_run",
    label: "Last run",
    initial: true,
    sort: "last_run_at",
    className: "text-muted",
    cell: (node, { workspace }) => <LastRunCell workspace={workspace} node={node} />,
    text: (node) => node.last_run_at,
  },
  {
    id: "duration",
    label: "Duration",
    initial: false,
    numeric: true,
    sort: "last_execution_time",
    className: "text-muted",
    cell: (node) => <Duration seconds={node.last_execution_time} none="never measured" />,
    text: (node) => node.last_execution_time,
  },
  {
    id: "columns",
    label: "Columns described",
    initial: true,
    numeric: true,
    cell: (node) => <ColumnsCell node={node} />,
    text: (node) => (node.columns_total > 0 ? `${node.columns_documented} of ${node.columns_total}` : null),
  },
  {
    id: "materialization",
    label: "Materialization",
    initial: false,
    sort: "materialization",
    className: "whitespace-nowrap text-muted",
    cell: (node) => node.materialization ?? <Unknown why="not materialized" />,
    text: (node) => node.materialization,
  },
  {
    id: "schema",
    label: "Schema",
    initial: false,
    sort: "schema_name",
    className: MONO,
    cell: (node) => node.schema_name ?? <Unknown why="no schema" />,
    text: (node) => node.schema_name,
  },
  {
    id: "package",
    label: "Package",
    initial: false,
    sort: "package_name",
    className: MONO,
    cell: (node) => node.package_name,
    text: (node) => node.package_name,
  },
  {
    id: "path",
    label: "File",
    initial: false,
    className: MONO,
    cell: (node) => (node.path ? <span title={node.path}>{node.path}</span> : <Unknown why="no file" />),
    text: (node) => node.path,
  },
  {
    id: "group",
    label: "Group",
    initial: false,
    className: "text-muted",
    cell: (node) => node.group_name ?? <Unknown why="in no group" />,
    text: (node) => node.group_name,
  },
  {
    id: "description",
    label: "Description",
    initial: false,
    className: "max-w-96 truncate text-muted",
    cell: (node) =>
      node.description ? <span title={node.description}>{node.description}</span> : <NotDescribed />,
    text: (node) => node.description,
  },
  {
    id: "unique_id",
    label: "Unique id",
    initial: false,
    className: MONO,
    cell: (node) => <span title={node.unique_id}>{node.unique_id}</span>,
    text: (node) => node.unique_id,
  },
];

const NotDescribed = () => <span className="text-faint">not described</span>;

function NameCell({ node, context }: { node: NodeItem; context: CellContext }) {
  const { match } = node;
  const column = match?.column ?? null;
  return (
    <>
      <div className="flex items-center gap-1.5">
        <TypeIcon type={node.resource_type} />
        <Link
          to={context.links.node(node.unique_id)}
          title={node.description || node.name}
          data-row
          className="truncate font-mono hover:underline"
        >
          {match?.field === "name" && match.text === node.name ? (
            <Marked text={match.text} ranges={match.ranges} />
          ) : (
            node.name
          )}
        </Link>
        {node.tags.slice(0, 3).map((tag) => (
          <button
            key={tag}
            type="button"
            title={`Only nodes tagged ${tag}`}
            onClick={() => context.onTag(tag)}
            className="shrink-0 rounded-sm border px-1 text-2xs text-muted hover:border-line-strong max-lg:hidden"
          >
            {tag}
          </button>
        ))}
      </div>
      {match && match.field !== "name" ? (
        <Link
          to={
            column
              ? context.links.node(node.unique_id, { tab: "columns", column })
              : context.links.node(node.unique_id, match.field === "code" ? { tab: "code" } : {})
          }
          tabIndex={-1}
          className="block pl-5.5 hover:underline"
        >
          <MatchLine match={match} />
        </Link>
      ) : null}
    </>
  );
}

function FreshnessCell({ node }: { node: NodeItem }) {
  if (node.freshness_status) return <StatusWord status={freshnessStatus(node.freshness_status)} />;
  return HAS_FRESHNESS.has(node.resource_type) ? (
    <StatusWord status={freshnessStatus(null)} />
  ) : (
    <Unknown why="freshness is checked of sources" />
  );
}

function LastRunCell({ workspace, node }: { workspace: string; node: NodeItem }) {
  if (!node.last_run_id || node.last_run_external) return <Ago at={node.last_run_at} />;
  return (
    <Link className="hover:underline" to={paths.run(workspace, node.last_run_id, { node: node.unique_id })}>
      <Ago at={node.last_run_at} none="at an unknown time" />
    </Link>
  );
}

function ColumnsCell({ node }: { node: NodeItem }) {
  if (node.columns_total === 0) {
    return HAS_COLUMNS.has(node.resource_type) ? (
      <Unknown why="columns not known" />
    ) : (
      <Unknown why="has no columns" />
    );
  }
  return (
    <span className="whitespace-nowrap text-muted">
      {formatNumber(node.columns_documented)} of {formatNumber(node.columns_total)}
    </span>
  );
}
