import type { NodeItem } from "@/api/types";
import { Table, Td, Th } from "@/components/ui/table";
import { rowKeys } from "@/lib/row-keys";
import type { CellContext, NodeTableColumn } from "./columns";

interface NodesTableProps extends CellContext {
  nodes: NodeItem[];
  columns: NodeTableColumn[];
  sort: string | null;
  onSort: (column: string) => void;
}

/** The table of the catalog. Arrow keys go from row to row. */
export function NodesTable({ nodes, columns, sort, onSort, ...context }: NodesTableProps) {
  return (
    <Table label="Catalog" className="max-h-[calc(100dvh-12rem)] min-h-64">
      <thead>
        <tr>
          {columns.map(({ id, label, numeric, sort: by }) => (
            <Th
              key={id}
              numeric={numeric ?? false}
              {...(by && { sort: { column: by, current: sort, onSort } })}
            >
              {label}
            </Th>
          ))}
        </tr>
      </thead>
      <tbody onKeyDown={rowKeys}>
        {nodes.map((node) => (
          <tr key={node.unique_id} className="hover:bg-hover">
            {columns.map(({ id, numeric, className, cell }) => (
              <Td key={id} numeric={numeric ?? false} {...(className && { className })}>
                {cell(node, context)}
              </Td>
            ))}
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
