import type { ColumnEdge, LineageQuery } from "@/api/lineage-types";
import type { Patch } from "@/lib/url-state";
import { GROUPINGS, type Grouping } from "./grouping";
import { LENSES, type Lens } from "./lens";

export const MAX_STEPS = 10;
const DEFAULT_STEPS = 1;
/** So many nodes can show their columns at once. */
const MAX_OPENED = 50;

/** What of the graph around a node is open, chosen and coloured. All of it is in the address. */
export interface GraphView {
  up: number;
  down: number;
  expandUp: string[];
  expandDown: string[];
  tests: boolean;
  /** The column in focus. */
  column: string | null;
  influence: boolean;
  /** Nodes whose traced columns are shown, and those that show all. */
  columns: string[];
  allColumns: string[];
  lens: Lens;
  /** The snapshot that the evolution lens compares with. */
  since: number | null;
  group: Grouping | null;
  /** Groups that are the other way round than at first. */
  fold: string[];
}

export function viewOf(params: URLSearchParams): GraphView {
  const lens = LENSES.find(({ value }) => value === params.get("lens"))?.value ?? "status";
  return {
    up: stepsOf(params.get("up")),
    down: stepsOf(params.get("down")),
    expandUp: params.getAll("expand_up"),
    expandDown: params.getAll("expand_down"),
    tests: params.get("tests") === "1",
    column: params.get("column"),
    influence: params.get("influence") === "1",
    columns: params.getAll("columns").slice(0, MAX_OPENED),
    allColumns: params.getAll("all_columns").slice(0, MAX_OPENED),
    lens,
    since: lens === "evolution" ? numberOf(params.get("since")) : null,
    group: groupingOf(params),
    fold: params.getAll("fold"),
  };
}

export const groupingOf = (params: URLSearchParams): Grouping | null =>
  GROUPINGS.find(({ value }) => value === params.get("group"))?.value ?? null;

export const numberOf = (text: string | null): number | null =>
  text !== null && /^\d{1,15}$/.test(text) ? Number(text) : null;

function stepsOf(text: string | null): number {
  const steps = Number(text ?? DEFAULT_STEPS);
  return Number.isInteger(steps) && steps >= 0 && steps <= MAX_STEPS ? steps : DEFAULT_STEPS;
}

/** What the server is asked; lens and groups are the page's own. */
export const queryOf = (view: GraphView): LineageQuery => ({
  up: view.up,
  down: view.down,
  ...(view.expandUp.length > 0 && { expand_up: view.expandUp }),
  ...(view.expandDown.length > 0 && { expand_down: view.expandDown }),
  ...(view.tests && { tests: true }),
  ...(view.column !== null && { column: view.column }),
  ...(view.influence && { influence: true }),
  ...(view.columns.length > 0 && { columns: view.columns }),
  ...(view.allColumns.length > 0 && { all_columns: view.allColumns }),
  ...(view.since !== null && { since: view.since }),
});

/** Another node or column in the middle: what was open around the old one is not. */
export const AFRESH: Patch = {
  expand_up: null,
  expand_down: null,
  columns: null,
  all_columns: null,
  selected: null,
  edge: null,
  view: null,
  lcolumn: null,
};

/** With it or without it. */
export const toggled = (list: readonly string[], one: string) =>
  list.includes(one) ? list.filter((other) => other !== one) : [...list, one];

/** An edge by its ends and what it does: enough to find it again in what the server answers. */
export const edgeKey = (edge: ColumnEdge) =>
  JSON.stringify([edge.from.node, edge.from.column, edge.to.node, edge.to.column, edge.kind, edge.transform]);

export interface EdgeEnds {
  from: string;
  fromColumn: string | null;
  to: string;
  toColumn: string | null;
  kind: string | null;
  transform: string | null;
}

/** The key of an edge between nodes. */
export const nodeEdgeKey = (from: string, to: string) => JSON.stringify([from, to]);

/** The edge of the address; null for anything that is none. */
export function edgeFrom(text: string | null): EdgeEnds | null {
  if (!text) return null;
  try {
    const parts: unknown = JSON.parse(text);
    if (!Array.isArray(parts) || !parts.every((part) => typeof part === "string")) return null;
    if (parts.length === 2) {
      const [from = "", to = ""] = parts;
      return { from, fromColumn: null, to, toColumn: null, kind: null, transform: null };
    }
    if (parts.length !== 6) return null;
    const [from = "", fromColumn = "", to = "", toColumn = "", kind = "", transform = ""] = parts;
    return { from, fromColumn, to, toColumn, kind, transform };
  } catch {
    return null;
  }
}

/** Several edges between the same columns, such as a value and an influence, are told apart. */
export const isEdge = (ends: EdgeEnds, edge: ColumnEdge) =>
  edge.from.node === ends.from &&
  edge.to.node === ends.to &&
  edge.from.column === ends.fromColumn &&
  edge.to.column === ends.toColumn &&
  edge.kind === ends.kind &&
  edge.transform === ends.transform;
