import "@xyflow/react/dist/base.css";
import {
  Controls,
  type Edge,
  MarkerType,
  ReactFlow,
  ReactFlowProvider,
  useReactFlow,
  type Viewport,
} from "@xyflow/react";
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Lineage } from "@/api/types";
import { type GraphActions, GraphContext } from "./graph-context";
import { CARD_HEIGHT, CARD_WIDTH, type CardNode, NodeCard } from "./node-card";
import { type Direction, neighbourOf, relativesOf } from "./relatives";

const NODE_TYPES = { card: NodeCard };
const KEYS: Record<string, Direction> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};
const FIT = { padding: 0.15, maxZoom: 1, minZoom: 0.5 };

type Chosen = Pick<GraphActions, "selected" | "expandedUp" | "expandedDown" | "toggle" | "select">;

export default function LineageGraph(props: { graph: Lineage } & Chosen) {
  return (
    <ReactFlowProvider>
      <Graph {...props} />
    </ReactFlowProvider>
  );
}

function Graph({ graph, toggle, ...chosen }: { graph: Lineage } & Chosen) {
  const [hovered, setHovered] = useState<string | null>(null);
  const lit = useMemo(() => (hovered ? relativesOf(graph.edges, hovered) : null), [graph.edges, hovered]);
  const nodes = useMemo(() => graph.nodes.map(cardOf), [graph.nodes]);
  const edges = useMemo(() => graph.edges.map((edge) => edgeOf(edge, lit)), [graph.edges, lit]);
  const keepInPlace = useAnchor(graph);
  const box = useRef<HTMLDivElement>(null);

  const actions: GraphActions = {
    ...chosen,
    focus: graph.focus,
    lit,
    hover: setHovered,
    toggle: (side, uniqueId) => {
      keepInPlace(uniqueId);
      toggle(side, uniqueId);
    },
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const here = (event.target as HTMLElement).closest<HTMLElement>("[data-node]")?.dataset["node"];
    const direction = KEYS[event.key];
    if (!here || !direction) return;
    const next = neighbourOf(graph, here, direction);
    if (!next) return;
    event.preventDefault();
    const selector = `[data-node="${CSS.escape(next.unique_id)}"] [data-card]`;
    box.current?.querySelector<HTMLElement>(selector)?.focus();
  };
  return (
    <GraphContext value={actions}>
      <div ref={box} role="application" aria-label="Lineage graph" className="h-full" onKeyDown={onKeyDown}>
        <ReactFlow
          nodes={nodes}
          edges={edges}
          nodeTypes={NODE_TYPES}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          panOnScroll
          minZoom={0.08}
          maxZoom={1.5}
          fitView
          fitViewOptions={FIT}
        >
          <Controls showInteractive={false} fitViewOptions={FIT} />
        </ReactFlow>
      </div>
    </GraphContext>
  );
}

function cardOf(node: Lineage["nodes"][number]): CardNode {
  return {
    id: node.unique_id,
    type: "card",
    position: { x: node.x, y: node.y },
    width: CARD_WIDTH,
    height: CARD_HEIGHT,
    // The library takes the pointer away from nodes that it does not select or drag itself.
    style: { pointerEvents: "all" },
    data: { node },
  };
}

function edgeOf(edge: Lineage["edges"][number], lit: ReadonlySet<string> | null): Edge {
  const onPath = lit?.has(edge.from) && lit.has(edge.to);
  const stroke = onPath ? "var(--accent)" : "var(--line-strong)";
  return {
    id: `${edge.from}>${edge.to}`,
    source: edge.from,
    target: edge.to,
    style: { stroke, strokeWidth: onPath ? 1.8 : 1.2, opacity: lit && !onPath ? 0.35 : 1 },
    markerEnd: { type: MarkerType.ArrowClosed, color: stroke, width: 14, height: 14 },
    zIndex: onPath ? 1 : 0,
  };
}

/**
 * Opening a node lays the graph out anew. The opened node stays where it was on the screen, so that the reader does not
 * lose the place; with reduced motion nothing slides.
 */
function useAnchor(graph: Lineage): (uniqueId: string) => void {
  const flow = useReactFlow();
  const anchor = useRef<{ id: string; x: number; y: number } | null>(null);
  const find = useCallback((id: string) => graph.nodes.find((node) => node.unique_id === id), [graph]);

  useEffect(() => {
    const before = anchor.current;
    const now = before ? find(before.id) : undefined;
    if (!before || !now || (now.x === before.x && now.y === before.y)) return;
    anchor.current = { id: now.unique_id, x: now.x, y: now.y };
    void flow.setViewport(shifted(flow.getViewport(), before.x - now.x, before.y - now.y));
  }, [find, flow]);

  return (uniqueId) => {
    const node = find(uniqueId);
    anchor.current = node ? { id: uniqueId, x: node.x, y: node.y } : null;
  };
}

const shifted = (view: Viewport, x: number, y: number): Viewport => ({
  x: view.x + x * view.zoom,
  y: view.y + y * view.zoom,
  zoom: view.zoom,
});
