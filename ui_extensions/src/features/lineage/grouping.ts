import { bandOf } from "./lens";

export type Grouping = "schema" | "folder" | "tag" | "type" | "package";

export const GROUPINGS: { value: Grouping; label: string }[] = [
  { value: "schema", label: "Schema" },
  { value: "folder", label: "Folder" },
  { value: "tag", label: "Tag" },
  { value: "type", label: "Type" },
  { value: "package", label: "Package" },
];

interface Grouped {
  schema_name: string | null;
  folder: string;
  tags: readonly string[];
  resource_type: string;
  package_name: string;
}

const NONE: Record<Grouping, string> = {
  schema: "no schema",
  folder: "no folder",
  tag: "no tag",
  type: "no type",
  package: "no package",
};

export const noGroup = (grouping: Grouping) => NONE[grouping];

/** The group a node belongs to. Of several tags the first one counts: a card stands in one place. */
export function groupOf(grouping: Grouping, node: Grouped): string {
  const found = {
    schema: node.schema_name,
    folder: node.folder,
    tag: node.tags[0],
    type: node.resource_type.replaceAll("_", " "),
    package: node.package_name,
  }[grouping];
  return found || NONE[grouping];
}

/** A colour for each group, in the order of their names: the same in the graph and the legend. */
export function bandsOf(groups: Iterable<string>): Map<string, string> {
  const names = [...new Set(groups)].sort();
  return new Map(names.map((name, index) => [name, bandOf(index)]));
}

/** More than this is never drawn as single cards at first. */
export const CLOSED_FROM = 200;

/** Which groups are closed: all or none at first, and those that were toggled the other way round. */
export function closedGroups(
  names: Iterable<string>,
  nodes: number,
  toggled: readonly string[],
): Set<string> {
  const closed = nodes > CLOSED_FROM;
  return new Set([...names].filter((name) => closed !== toggled.includes(name)));
}

export interface Box {
  id: string;
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface GroupBox extends Box {
  name: string;
  members: string[];
}

export interface FoldedEdge {
  from: string;
  to: string;
  /** How many edges of nodes it stands for. */
  count: number;
}

export interface Folded<B extends Box> {
  nodes: B[];
  groups: GroupBox[];
  edges: FoldedEdge[];
}

export const groupId = (name: string) => `group:${name}`;

/**
 * Closed groups as one card each. A group stands where the middle of its nodes was; then every column is packed anew, so that
 * what is left stands together.
 */
export function fold<B extends Box>(
  boxes: readonly B[],
  edges: readonly { from: string; to: string }[],
  groupOfBox: (box: B) => string,
  closed: ReadonlySet<string>,
  size: { width: number; height: number },
): Folded<B> {
  const members = new Map<string, B[]>();
  const standsFor = new Map<string, string>();
  const open: B[] = [];
  for (const box of boxes) {
    const name = groupOfBox(box);
    if (!closed.has(name)) {
      open.push(box);
      continue;
    }
    standsFor.set(box.id, groupId(name));
    const found = members.get(name);
    if (found) found.push(box);
    else members.set(name, [box]);
  }
  const groups = [...members].map(([name, inside]): GroupBox => {
    const byX = inside.map(({ x }) => x).sort((left, right) => left - right);
    return {
      id: groupId(name),
      name,
      members: inside.map(({ id }) => id),
      x: byX[Math.floor(byX.length / 2)] ?? 0,
      y: inside.reduce((sum, { y }) => sum + y, 0) / inside.length,
      ...size,
    };
  });
  if (groups.length === 0)
    return { nodes: [...open], groups, edges: edges.map((edge) => ({ ...edge, count: 1 })) };
  const packed = pack([...open, ...groups], new Set(groups.map(({ id }) => id)));
  const placed = <T extends Box>(box: T): T => ({ ...box, ...packed.get(box.id) });
  return { nodes: open.map(placed), groups: groups.map(placed), edges: joined(edges, standsFor) };
}

function joined(
  edges: readonly { from: string; to: string }[],
  standsFor: ReadonlyMap<string, string>,
): FoldedEdge[] {
  const found = new Map<string, FoldedEdge>();
  for (const edge of edges) {
    const from = standsFor.get(edge.from) ?? edge.from;
    const to = standsFor.get(edge.to) ?? edge.to;
    if (from === to) continue;
    const key = `${from}\n${to}`;
    const one = found.get(key);
    if (one) one.count += 1;
    else found.set(key, { from, to, count: 1 });
  }
  return [...found.values()];
}

const COLUMN_GAP = 84;
const ROW_GAP = 34;

/** Columns one beside the other, each stacked without holes around the same middle line. */
function pack(boxes: readonly Box[], groups: ReadonlySet<string>): Map<string, { x: number; y: number }> {
  const columns = merged(columnsOf(boxes), groups);
  const places = new Map<string, { x: number; y: number }>();
  let x = 0;
  for (const column of columns) {
    const tall = column.reduce((sum, { height }) => sum + height + ROW_GAP, -ROW_GAP);
    let y = -tall / 2;
    for (const box of column) {
      places.set(box.id, { x, y });
      y += box.height + ROW_GAP;
    }
    x += Math.max(...column.map(({ width }) => width)) + COLUMN_GAP;
  }
  return places;
}

const LEAST_TOGETHER = 3;

/** Columns of nothing but closed groups are put together, or a few groups would make one long thin line. */
function merged<B extends Box>(columns: B[][], groups: ReadonlySet<string>): B[][] {
  const most = Math.max(LEAST_TOGETHER, Math.ceil(Math.sqrt(groups.size)));
  const found: B[][] = [];
  for (const column of columns) {
    const last = found.at(-1);
    const alike = (one: B[]) => one.every(({ id }) => groups.has(id));
    if (last && alike(last) && alike(column) && last.length + column.length <= most) last.push(...column);
    else found.push([...column]);
  }
  return found;
}

/** Boxes by where they begin from the left, each column from the top. */
function columnsOf<B extends Box>(boxes: readonly B[]): B[][] {
  const columns = new Map<number, B[]>();
  for (const box of boxes) {
    const column = columns.get(box.x);
    if (column) column.push(box);
    else columns.set(box.x, [box]);
  }
  return [...columns]
    .sort(([left], [right]) => left - right)
    .map(([, column]) => column.sort((left, right) => left.y - right.y));
}

/** Boxes that would cover each other are pushed down, as little as it takes. */
export function settle<B extends Box>(boxes: readonly B[], gap = 18): B[] {
  const pushed = new Map<string, number>();
  for (const column of columnsOf(boxes)) {
    let free = Number.NEGATIVE_INFINITY;
    for (const box of column) {
      const y = Math.max(box.y, free);
      pushed.set(box.id, y);
      free = y + box.height + gap;
    }
  }
  return boxes.map((box) =>
    pushed.get(box.id) === box.y ? box : { ...box, y: pushed.get(box.id) ?? box.y },
  );
}
