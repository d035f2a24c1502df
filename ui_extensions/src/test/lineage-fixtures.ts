import type {
  ColumnEdge,
  ColumnLineage,
  Lineage,
  LineageCoverage,
  LineageEdge,
  LineageNode,
  NodeLineage,
  ShownColumn,
  TraceState,
  WholeGraph,
} from "@/api/lineage-types";

const id = (name: string) => `model.shop.${name}`;

export const trace = (changes: Partial<TraceState> = {}): TraceState => ({
  state: "done",
  snapshot: 7,
  wanted: 7,
  current: true,
  done: 10,
  total: 10,
  computed: 10,
  error: null,
  started_at: "2024-05-01T08:00:00Z",
  finished_at: "2024-05-01T08:01:00Z",
  ...changes,
});

export const shownColumn = (name: string, changes: Partial<ShownColumn> = {}): ShownColumn => ({
  name,
  known_from: "catalog",
  status: "complete",
  traced: true,
  parents_total: 1,
  children_total: 0,
  change: null,
  ...changes,
});

export const lineageNode = (name: string, changes: Partial<LineageNode> = {}): LineageNode => ({
  unique_id: id(name),
  name,
  resource_type: "model",
  materialization: "table",
  last_status: "success",
  package_name: "shop",
  schema_name: "marts",
  folder: "models/marts",
  tags: [],
  freshness: null,
  tests: null,
  lineage_status: "complete",
  columns: null,
  columns_total: 0,
  change: null,
  layer: 0,
  order: 0,
  x: 0,
  y: 0,
  width: 236,
  height: 58,
  parents_total: 0,
  children_total: 0,
  parents_shown: 0,
  children_shown: 0,
  ...changes,
});

export const nodeEdge = (from: string, to: string, change: LineageEdge["change"] = null): LineageEdge => ({
  from: id(from),
  to: id(to),
  change,
});

/** "stg_orders.amount" to "orders.total". */
export function columnEdge(from: string, to: string, changes: Partial<ColumnEdge> = {}): ColumnEdge {
  const end = (text: string) => {
    const [name = "", column = ""] = text.split(".");
    return { node: id(name), name, resource_type: "model", column };
  };
  return {
    from: end(from),
    to: end(to),
    kind: "value",
    transform: "copied",
    confidence: 1,
    span: null,
    change: null,
    before: null,
    ...changes,
  };
}

export const lineage = (changes: Partial<Lineage> = {}): Lineage => ({
  focus: id("orders"),
  nodes: [
    lineageNode("stg_orders", { parents_total: 4, children_total: 1, children_shown: 1 }),
    lineageNode("orders", { layer: 1, x: 320, parents_total: 1, parents_shown: 1 }),
  ],
  edges: [nodeEdge("stg_orders", "orders")],
  column_edges: [],
  totals: { ancestors: 9, descendants: 0 },
  column_totals: null,
  truncated: false,
  trace: trace(),
  ...changes,
});

export const columnLineage = (name: string, changes: Partial<ColumnLineage> = {}): ColumnLineage => ({
  name,
  known_from: "catalog",
  status: "complete",
  reason: "",
  parents_total: 0,
  children_total: 0,
  from: [],
  from_total: 0,
  ...changes,
});

export const nodeLineage = (items: ColumnLineage[], changes: Partial<NodeLineage> = {}): NodeLineage => ({
  status: "complete",
  reason: "",
  kept_since: null,
  code: "current",
  trace: trace(),
  columns: { items, total: items.length, next_cursor: null },
  rows: [],
  ...changes,
});

export const coverage = (changes: Partial<LineageCoverage> = {}): LineageCoverage => ({
  trace: trace(),
  nodes: { complete: 6, partial: 2, unknown: 1, not_applicable: 1, not_traced: 0 },
  columns: { complete: 40, none: 4, partial: 3, unknown: 3, not_applicable: 9 },
  resolved: 0.88,
  known_from: { catalog: 50, inferred: 9 },
  edges: { value: 60, influence: 30 },
  transforms: { copied: 40, transformed: 20, filter: 30 },
  kept: 0,
  slowest: [],
  ...changes,
});

/** A chain a -> b -> c, and d beside b. */
export const wholeGraph = (changes: Partial<WholeGraph> = {}): WholeGraph => ({
  snapshot: null,
  nodes: {
    id: ["a", "b", "c", "d"].map(id),
    name: ["a", "b", "c", "d"],
    type: [1, 0, 0, 0],
    schema: [0, 1, 1, 0],
    folder: [0, 0, 0, 0],
    package: [0, 0, 0, 0],
    materialization: [-1, 0, 0, 1],
    status: [-1, 0, 1, 0],
    freshness: [0, -1, -1, -1],
    tests: [-1, -1, -1, -1],
    lineage: [0, 1, 2, 3],
    x: [0, 320, 640, 320],
    y: [0, 0, 0, 92],
  },
  words: {
    type: ["model", "source"],
    schema: ["raw", "marts"],
    folder: ["models"],
    package: ["shop"],
    materialization: ["table", "view"],
    status: ["success", "error"],
    freshness: ["pass"],
    tests: [],
    lineage: ["not_applicable", "complete", "unknown", "not_traced"],
  },
  edges: [0, 1, 1, 2, 0, 3],
  width: 900,
  height: 160,
  ...changes,
});
