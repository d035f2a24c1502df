import { Link } from "react-router";
import type { NodeItem } from "@/api/types";
import { LastStatusWord } from "@/components/ui/last-status";
import { TypeIcon } from "@/components/ui/resource";
import { Table, Td, Th } from "@/components/ui/table";
import { Ago, Duration, Unknown } from "@/components/ui/time";
import { typeLabel } from "@/lib/format";
import { paths } from "@/lib/paths";
import { TestCounts } from "./test-counts";

interface ModelsTableProps {
  workspace: string;
  nodes: NodeItem[];
  sort: string | null;
  onSort: (column: string) => void;
  onTag: (tag: string) => void;
}

export function ModelsTable({ workspace, nodes, sort, onSort, onTag }: ModelsTableProps) {
  const by = (column: string) => ({ column, current: sort, onSort });
  return (
    <Table label="Models" className="max-h-[calc(100dvh-15rem)]">
      <thead>
        <tr>
          <Th sort={by("name")}>Name</Th>
          <Th sort={by("resource_type")}>Type</Th>
          <Th sort={by("schema_name")}>Schema</Th>
          <Th sort={by("materialization")}>Materialization</Th>
          <Th>Tests</Th>
          <Th sort={by("last_status")}>Last status</Th>
          <Th sort={by("last_run_at")}>Last run</Th>
          <Th numeric sort={by("last_execution_time")}>
            Duration
          </Th>
        </tr>
      </thead>
      <tbody>
        {nodes.map((node) => (
          <ModelRow key={node.unique_id} workspace={workspace} node={node} onTag={onTag} />
        ))}
      </tbody>
    </Table>
  );
}

function ModelRow({
  workspace,
  node,
  onTag,
}: {
  workspace: string;
  node: NodeItem;
  onTag: (tag: string) => void;
}) {
  return (
    <tr className="hover:bg-hover">
      <Td className="max-w-96 min-w-44">
        <div className="flex items-center gap-1.5">
          <TypeIcon type={node.resource_type} />
          <Link
            to={paths.node(workspace, node.unique_id)}
            title={node.description || node.name}
            className="truncate font-mono hover:underline"
          >
            {node.name}
          </Link>
          {node.tags.slice(0, 3).map((tag) => (
            <button
              key={tag}
              type="button"
              title={`Only nodes tagged ${tag}`}
              onClick={() => onTag(tag)}
              className="shrink-0 rounded-sm border px-1 text-2xs text-muted hover:border-line-strong max-lg:hidden"
            >
              {tag}
            </button>
          ))}
        </div>
      </Td>
      <Td className="whitespace-nowrap text-muted">{typeLabel(node.resource_type)}</Td>
      <Td className="max-w-48 truncate font-mono text-xs leading-5 text-muted">
        {node.schema_name ?? <Unknown why="no schema" />}
      </Td>
      <Td className="whitespace-nowrap text-muted">
        {node.materialization ?? <Unknown why="not materialized" />}
      </Td>
      <Td>
        <TestCounts node={node} />
      </Td>
      <Td>
        <LastStatusWord node={node} />
      </Td>
      <Td className="text-muted">
        {node.last_run_id ? (
          <Link
            className="hover:underline"
            to={paths.run(workspace, node.last_run_id, { node: node.unique_id })}
          >
            <Ago at={node.last_run_at} none="at an unknown time" />
          </Link>
        ) : (
          <Ago at={node.last_run_at} />
        )}
      </Td>
      <Td numeric className="text-muted">
        <Duration seconds={node.last_execution_time} none="never measured" />
      </Td>
    </tr>
  );
}
