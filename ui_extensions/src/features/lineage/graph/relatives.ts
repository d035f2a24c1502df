import type { ColumnEdge, Lineage, LineageNode } from "@/api/lineage-types";
import { ALL_ROWS } from "@/features/lineage/words";

export type Direction = "left" | "right" | "up" | "down";
interface Pair {
  from: string;
  to: string;
}

/** Nodes and columns on the ways to and from something. Columns are null where only nodes were followed. */
export interface Lit {
  nodes: ReadonlySet<string>;
  columns: ReadonlySet<string> | null;
}

export const columnKey = (node: string, column: string) => `${node}\n${column}`;

/** A node with all that feeds it and all that it feeds, among what is shown. */
export function relativesOf(edges: readonly Pair[], start: string): Set<string> {
  const found = new Set([start]);
  for (const up of [true, false]) walk(steps(edges, up), start, found);
  return found;
}

/** A column with all columns on its ways, and their nodes. What decides on all rows decides on each column of the node. */
export function columnRelatives(edges: readonly ColumnEdge[], node: string, column: string): Lit {
  const pairs = edges.flatMap((edge): Pair[] => {
    const from = columnKey(edge.from.node, edge.from.column);
    const to = columnKey(edge.to.node, edge.to.column);
    return [{ from, to }];
  });
  const columns = relativesOf(pairs, columnKey(node, column));
  for (const edge of edges) {
    if (edge.to.column === ALL_ROWS && edge.to.node === node)
      columns.add(columnKey(edge.from.node, edge.from.column)).add(columnKey(node, ALL_ROWS));
  }
  return { columns, nodes: new Set([...columns].map((key) => key.slice(0, key.indexOf("\n")))) };
}

export const isLitEdge = (lit: Lit, edge: ColumnEdge): boolean =>
  lit.columns === null
    ? lit.nodes.has(edge.from.node) && lit.nodes.has(edge.to.node)
    : lit.columns.has(columnKey(edge.from.node, edge.from.column)) &&
      lit.columns.has(columnKey(edge.to.node, edge.to.column));

function steps(edges: readonly Pair[], up: boolean): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { from, to } of edges) {
    const [near, far] = up ? [to, from] : [from, to];
    const known = found.get(near);
    if (known) known.push(far);
    else found.set(near, [far]);
  }
  return found;
}

function walk(next: ReadonlyMap<string, string[]>, start: string, found: Set<string>): void {
  const seen = new Set([start]);
  const waiting = [start];
  for (let current = waiting.pop(); current !== undefined; current = waiting.pop()) {
    for (const other of next.get(current) ?? []) {
      if (seen.has(other)) continue;
      seen.add(other);
      found.add(other);
      waiting.push(other);
    }
  }
}

/** The node an arrow key goes to: left and right along an edge, up and down within the layer. */
export function neighbourOf(
  graph: Pick<Lineage, "nodes" | "edges">,
  uniqueId: string,
  direction: Direction,
): LineageNode | null {
  const here = graph.nodes.find((node) => node.unique_id === uniqueId);
  if (!here) return null;
  if (direction === "up" || direction === "down") return inLayer(graph, here, direction === "up" ? -1 : 1);
  const linked = new Set(
    graph.edges.flatMap((edge) => {
      if (direction === "left") return edge.to === uniqueId ? [edge.from] : [];
      return edge.from === uniqueId ? [edge.to] : [];
    }),
  );
  const candidates = graph.nodes.filter((node) => linked.has(node.unique_id));
  return candidates.sort((left, right) => Math.abs(left.y - here.y) - Math.abs(right.y - here.y))[0] ?? null;
}

function inLayer(graph: Pick<Lineage, "nodes">, here: LineageNode, step: number): LineageNode | null {
  const layer = graph.nodes
    .filter((node) => node.layer === here.layer)
    .sort((left, right) => left.order - right.order);
  return layer[layer.indexOf(here) + step] ?? null;
}
