import type { WholeGraph } from "@/api/lineage-types";
import { fold, type Grouping, noGroup } from "@/features/lineage/grouping";
import type { Area } from "./camera";
import { Grid } from "./grid";

export const CARD = { width: 236, height: 58 };

/** What is drawn on the canvas: nodes, closed groups, and edges between them, by their place in lists. */
export interface Scene {
  count: number;
  ids: string[];
  names: string[];
  x: Float32Array;
  y: Float32Array;
  /** The node of the graph it is, or -1 for a closed group. */
  source: Int32Array;
  /** How many nodes a closed group stands for; 1 for a node. */
  members: Int32Array;
  group: (string | null)[];
  /** Pairs: parent, child. */
  edges: Uint32Array;
  parents: Neighbours;
  children: Neighbours;
  bounds: Area;
  grid: Grid;
  indexOf: Map<string, number>;
}

/** Neighbours of all nodes in one list: those of node n are from start[n] to start[n + 1]. */
export interface Neighbours {
  start: Uint32Array;
  list: Uint32Array;
}

const UNKNOWN_PLACE = -1;

/** A word of a node, such as its schema; null where it has none. */
export function wordOf(graph: WholeGraph, field: WordField, node: number): string | null {
  const place = graph.nodes[field][node] ?? UNKNOWN_PLACE;
  return place < 0 ? null : (graph.words[field]?.[place] ?? null);
}

export type WordField =
  | "type"
  | "schema"
  | "folder"
  | "package"
  | "materialization"
  | "status"
  | "freshness"
  | "tests"
  | "lineage";

/** A node may have several tags, and the whole graph does not carry them: it can be filtered by tag instead. */
export type CanvasGrouping = Exclude<Grouping, "tag">;

export const groupIn = (graph: WholeGraph, grouping: CanvasGrouping, node: number): string =>
  wordOf(graph, grouping, node)?.replaceAll("_", grouping === "type" ? " " : "_") || noGroup(grouping);

export function makeScene(
  graph: WholeGraph,
  grouping: CanvasGrouping | null,
  closed: ReadonlySet<string>,
): Scene {
  return grouping !== null && closed.size > 0
    ? foldedScene(graph, grouping, closed)
    : plainScene(graph, grouping);
}

function plainScene(graph: WholeGraph, grouping: CanvasGrouping | null): Scene {
  const count = graph.nodes.id.length;
  const groups = graph.nodes.id.map((_, node) => (grouping ? groupIn(graph, grouping, node) : null));
  return assembled({
    ids: graph.nodes.id,
    names: graph.nodes.name,
    x: Float32Array.from(graph.nodes.x),
    y: Float32Array.from(graph.nodes.y),
    source: Int32Array.from({ length: count }, (_, node) => node),
    members: new Int32Array(count).fill(1),
    group: groups,
    edges: Uint32Array.from(graph.edges),
  });
}

function foldedScene(graph: WholeGraph, grouping: CanvasGrouping, closed: ReadonlySet<string>): Scene {
  const boxes = graph.nodes.id.map((id, node) => ({
    id,
    node,
    x: graph.nodes.x[node] ?? 0,
    y: graph.nodes.y[node] ?? 0,
    ...CARD,
  }));
  const pairs: { from: string; to: string }[] = [];
  for (let at = 0; at + 1 < graph.edges.length; at += 2) {
    const from = graph.nodes.id[graph.edges[at] ?? 0];
    const to = graph.nodes.id[graph.edges[at + 1] ?? 0];
    if (from !== undefined && to !== undefined) pairs.push({ from, to });
  }
  const folded = fold(boxes, pairs, ({ node }) => groupIn(graph, grouping, node), closed, CARD);
  const all = [
    ...folded.nodes.map((box) => ({
      ...box,
      name: graph.nodes.name[box.node] ?? box.id,
      group: groupIn(graph, grouping, box.node),
      count: 1,
    })),
    ...folded.groups.map((box) => ({ ...box, node: -1, group: box.name, count: box.members.length })),
  ];
  const indexOf = new Map(all.map(({ id }, index) => [id, index]));
  return assembled({
    ids: all.map(({ id }) => id),
    names: all.map(({ name }) => name),
    x: Float32Array.from(all, ({ x }) => x),
    y: Float32Array.from(all, ({ y }) => y),
    source: Int32Array.from(all, ({ node }) => node),
    members: Int32Array.from(all, ({ count }) => count),
    group: all.map(({ group }) => group),
    edges: Uint32Array.from(
      folded.edges.flatMap(({ from, to }) => [indexOf.get(from) ?? 0, indexOf.get(to) ?? 0]),
    ),
  });
}

type Parts = Pick<Scene, "ids" | "names" | "x" | "y" | "source" | "members" | "group" | "edges">;

function assembled(parts: Parts): Scene {
  const count = parts.ids.length;
  const bounds = boundsOf(parts.x, parts.y);
  return {
    ...parts,
    count,
    bounds,
    parents: neighbours(parts.edges, count, 1, 0),
    children: neighbours(parts.edges, count, 0, 1),
    grid: new Grid(parts.x, parts.y, CARD, bounds),
    indexOf: new Map(parts.ids.map((id, index) => [id, index])),
  };
}

function boundsOf(x: Float32Array, y: Float32Array): Area {
  if (x.length === 0) return { left: 0, top: 0, right: 1, bottom: 1 };
  const area = {
    left: Number.POSITIVE_INFINITY,
    top: Number.POSITIVE_INFINITY,
    right: Number.NEGATIVE_INFINITY,
    bottom: Number.NEGATIVE_INFINITY,
  };
  for (let node = 0; node < x.length; node += 1) {
    const [left, top] = [x[node] ?? 0, y[node] ?? 0];
    area.left = Math.min(area.left, left);
    area.top = Math.min(area.top, top);
    area.right = Math.max(area.right, left + CARD.width);
    area.bottom = Math.max(area.bottom, top + CARD.height);
  }
  return area;
}

function neighbours(edges: Uint32Array, count: number, near: 0 | 1, far: 0 | 1): Neighbours {
  const start = new Uint32Array(count + 1);
  for (let at = 0; at < edges.length; at += 2) {
    const node = edges[at + near] ?? 0;
    start[node + 1] = (start[node + 1] ?? 0) + 1;
  }
  for (let node = 0; node < count; node += 1) start[node + 1] = (start[node + 1] ?? 0) + (start[node] ?? 0);
  const next = start.slice();
  const list = new Uint32Array(edges.length / 2);
  for (let at = 0; at < edges.length; at += 2) {
    const node = edges[at + near] ?? 0;
    const place = next[node] ?? 0;
    list[place] = edges[at + far] ?? 0;
    next[node] = place + 1;
  }
  return { start, list };
}

export const neighboursOf = ({ start, list }: Neighbours, node: number): Uint32Array =>
  list.subarray(start[node] ?? 0, start[node + 1] ?? 0);

/** 1 for a node, all that feeds it and all that it feeds. */
export function relativesIn(scene: Scene, node: number): Uint8Array {
  const lit = new Uint8Array(scene.count);
  for (const side of [scene.parents, scene.children]) {
    const seen = new Uint8Array(scene.count);
    seen[node] = 1;
    const waiting = [node];
    for (let here = waiting.pop(); here !== undefined; here = waiting.pop()) {
      lit[here] = 1;
      for (const next of neighboursOf(side, here)) {
        if (seen[next]) continue;
        seen[next] = 1;
        waiting.push(next);
      }
    }
  }
  return lit;
}

export type Step = "left" | "right" | "up" | "down";

/** Where an arrow key leads: left and right along an edge to the nearest neighbour, up and down within the column. */
export function stepFrom(scene: Scene, node: number, step: Step): number | null {
  const y = scene.y[node] ?? 0;
  if (step === "left" || step === "right") {
    const side = step === "left" ? scene.parents : scene.children;
    return nearest([...neighboursOf(side, node)], (other) => Math.abs((scene.y[other] ?? 0) - y));
  }
  const sign = step === "up" ? -1 : 1;
  const column: number[] = [];
  for (let other = 0; other < scene.count; other += 1) {
    if (scene.x[other] === scene.x[node] && sign * ((scene.y[other] ?? 0) - y) > 0) column.push(other);
  }
  return nearest(column, (other) => sign * ((scene.y[other] ?? 0) - y));
}

function nearest(nodes: readonly number[], distance: (node: number) => number): number | null {
  let found: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (const node of nodes) {
    const far = distance(node);
    if (far < least) [found, least] = [node, far];
  }
  return found;
}
