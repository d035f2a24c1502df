import type { Node, NodeProps } from "@xyflow/react";
import { Layers } from "lucide-react";
import type { GroupBox } from "@/features/lineage/grouping";
import { fillOf } from "@/features/lineage/legend";
import { cn } from "@/lib/cn";
import { plural } from "@/lib/format";
import { useGraph } from "./graph-context";
import { Ends } from "./node-card";

export type GroupNode = Node<{ group: GroupBox }, "group-card">;

/** A closed group: one card for all its nodes. */
export function GroupCard({ data: { group } }: NodeProps<GroupNode>) {
  const graph = useGraph();
  const dimmed = graph.lit !== null && !graph.lit.nodes.has(group.id);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hovering only lights the paths; focus does the same for keys
    <div
      data-node={group.id}
      className={cn("nopan relative", dimmed && "opacity-35")}
      style={{ width: group.width, height: group.height }}
      onMouseEnter={() => graph.hover(group.id)}
      onMouseLeave={() => graph.hover(null)}
    >
      <Ends />
      <span aria-hidden className="absolute -top-1 left-1.5 h-full w-full rounded-md border bg-surface" />
      <button
        type="button"
        data-card
        title={`Open ${group.name}`}
        onClick={() => graph.toggleGroup(group.name)}
        onFocus={() => graph.hover(group.id)}
        onBlur={() => graph.hover(null)}
        className="relative flex h-full w-full flex-col justify-center gap-0.5 overflow-hidden rounded-md border bg-surface pr-3 pl-4 text-left hover:border-line-strong"
      >
        <span className={cn("absolute inset-y-0 left-0 w-1.5", fillOf(graph.bands.get(group.name) ?? ""))} />
        <span className="flex w-full items-center gap-1.5">
          <Layers size={14} className="shrink-0 text-faint" aria-hidden />
          <span className="min-w-0 flex-1 truncate font-mono text-xs font-medium">{group.name}</span>
        </span>
        <span className="text-2xs text-muted">{plural(group.members.length, "node")}, closed</span>
      </button>
    </div>
  );
}
