import { Handle, type Node, type NodeProps, Position, useStore } from "@xyflow/react";
import { ChevronLeft, ChevronRight, Minus } from "lucide-react";
import type { LineageNode } from "@/api/types";
import { LastStatusMark } from "@/components/ui/last-status";
import { TypeIcon, typeHue } from "@/components/ui/resource";
import { cn } from "@/lib/cn";
import { formatNumber, typeLabel } from "@/lib/format";
import { lastStatus } from "@/lib/status";
import { useGraph } from "./graph-context";

export const CARD_WIDTH = 236;
export const CARD_HEIGHT = 58;
const FAR_ZOOM = 0.45;

export type CardNode = Node<{ node: LineageNode }, "card">;

/** A node of the graph: what it is, how it is doing, and how much more there is on either side. */
export function NodeCard({ data: { node } }: NodeProps<CardNode>) {
  const graph = useGraph();
  const far = useStore((state) => state.transform[2] < FAR_ZOOM);
  const dimmed = graph.lit !== null && !graph.lit.has(node.unique_id);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hovering only lights the paths; focus does the same for keys
    <div
      data-node={node.unique_id}
      className={cn("nopan relative transition-opacity duration-150", dimmed && "opacity-35")}
      style={{ width: CARD_WIDTH, height: CARD_HEIGHT }}
      onMouseEnter={() => graph.hover(node.unique_id)}
      onMouseLeave={() => graph.hover(null)}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} className="!opacity-0" />
      <Expander side="up" node={node} />
      {far ? <FarCard node={node} /> : <NearCard node={node} />}
      <Expander side="down" node={node} />
      <Handle type="source" position={Position.Right} isConnectable={false} className="!opacity-0" />
    </div>
  );
}

function NearCard({ node }: { node: LineageNode }) {
  const graph = useGraph();
  const details = [typeLabel(node.resource_type), node.materialization, node.schema_name]
    .filter(Boolean)
    .join(" · ");
  return (
    <button
      type="button"
      data-card
      title={node.unique_id}
      aria-pressed={graph.selected === node.unique_id}
      onClick={() => graph.select(node.unique_id)}
      onFocus={() => graph.hover(node.unique_id)}
      onBlur={() => graph.hover(null)}
      className={cn(
        "flex h-full w-full flex-col justify-center gap-0.5 rounded-md border bg-canvas px-3 text-left hover:border-line-strong",
        graph.focus === node.unique_id && "border-2 border-accent hover:border-accent",
        graph.selected === node.unique_id && "bg-accent-soft",
      )}
    >
      <span className="flex w-full items-center gap-1.5">
        <TypeIcon type={node.resource_type} size={14} />
        <span className="min-w-0 flex-1 truncate font-mono text-xs font-medium">{node.name}</span>
        <LastStatusMark node={node} size={13} />
      </span>
      <span className="w-full truncate text-2xs text-muted">{details}</span>
    </button>
  );
}

/** Far out a card is a bar in the hue of its type. */
function FarCard({ node }: { node: LineageNode }) {
  const graph = useGraph();
  const status = lastStatus(node)?.label ?? "";
  return (
    <button
      type="button"
      data-card
      title={`${node.name}, ${status}`}
      onClick={() => graph.select(node.unique_id)}
      className={cn(
        "flex h-full w-full items-center gap-2 rounded-md border-l-[14px] border-current bg-surface px-2",
        typeHue(node.resource_type),
        graph.focus === node.unique_id && "ring-4 ring-accent",
      )}
    >
      <LastStatusMark node={node} size={26} />
      <span className="min-w-0 flex-1 truncate text-left font-mono text-xl text-ink">{node.name}</span>
    </button>
  );
}

/** The arrow at a card's side: opens the neighbours not shown, and says how many they are. */
function Expander({ side, node }: { side: "up" | "down"; node: LineageNode }) {
  const graph = useGraph();
  const [total, shown] =
    side === "up" ? [node.parents_total, node.parents_shown] : [node.children_total, node.children_shown];
  const opened = (side === "up" ? graph.expandedUp : graph.expandedDown).has(node.unique_id);
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
        "absolute bottom-0.5 z-10 flex h-5 items-center rounded-md border bg-surface px-0.5 text-2xs text-muted hover:border-accent hover:text-accent",
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
