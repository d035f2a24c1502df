import { formatNumber } from "@/lib/format";
import { type Executable, freshnessStatus, lastStatus, nodeStatus, type Tone } from "@/lib/status";
import { changeView, lineageStatus } from "./words";

/** What the colour of a card says. */
export type Lens = "status" | "freshness" | "tests" | "materialization" | "lineage" | "evolution" | "type";

export interface LensView {
  label: string;
  /** The name of the token of its colour. */
  colour: string;
  /** A state also has a shape. */
  tone: Tone | null;
}

export const LENSES: { value: Lens; label: string }[] = [
  { value: "status", label: "Last status" },
  { value: "freshness", label: "Freshness" },
  { value: "tests", label: "Tests" },
  { value: "materialization", label: "Materialization" },
  { value: "lineage", label: "Column lineage" },
  { value: "evolution", label: "Evolution" },
];

export const BANDS = 8;
export const bandOf = (index: number) => `band-${(index % BANDS) + 1}`;

const MATERIALIZATIONS = ["table", "view", "incremental", "ephemeral", "snapshot", "seed"];
const TYPES: Record<string, string> = {
  model: "type-model",
  source: "type-source",
  seed: "type-seed",
  snapshot: "type-snapshot",
  test: "type-test",
  unit_test: "type-test",
  exposure: "type-exposure",
  metric: "type-metric",
  semantic_model: "type-metric",
  saved_query: "type-metric",
};
const TESTS: Record<string, { tone: Tone; label: string }> = {
  failed: { tone: "failed", label: "Failed" },
  warned: { tone: "warning", label: "Warned" },
  passed: { tone: "ok", label: "All passed" },
  unknown: { tone: "unknown", label: "Never ran" },
};
const PLAIN = "line-strong";

const toned = ({ tone, label }: { tone: Tone; label: string }): LensView => ({ tone, label, colour: tone });

const plain = (label: string, colour = PLAIN): LensView => ({ label, colour, tone: null });

/** What does not apply is said, and never coloured as a state. */
const NONE: Record<Lens, string> = {
  status: "No result",
  freshness: "Not checked",
  tests: "No tests",
  materialization: "Not materialized",
  lineage: "Not read yet",
  evolution: "Not changed",
  type: "No type",
};

const VIEWS: Record<Lens, (value: string) => LensView> = {
  status: (value) => toned(nodeStatus(value)),
  freshness: (value) => toned(freshnessStatus(value)),
  tests: (value) => toned(testsView(value)),
  lineage: (value) => toned(lineageStatus(value)),
  materialization: (value) => plain(value, bandOf(placeOf(value))),
  type: (value) => plain(value.replaceAll("_", " "), TYPES[value] ?? "type-other"),
  evolution: (value) => {
    const change = changeView(value);
    return plain(change?.label ?? value, change?.colour);
  },
};

const placeOf = (materialization: string) => {
  const place = MATERIALIZATIONS.indexOf(materialization);
  return place < 0 ? BANDS - 1 : place;
};

/** What a lens says of a value; null is what does not apply or is not known. */
export const lensView = (lens: Lens, value: string | null): LensView =>
  value === null ? plain(NONE[lens]) : VIEWS[lens](value);

const testsView = (value: string) => TESTS[value] ?? TESTS["unknown"] ?? nodeStatus(null);

interface Looked extends Executable {
  freshness: string | null;
  tests: { total: number; failed: number; warned: number; passed: number } | null;
  lineage_status: string;
  change: string | null;
}

/** What a lens says of a node of the graph. */
export function lensOf(lens: Lens, node: Looked): LensView {
  if (lens === "status") return statusView(node);
  return lensView(lens, lensValue(lens, node));
}

/** Never run is not known; what dbt does not run by itself has nothing to know. */
export function statusView(node: Executable): LensView {
  const status = lastStatus(node);
  return status ? toned(status) : plain("Not run by dbt itself");
}

/** The value a lens looks at. */
function lensValue(lens: Lens, node: Looked): string | null {
  if (lens === "freshness") return node.freshness;
  if (lens === "lineage") return node.lineage_status;
  if (lens === "materialization") return node.materialization;
  if (lens === "evolution") return node.change;
  if (lens === "type") return node.resource_type;
  return testsValue(node.tests);
}

export function testsValue(tests: Looked["tests"]): string | null {
  if (tests === null || tests.total === 0) return null;
  if (tests.failed > 0) return "failed";
  if (tests.warned > 0) return "warned";
  return tests.passed === tests.total ? "passed" : "unknown";
}

export interface LegendItem extends LensView {
  count: number;
}

/** What occurs, most frequent first. */
export function legendOf(views: Iterable<LensView>): LegendItem[] {
  const found = new Map<string, LegendItem>();
  for (const view of views) {
    const item = found.get(view.label);
    if (item) item.count += 1;
    else found.set(view.label, { ...view, count: 1 });
  }
  return [...found.values()].sort((left, right) => right.count - left.count);
}

export const legendWords = (item: LegendItem) => `${item.label}, ${formatNumber(item.count)}`;
