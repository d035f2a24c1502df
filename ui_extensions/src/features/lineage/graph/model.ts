import type { ColumnEdge, Lineage, LineageEdge, LineageNode, ShownColumn } from "@/api/lineage-types";
import type { GraphView } from "@/features/lineage/address";
import {
  bandsOf,
  closedGroups,
  type FoldedEdge,
  fold,
  type GroupBox,
  groupId,
  groupOf,
  settle,
} from "@/features/lineage/grouping";

export const CARD_WIDTH = 236;
export const HEAD_HEIGHT = 58;
export const ROW_HEIGHT = 22;
const FRAME = 3;

/** A card in its place. */
export interface Card {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
  node: LineageNode;
  rows: ShownColumn[];
  /** How many columns are not shown, of a card that shows some. */
  hidden: number;
}

/** What is drawn of the graph around a node. */
export interface Model {
  cards: Card[];
  groups: GroupBox[];
  edges: (FoldedEdge & { change: LineageEdge["change"] })[];
  columnEdges: ColumnEdge[];
  bands: ReadonlyMap<string, string>;
  closed: ReadonlySet<string>;
}

/** Traced columns first; otherwise in the order of the table. */
export function rowsOf(node: LineageNode): ShownColumn[] {
  const columns = node.columns ?? [];
  return [...columns.filter(({ traced }) => traced), ...columns.filter(({ traced }) => !traced)];
}

export function heightOf(node: LineageNode): number {
  if (node.columns === null) return HEAD_HEIGHT;
  const hidden = node.columns_total > node.columns.length ? 1 : 0;
  return HEAD_HEIGHT + (node.columns.length + hidden) * ROW_HEIGHT + FRAME;
}

function cardOf(node: LineageNode): Card {
  const rows = rowsOf(node);
  return {
    id: node.unique_id,
    x: node.x,
    y: node.y,
    width: CARD_WIDTH,
    height: heightOf(node),
    node,
    rows,
    hidden: node.columns === null ? 0 : Math.max(0, node.columns_total - rows.length),
  };
}

export function modelOf(graph: Lineage, view: Pick<GraphView, "group" | "fold" | "influence">): Model {
  const { group } = view;
  const nameOf = (node: LineageNode) => (group === null ? "" : groupOf(group, node));
  const names = group === null ? [] : graph.nodes.map(nameOf);
  const closed = closedGroups(names, graph.nodes.length, view.fold);
  const folded = fold(graph.nodes.map(cardOf), graph.edges, ({ node }) => nameOf(node), closed, {
    width: CARD_WIDTH,
    height: HEAD_HEIGHT,
  });
  const placed = new Map(settle([...folded.nodes, ...folded.groups]).map((box) => [box.id, box]));
  const inPlace = <B extends { id: string; x: number; y: number }>(box: B): B => ({
    ...box,
    y: placed.get(box.id)?.y ?? box.y,
  });
  const columnEdges = shownColumnEdges(graph, new Set(folded.nodes.map(({ id }) => id)), view.influence);
  const told = new Set(columnEdges.map((edge) => `${edge.from.node}\n${edge.to.node}`));
  const changes = new Map(graph.edges.map((edge) => [`${edge.from}\n${edge.to}`, edge.change]));
  return {
    cards: folded.nodes.map(inPlace),
    groups: folded.groups.map(inPlace),
    edges: folded.edges
      // What columns say needs not be said again by their nodes.
      .filter(({ from, to }) => !told.has(`${from}\n${to}`))
      .map((edge) => ({ ...edge, change: changes.get(`${edge.from}\n${edge.to}`) ?? null })),
    columnEdges,
    bands: bandsOf(names),
    closed,
  };
}

/** Influences only where they are asked for; edges of closed groups are told by the groups. */
function shownColumnEdges(graph: Lineage, open: ReadonlySet<string>, influence: boolean): ColumnEdge[] {
  return graph.column_edges.filter(
    (edge) =>
      open.has(edge.from.node) &&
      open.has(edge.to.node) &&
      (influence || edge.kind === "value" || edge.change !== null),
  );
}

/** Where on its card a column is, from the card's top; the head stands for columns that are not shown. */
export function rowMiddle(card: Card, column: string): number {
  const row = card.rows.findIndex(({ name }) => name === column);
  return row < 0 ? HEAD_HEIGHT / 2 : HEAD_HEIGHT + row * ROW_HEIGHT + ROW_HEIGHT / 2;
}

export const hasRow = (card: Card | undefined, column: string) =>
  card?.rows.some(({ name }) => name === column) ?? false;

export const isGroupId = (id: string, closed: ReadonlySet<string>) =>
  [...closed].some((name) => groupId(name) === id);
