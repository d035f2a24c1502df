import type { StatusView } from "@/lib/status";

/** Everything that is said about lineage, in one place: unknown is never said as none. */

const NODE: Record<string, StatusView> = {
  complete: { tone: "ok", label: "Complete" },
  partial: { tone: "warning", label: "Partly known" },
  unknown: { tone: "unknown", label: "Not known" },
  not_applicable: { tone: "ok", label: "Lineage begins here" },
  not_traced: { tone: "unknown", label: "Not read yet" },
};

const COLUMN: Record<string, StatusView> = {
  complete: { tone: "ok", label: "Complete" },
  none: { tone: "ok", label: "Computed from no column" },
  partial: { tone: "warning", label: "Partly known" },
  unknown: { tone: "unknown", label: "Not known" },
  not_applicable: { tone: "ok", label: "Lineage begins here" },
};

const named = (table: Record<string, StatusView>, status: string | null | undefined): StatusView =>
  table[status ?? ""] ?? { tone: "unknown", label: status?.replaceAll("_", " ") ?? "Not read yet" };

export const lineageStatus = (status: string | null | undefined) => named(NODE, status);
export const columnState = (status: string | null | undefined) => named(COLUMN, status);

const KNOWN_FROM: Record<string, { word: string; says: string }> = {
  catalog: { word: "warehouse", says: "Seen in the warehouse by dbt docs generate." },
  contract: { word: "contract", says: "Promised by the contract of the model." },
  yaml: { word: "YAML", says: "Only described in YAML." },
  inferred: { word: "SQL", says: "Read from the SQL; no catalog, contract or YAML names it." },
  unknown: { word: "unknown", says: "Nobody knows whether this column exists." },
};

export const knownFrom = (value: string) => KNOWN_FROM[value] ?? { word: value, says: value };

const TRANSFORMS: Record<string, string> = {
  copied: "copied as it is",
  renamed: "copied under another name",
  transformed: "computed from it",
  aggregated: "aggregated over rows",
  filter: "decides which rows are kept",
  join: "decides which rows are joined",
  group: "decides how rows are grouped",
  order: "decides the order of rows",
  window: "decides the window it is computed over",
  distinct: "decides which rows count as the same",
};

/** "aggregated over rows". A transform the app does not know is said by its own name. */
export const transformWords = (transform: string) => TRANSFORMS[transform] ?? transform;

export const TRANSFORM_ORDER = Object.keys(TRANSFORMS);

export function confidenceWords(confidence: number): string {
  if (confidence >= 1) return "certain: found among known columns";
  if (confidence >= 0.8) return "likely: the only relation that can have this column";
  return "possible: a relation whose columns are not known might have one of this name";
}

export const confidenceShort = (confidence: number): string => {
  if (confidence >= 1) return "certain";
  return confidence >= 0.8 ? "likely" : "possible";
};

/** "*" stands for all rows of a node. */
export const ALL_ROWS = "*";
export const columnWord = (column: string) => (column === ALL_ROWS ? "all rows" : column);

const CHANGES: Record<string, { sign: string; label: string; hue: string; colour: string }> = {
  added: { sign: "+", label: "Added", hue: "text-ok", colour: "ok" },
  removed: { sign: "-", label: "Removed", hue: "text-failed", colour: "failed" },
  changed: { sign: "~", label: "Changed", hue: "text-warning", colour: "warning" },
};

export const changeView = (change: string | null | undefined) => CHANGES[change ?? ""] ?? null;
