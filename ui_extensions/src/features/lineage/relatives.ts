import type { Lineage, LineageNode } from "@/api/types";

export type Direction = "left" | "right" | "up" | "down";

/** A node with all that feeds it and all that it feeds, among what is shown. */
export function relativesOf(edges: Lineage["edges"], uniqueId: string): Set<string> {
  const found = new Set([uniqueId]);
  walk(edges, uniqueId, "to", "from", found);
  walk(edges, uniqueId, "from", "to", found);
  return found;
}

function walk(
  edges: Lineage["edges"],
  start: string,
  near: "from" | "to",
  far: "from" | "to",
  found: Set<string>,
): void {
  const seen = new Set([start]);
  const waiting = [start];
  for (let current = waiting.pop(); current !== undefined; current = waiting.pop()) {
    for (const edge of edges) {
      if (edge[near] !== current || seen.has(edge[far])) continue;
      seen.add(edge[far]);
      found.add(edge[far]);
      waiting.push(edge[far]);
    }
  }
}

/** The node an arrow key goes to: left and right along an edge, up and down within the layer. */
export function neighbourOf(graph: Lineage, uniqueId: string, direction: Direction): LineageNode | null {
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

function inLayer(graph: Lineage, here: LineageNode, step: number): LineageNode | null {
  const layer = graph.nodes
    .filter((node) => node.layer === here.layer)
    .sort((left, right) => left.order - right.order);
  return layer[layer.indexOf(here) + step] ?? null;
}
