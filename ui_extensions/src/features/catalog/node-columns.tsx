import type { NodeColumn, NodeDetail } from "@/api/types";
import { EmptyState, Notice } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/page";
import { Inline } from "@/components/ui/prose";
import { Table, Td, Th } from "@/components/ui/table";
import { Unknown } from "@/components/ui/time";

const KNOWN_FROM: Record<string, string> = {
  catalog: "warehouse",
  contract: "contract",
  yaml: "YAML",
};

const NOTES: Record<string, string> = {
  partial: "Only some columns are known: those written in YAML. The warehouse may hold more.",
  unknown:
    "The columns are not known yet. They appear after `docs generate`, or when they are written in YAML.",
};

/** Columns, and how complete the list is: partial and unknown are said. */
export function NodeColumns({ node }: { node: NodeDetail }) {
  const note = node.columns_note ?? NOTES[node.columns_known] ?? null;
  if (node.columns.length === 0) {
    return node.columns_known === "complete" || node.columns_known === "none" ? (
      <EmptyState title="It has no columns">{note ? <Inline text={note} /> : null}</EmptyState>
    ) : (
      <EmptyState title="Columns not known">{note ? <Inline text={note} /> : null}</EmptyState>
    );
  }
  return (
    <div className="flex flex-col gap-3">
      {node.columns_known === "complete" || !note ? null : (
        <Notice tone="unknown">
          <Inline text={note} />
        </Notice>
      )}
      <Panel>
        <Table label="Columns">
          <thead>
            <tr>
              <Th>Name</Th>
              <Th>Type</Th>
              <Th>Description</Th>
              <Th>Tests</Th>
              <Th>Known from</Th>
            </tr>
          </thead>
          <tbody>
            {node.columns.map((column) => (
              <ColumnRow key={column.name} column={column} />
            ))}
          </tbody>
        </Table>
      </Panel>
    </div>
  );
}

function ColumnRow({ column }: { column: NodeColumn }) {
  return (
    <tr className="hover:bg-hover">
      <Td className="font-mono">
        {column.name}
        {column.tags.map((tag) => (
          <span key={tag} className="ml-1.5 rounded-sm border px-1 font-sans text-2xs text-muted">
            {tag}
          </span>
        ))}
      </Td>
      <Td className="font-mono text-xs leading-5 text-muted">
        {column.data_type ?? <Unknown why="type not known" />}
      </Td>
      <Td className="max-w-xl min-w-40 whitespace-pre-wrap">
        {column.description ? (
          <Inline text={column.description} />
        ) : (
          <span className="text-faint">not described</span>
        )}
      </Td>
      <Td className="text-muted">
        {column.tests.length > 0 ? column.tests.join(", ") : <span className="text-faint">none</span>}
      </Td>
      <Td className="text-muted">{KNOWN_FROM[column.known_from] ?? column.known_from}</Td>
    </tr>
  );
}
