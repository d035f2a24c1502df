import { Handle, type Node, type NodeProps, Position, useStore, useUpdateNodeInternals } from "@xyflow/react";
import { ChevronDown, ChevronLeft, ChevronRight, Minus } from "lucide-react";
import { useEffect, useRef } from "react";
import type { LineageNode } from "@/api/lineage-types";
import { TypeIcon, typeHue } from "@/components/ui/resource";
import { StatusMark } from "@/components/ui/status";
import { groupOf } from "@/features/lineage/grouping";
import { fillOf } from "@/features/lineage/legend";
import { lensOf } from "@/features/lineage/lens";
import { changeView } from "@/features/lineage/words";
import { cn } from "@/lib/cn";
import { formatNumber, plural, typeLabel } from "@/lib/format";
import { ColumnRows } from "./column-rows";
import { useGraph } from "./graph-context";
import { type Card, HEAD_HEIGHT } from "./model";

const FAR_ZOOM = 0.45;
export type CardNode = Node<{ card: Card }, "card">;

/** A node of the graph: what it is, how it is doing, its columns where they are shown, and how much more there is around it. */
export function NodeCard({ id, data: { card } }: NodeProps<CardNode>) {
  const graph = useGraph();
  const { node } = card;
  const far = useStore((state) => state.transform[2] < FAR_ZOOM);
  const dimmed = graph.lit !== null && !graph.lit.nodes.has(node.unique_id);
  const update = useUpdateNodeInternals();
  const rows = card.rows.map(({ name }) => name).join("\n");
  const measured = useRef(`${rows}\n${far}`);
  // Edges end where the rows are: these have moved when others come or go. What is new is measured by the library itself.
  useEffect(() => {
    const now = `${rows}\n${far}`;
    if (measured.current === now) return;
    measured.current = now;
    update(id);
  }, [update, id, rows, far]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hovering only lights the paths; focus does the same for keys
    <div
      data-node={node.unique_id}
      className={cn("nopan relative transition-opacity duration-150", dimmed && "opacity-35")}
      style={{ width: card.width, height: card.height }}
      onMouseEnter={() => graph.hover(node.unique_id)}
      onMouseLeave={() => graph.hover(null)}
    >
      <Ends />
      <Expander side="up" node={node} />
      <div
        className={cn(
          "h-full overflow-hidden rounded-md border bg-canvas",
          graph.focus === node.unique_id && "border-2 border-accent",
          node.change === "removed" && "border-dashed",
        )}
      >
        <Band node={node} />
        {far ? <FarHead node={node} /> : <Head node={node} />}
        <ColumnRows card={card} far={far} />
      </div>
      {far ? null : <ColumnsToggle node={node} />}
      <Expander side="down" node={node} />
    </div>
  );
}

const END = "!top-[29px] !opacity-0";

/** Where edges begin and end that are of the node itself. */
export function Ends() {
  return (
    <>
      <Handle id="in" type="target" position={Position.Left} isConnectable={false} className={END} />
      <Handle id="out" type="source" position={Position.Right} isConnectable={false} className={END} />
    </>
  );
}

/** The colour of the node's group. */
function Band({ node }: { node: LineageNode }) {
  const { view, bands } = useGraph();
  if (view.group === null) return null;
  const name = groupOf(view.group, node);
  return (
    <span
      title={name}
      className={cn("absolute inset-y-0 left-0 w-1.5 rounded-l-md", fillOf(bands.get(name) ?? ""))}
    />
  );
}

function Head({ node }: { node: LineageNode }) {
  const graph = useGraph();
  const details = [typeLabel(node.resource_type), node.materialization, node.schema_name]
    .filter(Boolean)
    .join(" · ");
  const selected = graph.selected === node.unique_id && graph.selectedColumn === null;
  return (
    <button
      type="button"
      data-card
      title={node.unique_id}
      aria-pressed={selected}
      onClick={() => graph.select(node.unique_id)}
      onFocus={() => graph.hover(node.unique_id)}
      onBlur={() => graph.hover(null)}
      style={{ height: HEAD_HEIGHT - 2 }}
      className={cn(
        "flex w-full flex-col justify-center gap-0.5 px-3 text-left -outline-offset-2 hover:bg-hover",
        selected && "bg-accent-soft hover:bg-accent-soft",
      )}
    >
      <span className="flex w-full items-center gap-1.5">
        <TypeIcon type={node.resource_type} size={14} />
        <span className="min-w-0 flex-1 truncate font-mono text-xs font-medium">{node.name}</span>
        <LensMark node={node} size={13} />
      </span>
      <span className={cn("w-full truncate text-2xs text-muted", node.columns_total > 0 && "pr-20")}>
        {details}
      </span>
    </button>
  );
}

/** What the lens says of the node. */
function LensMark({ node, size }: { node: LineageNode; size: number }) {
  const { lens } = useGraph().view;
  if (lens === "evolution") return <ChangeMark change={node.change} />;
  const view = lensOf(lens, node);
  if (lens === "status" && !view.tone) return null;
  if (view.tone) return <StatusMark tone={view.tone} title={view.label} size={size} />;
  return (
    <span
      role="img"
      aria-label={view.label}
      title={view.label}
      className={cn("size-3 rounded-sm", fillOf(view.colour))}
    />
  );
}

export function ChangeMark({ change }: { change: string | null }) {
  const view = changeView(change);
  if (!view) return null;
  return (
    <span className={cn("font-mono text-sm leading-none font-bold", view.hue)} title={view.label}>
      <span aria-hidden>{view.sign}</span>
      <span className="sr-only">{view.label}</span>
    </span>
  );
}

/** Far out a card is a bar in the hue of its type. */
function FarHead({ node }: { node: LineageNode }) {
  const graph = useGraph();
  return (
    <button
      type="button"
      data-card
      title={node.name}
      onClick={() => graph.select(node.unique_id)}
      style={{ height: HEAD_HEIGHT - 2 }}
      className={cn(
        "flex w-full items-center gap-2 border-l-[14px] border-current bg-surface px-2",
        typeHue(node.resource_type),
      )}
    >
      <LensMark node={node} size={26} />
      <span className="min-w-0 flex-1 truncate text-left font-mono text-xl text-ink">{node.name}</span>
    </button>
  );
}

function ColumnsToggle({ node }: { node: LineageNode }) {
  const graph = useGraph();
  if (node.columns_total === 0 && node.columns === null) return null;
  const shown = node.columns !== null;
  const words = plural(node.columns_total, "column");
  return (
    <button
      type="button"
      aria-expanded={shown}
      aria-label={`${shown ? "Hide" : "Show"} the columns of ${node.name}`}
      title={shown ? "Hide the columns" : "Show the columns that are traced"}
      onClick={() => graph.toggleColumns(node.unique_id, shown)}
      className="absolute top-[33px] right-1.5 flex h-5 items-center gap-0.5 rounded-sm px-1 text-2xs text-muted hover:bg-hover hover:text-accent"
    >
      {words}
      {shown ? <Minus size={11} aria-hidden /> : <ChevronDown size={11} aria-hidden />}
    </button>
  );
}

/** The arrow at a card's side: opens the neighbours not shown, and says how many they are. */
function Expander({ side, node }: { side: "up" | "down"; node: LineageNode }) {
  const graph = useGraph();
  const [total, shown] =
    side === "up" ? [node.parents_total, node.parents_shown] : [node.children_total, node.children_shown];
  const expanded = side === "up" ? graph.view.expandUp : graph.view.expandDown;
  const opened = expanded.includes(node.unique_id);
  const hidden = total - shown;
  if (hidden <= 0 && !opened) return null;
  const word = side === "up" ? "parents" : "children";
  const label = opened
    ? `Hide the opened ${word} of ${node.name}`
    : `Show ${hidden} more ${word} of ${node.name}`;
  const Arrow = side === "up" ? ChevronLeft : ChevronRight;
  return (
    <button
      type="button"
      aria-label={opened ? label : undefined}
      title={label}
      aria-expanded={opened}
      onClick={() => graph.toggle(side, node.unique_id)}
      className={cn(
        "absolute top-9 z-10 flex h-5 items-center rounded-md border bg-surface px-0.5 text-2xs text-muted hover:border-accent hover:text-accent",
        side === "up" ? "right-full -mr-2" : "left-full -ml-2 flex-row-reverse",
      )}
    >
      {opened ? <Minus size={12} aria-hidden /> : <Arrow size={12} aria-hidden />}
      {opened ? null : (
        <span className="px-0.5">
          +{formatNumber(hidden)}
          <span className="sr-only">
            {" "}
            more {word} of {node.name}
          </span>
        </span>
      )}
    </button>
  );
}
