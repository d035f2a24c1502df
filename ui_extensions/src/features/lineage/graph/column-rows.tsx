import { Handle, Position } from "@xyflow/react";
import type { ShownColumn } from "@/api/lineage-types";
import { StatusMark } from "@/components/ui/status";
import { columnState } from "@/features/lineage/words";
import { cn } from "@/lib/cn";
import { formatNumber } from "@/lib/format";
import { useGraph } from "./graph-context";
import { type Card, ROW_HEIGHT } from "./model";
import { ChangeMark } from "./node-card";
import { columnKey } from "./relatives";

/** The columns of a card: those that are traced first. */
export function ColumnRows({ card, far }: { card: Card; far: boolean }) {
  const graph = useGraph();
  if (card.node.columns === null) return null;
  return (
    <ul className="border-t" aria-label={`Columns of ${card.node.name}`}>
      {card.rows.map((column) => (
        <li key={column.name} className="relative" style={{ height: ROW_HEIGHT }}>
          <Handle
            id={`in:${column.name}`}
            type="target"
            position={Position.Left}
            isConnectable={false}
            className="!opacity-0"
          />
          <ColumnRow card={card} column={column} far={far} />
          <Handle
            id={`out:${column.name}`}
            type="source"
            position={Position.Right}
            isConnectable={false}
            className="!opacity-0"
          />
        </li>
      ))}
      {card.hidden > 0 ? (
        <li style={{ height: ROW_HEIGHT }}>
          <button
            type="button"
            className="h-full w-full px-3 text-left text-2xs text-accent -outline-offset-2 hover:underline"
            onClick={() => graph.showAllColumns(card.id)}
          >
            {far ? "" : `Show all ${formatNumber(card.node.columns_total)} columns`}
          </button>
        </li>
      ) : null}
    </ul>
  );
}

function ColumnRow({ card, column, far }: { card: Card; column: ShownColumn; far: boolean }) {
  const graph = useGraph();
  const { node } = card;
  const lit = graph.lit?.columns?.has(columnKey(node.unique_id, column.name)) ?? false;
  const dimmed = graph.lit?.columns != null && !lit;
  const inFocus = graph.focus === node.unique_id && graph.view.column === column.name;
  const selected = graph.selected === node.unique_id && graph.selectedColumn === column.name;
  const state = columnState(column.status);
  return (
    <button
      type="button"
      data-column={column.name}
      aria-pressed={selected}
      title={`${column.name}: ${state.label.toLowerCase()}`}
      onClick={() => graph.select(node.unique_id, column.name)}
      onMouseEnter={() => graph.hover(node.unique_id, column.name)}
      onMouseLeave={() => graph.hover(node.unique_id)}
      onFocus={() => graph.hover(node.unique_id, column.name)}
      onBlur={() => graph.hover(null)}
      className={cn(
        "flex h-full w-full items-center gap-1.5 px-3 text-left -outline-offset-2 hover:bg-hover",
        column.traced ? "text-ink" : "text-muted",
        dimmed && "opacity-50",
        (lit || inFocus) && "bg-accent-soft",
        selected && "bg-accent-soft font-semibold",
      )}
    >
      {far ? (
        <span className="sr-only">{column.name}</span>
      ) : (
        <>
          <span
            className={cn(
              "min-w-0 flex-1 truncate font-mono text-2xs",
              inFocus && "font-semibold text-accent",
            )}
          >
            {column.name}
          </span>
          <ChangeMark change={column.change} />
          {state.tone === "ok" ? null : <StatusMark tone={state.tone} title={state.label} size={11} />}
          {column.status === "none" ? (
            <span className="text-2xs text-faint" title={state.label}>
              no source
            </span>
          ) : null}
        </>
      )}
    </button>
  );
}
