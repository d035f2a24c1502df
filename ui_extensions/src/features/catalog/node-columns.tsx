import { type ReactNode, useEffect, useRef, useState } from "react";
import { Link } from "react-router";
import type { NodeColumn, NodeDetail } from "@/api/types";
import { EmptyState, Notice } from "@/components/ui/feedback";
import { CONTROL } from "@/components/ui/field";
import { Panel } from "@/components/ui/page";
import { Inline } from "@/components/ui/prose";
import { StatusMark } from "@/components/ui/status";
import { Heads, Table } from "@/components/ui/table";
import { Unknown } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { formatNumber } from "@/lib/format";
import { useCatalogPaths } from "@/lib/reading";
import { nodeStatus } from "@/lib/status";
import { useUrlState } from "@/lib/url-state";
import { asText, textOf } from "@/lib/values";

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
const SEARCHED_FROM = 15;

/** Where columns come from: it belongs to another feature, the route brings it. */
export interface ColumnLineageParts {
  note: ReactNode;
  sources: (column: string) => ReactNode;
  /** Columns that only lineage knows. */
  further: (known: readonly string[]) => ReactNode;
}

interface ColumnsProps {
  workspace: string;
  node: NodeDetail;
  lineage: ColumnLineageParts;
}

/** Columns, and how complete the list is: partial and unknown are said. */
export function NodeColumns({ workspace, node, lineage }: ColumnsProps) {
  const { params } = useUrlState();
  const [text, setText] = useState("");
  const note = node.columns_note ?? NOTES[node.columns_known] ?? null;
  if (node.columns.length === 0) {
    return (
      <div className="flex flex-col gap-3">
        {lineage.note}
        <NoColumns known={node.columns_known} note={note} />
        {lineage.further([])}
      </div>
    );
  }
  const wanted = text.trim().toLowerCase();
  const shown = node.columns.filter(
    ({ name, description }) =>
      name.toLowerCase().includes(wanted) || description.toLowerCase().includes(wanted),
  );
  return (
    <div className="flex flex-col gap-3">
      {node.columns_known === "complete" || !note ? null : (
        <Notice tone="unknown">
          <Inline text={note} />
        </Notice>
      )}
      {lineage.note}
      {node.columns.length > SEARCHED_FROM ? (
        <input
          className={cn(CONTROL, "w-72 max-w-full")}
          aria-label="Search the columns"
          placeholder={`Search ${formatNumber(node.columns.length)} columns`}
          value={text}
          onChange={(event) => setText(event.target.value)}
          data-page-search
          spellCheck={false}
          autoComplete="off"
        />
      ) : null}
      <Panel>
        <Table label="Columns" className="max-h-[calc(100dvh-8rem)]">
          <Heads
            columns={["Name", "Type", "Description", "Tests", "Comes from", "Constraints", "Known from"]}
          />
          <tbody>
            {shown.map((column) => (
              <ColumnRow
                key={column.name}
                workspace={workspace}
                column={column}
                sources={lineage.sources(column.name)}
                marked={column.name.toLowerCase() === params.get("column")?.toLowerCase()}
              />
            ))}
          </tbody>
        </Table>
        {shown.length === 0 ? <EmptyState title="No column has this in its name or description" /> : null}
      </Panel>
      {lineage.further(node.columns.map(({ name }) => name))}
    </div>
  );
}

function NoColumns({ known, note }: { known: string; note: string | null }) {
  const title = known === "complete" || known === "none" ? "It has no columns" : "Columns not known";
  return <EmptyState title={title}>{note ? <Inline text={note} /> : null}</EmptyState>;
}

interface RowProps {
  workspace: string;
  column: NodeColumn;
  sources: ReactNode;
  /** The column the address asks for. */
  marked: boolean;
}

function ColumnRow({ workspace, column, sources, marked }: RowProps) {
  const row = useRef<HTMLTableRowElement>(null);
  useEffect(() => {
    if (marked) row.current?.scrollIntoView({ block: "center" });
  }, [marked]);
  const cell = "border-b px-3 py-1.5 align-top";
  return (
    <tr
      ref={row}
      className={cn(marked ? "bg-accent-soft" : "hover:bg-hover")}
      aria-current={marked || undefined}
    >
      <td className={cn(cell, "min-w-32 font-mono break-all")}>
        {column.name}
        {column.tags.map((tag) => (
          <span key={tag} className="ml-1.5 rounded-sm border px-1 font-sans text-2xs text-muted">
            {tag}
          </span>
        ))}
      </td>
      <td className={cn(cell, "font-mono text-xs leading-5 text-muted")}>
        <TypeCell column={column} />
      </td>
      <td className={cn(cell, "max-w-xl min-w-40 whitespace-pre-wrap break-words")}>
        <DescriptionCell column={column} />
      </td>
      <td className={cell}>
        <TestsCell workspace={workspace} column={column} />
      </td>
      <td className={cell}>{sources}</td>
      <td className={cn(cell, "font-mono text-xs leading-5 text-muted")}>
        {column.constraints.length > 0 ? (
          column.constraints.map(constraintText).join(", ")
        ) : (
          <span className="font-sans text-faint">none</span>
        )}
      </td>
      <td className={cn(cell, "text-muted")}>{KNOWN_FROM[column.known_from] ?? column.known_from}</td>
    </tr>
  );
}

/** {"type": "foreign_key", "expression": "orders (id)"} -> "foreign key orders (id)". */
export function constraintText(constraint: Record<string, unknown>): string {
  const type = textOf(constraint["type"])?.replaceAll("_", " ");
  const expression = textOf(constraint["expression"]) ?? textOf(constraint["to"]);
  return type ? [type, expression].filter(Boolean).join(" ") : asText(constraint);
}

/** The warehouse's word; the project's own beside it where it says otherwise. */
function TypeCell({ column }: { column: NodeColumn }) {
  const { data_type: type, declared_type: declared } = column;
  if (!type && !declared) return <Unknown why="type not known" />;
  const differs = type && declared && type.toLowerCase() !== declared.toLowerCase();
  return (
    <>
      {type ?? declared}
      {differs ? <span className="block font-sans text-warning">declared as {declared}</span> : null}
    </>
  );
}

/** What the project says; where it says nothing, what the warehouse does. */
function DescriptionCell({ column }: { column: NodeColumn }) {
  if (column.description) return <Inline text={column.description} />;
  if (!column.comment) return <span className="text-faint">not described</span>;
  return (
    <>
      <span className="text-muted">{column.comment}</span>
      <span className="block text-xs text-faint">comment in the warehouse</span>
    </>
  );
}

function TestsCell({ workspace, column }: { workspace: string; column: NodeColumn }) {
  const links = useCatalogPaths(workspace);
  if (column.tests.length === 0) return <span className="text-faint">none</span>;
  return (
    <ul className="flex flex-col gap-0.5">
      {column.tests.map((test) => {
        const status = nodeStatus(test.status);
        return (
          <li key={test.unique_id} className="flex items-center gap-1.5">
            <StatusMark tone={status.tone} title={status.label} size={12} />
            <Link className="hover:underline" to={links.node(test.unique_id)}>
              {test.name}
            </Link>
          </li>
        );
      })}
    </ul>
  );
}
