import "@xyflow/react/dist/base.css";
import { Controls, MiniMap, ReactFlow, ReactFlowProvider, useReactFlow, type Viewport } from "@xyflow/react";
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { Lineage } from "@/api/lineage-types";
import { type Camera, viewFrom, viewText } from "@/features/lineage/canvas/camera";
import { useMedia } from "@/lib/hooks";
import { edgesOf } from "./edges";
import { type GraphActions, GraphContext } from "./graph-context";
import { GroupCard, type GroupNode } from "./group-card";
import type { Card, Model } from "./model";
import { type CardNode, NodeCard } from "./node-card";
import { columnRelatives, type Direction, type Lit, neighbourOf, relativesOf } from "./relatives";

const NODE_TYPES = { card: NodeCard, "group-card": GroupCard };
const KEYS: Record<string, Direction> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};
const FIT = { padding: 0.12, maxZoom: 1, minZoom: 0.5 };
const MAP_FROM = 12;

export type Chosen = Omit<GraphActions, "lit" | "hover" | "bands" | "focus">;

interface GraphProps {
  graph: Lineage;
  model: Model;
  chosen: Chosen;
  /** The edge that is looked at. */
  edge: string | null;
  onEdge: (key: string) => void;
  /** The part in sight, as the address has it. */
  viewport: string | null;
  onViewport: (text: string) => void;
}

export default function LineageGraph(props: GraphProps) {
  return (
    <ReactFlowProvider>
      <Graph {...props} />
    </ReactFlowProvider>
  );
}

interface Hovered {
  node: string;
  column: string | null;
}

function litOf(model: Model, touched: Hovered | null): Lit | null {
  if (touched === null) return null;
  if (touched.column !== null) return columnRelatives(model.columnEdges, touched.node, touched.column);
  const pairs = [
    ...model.edges,
    ...model.columnEdges.map(({ from, to }) => ({ from: from.node, to: to.node })),
  ];
  return { nodes: relativesOf(pairs, touched.node), columns: null };
}

function Graph({ graph, model, chosen, edge, onEdge, viewport, onViewport }: GraphProps) {
  const [hovered, setHovered] = useState<Hovered | null>(null);
  const { selected, selectedColumn } = chosen;
  const lit = useMemo(() => {
    const held =
      selected !== null && selectedColumn !== null ? { node: selected, column: selectedColumn } : null;
    return litOf(model, hovered ?? held);
  }, [model, hovered, selected, selectedColumn]);
  const nodes = useMemo(() => [...model.cards.map(cardOf), ...model.groups.map(groupOf)], [model]);
  const edges = useMemo(() => edgesOf(model, lit, edge), [model, lit, edge]);
  const keepInPlace = useAnchor(model.cards);
  const rest = useRest(viewport, onViewport);
  const box = useRef<HTMLDivElement>(null);
  const wide = useMedia("(min-width: 768px)");

  const actions: GraphActions = {
    ...chosen,
    focus: graph.focus,
    bands: model.bands,
    lit,
    hover: (node, column = null) => setHovered(node === null ? null : { node, column: column ?? null }),
    toggle: (side, uniqueId) => {
      keepInPlace(uniqueId);
      chosen.toggle(side, uniqueId);
    },
    toggleColumns: (uniqueId, shown) => {
      keepInPlace(uniqueId);
      chosen.toggleColumns(uniqueId, shown);
    },
    showAllColumns: (uniqueId) => {
      keepInPlace(uniqueId);
      chosen.showAllColumns(uniqueId);
    },
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const target = event.target as HTMLElement;
    const here = target.closest<HTMLElement>("[data-node]");
    const direction = KEYS[event.key];
    if (!here || !direction) return;
    const next = nextRow(here, target, direction) ?? nextCard(box.current, graph, here, direction);
    if (!next) return;
    event.preventDefault();
    next.focus();
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
          onEdgeClick={(_, clicked) => onEdge(clicked.id)}
          onMoveEnd={rest}
          panOnScroll
          minZoom={0.08}
          maxZoom={1.5}
          {...startOf(viewport)}
          fitViewOptions={FIT}
        >
          <Controls showInteractive={false} fitViewOptions={FIT} />
          {wide && nodes.length > MAP_FROM ? (
            <MiniMap
              pannable
              zoomable
              ariaLabel="Map of the graph"
              bgColor="var(--canvas)"
              maskColor="color-mix(in oklab, var(--sunken) 70%, transparent)"
              nodeColor="var(--line-strong)"
              className="rounded-md border"
              style={{ width: 150, height: 96 }}
            />
          ) : null}
        </ReactFlow>
      </div>
    </GraphContext>
  );
}

/** Up and down go through the rows of a card before they leave it. */
function nextRow(card: HTMLElement, from: HTMLElement, direction: Direction): HTMLElement | null {
  if (direction !== "up" && direction !== "down") return null;
  const stops = [...card.querySelectorAll<HTMLElement>("[data-card], [data-column]")];
  return stops[stops.indexOf(from) + (direction === "down" ? 1 : -1)] ?? null;
}

function nextCard(
  box: HTMLElement | null,
  graph: Lineage,
  card: HTMLElement,
  direction: Direction,
): HTMLElement | null {
  const next = neighbourOf(graph, card.dataset["node"] ?? "", direction);
  if (!next) return null;
  return box?.querySelector<HTMLElement>(`[data-node="${CSS.escape(next.unique_id)}"] [data-card]`) ?? null;
}

// The library takes the pointer away from nodes that it does not select or drag itself.
const TOUCHED = { pointerEvents: "all" } as const;

const cardOf = (card: Card): CardNode => ({
  id: card.id,
  type: "card",
  position: { x: card.x, y: card.y },
  width: card.width,
  height: card.height,
  style: TOUCHED,
  data: { card },
});

const groupOf = (group: Model["groups"][number]): GroupNode => ({
  id: group.id,
  type: "group-card",
  position: { x: group.x, y: group.y },
  width: group.width,
  height: group.height,
  style: TOUCHED,
  data: { group },
});

/** The address keeps the corner and the zoom; without them everything near the middle is in sight. */
function startOf(text: string | null): { defaultViewport: Viewport } | { fitView: true } {
  const camera: Camera | null = viewFrom(text);
  return camera === null ? { fitView: true } : { defaultViewport: camera };
}

/** Tells where the view has come to rest, but not where it begins by itself. */
function useRest(viewport: string | null, onViewport: (text: string) => void) {
  const begun = useRef(viewport !== null);
  return useCallback(
    (event: unknown, view: Viewport) => {
      if (event !== null) begun.current = true;
      if (begun.current) onViewport(viewText(view));
    },
    [onViewport],
  );
}

/**
 * Opening a node lays the graph out anew. The opened node stays where it was on the screen, so that the reader does not
 * lose the place; with reduced motion nothing slides.
 */
function useAnchor(cards: readonly Card[]): (uniqueId: string) => void {
  const flow = useReactFlow();
  const anchor = useRef<{ id: string; x: number; y: number } | null>(null);
  const find = useCallback((id: string) => cards.find((card) => card.id === id), [cards]);

  useEffect(() => {
    const before = anchor.current;
    const now = before ? find(before.id) : undefined;
    if (!before || !now || (now.x === before.x && now.y === before.y)) return;
    anchor.current = { id: now.id, x: now.x, y: now.y };
    void flow.setViewport(shifted(flow.getViewport(), before.x - now.x, before.y - now.y));
  }, [find, flow]);

  return (uniqueId) => {
    const card = find(uniqueId);
    anchor.current = card ? { id: uniqueId, x: card.x, y: card.y } : null;
  };
}

const shifted = (view: Viewport, x: number, y: number): Viewport => ({
  x: view.x + x * view.zoom,
  y: view.y + y * view.zoom,
  zoom: view.zoom,
});
