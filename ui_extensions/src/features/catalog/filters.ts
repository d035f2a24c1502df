import type { FacetName, Facets, NodeQuery } from "@/api/types";
import { typePlural } from "@/lib/format";
import { freshnessStatus, nodeStatus, trustStatus } from "@/lib/status";
import type { Patch } from "@/lib/url-state";

/** What can be filtered by: the key in the address and in the question, and the facet that lists its values. */
export interface FilterField {
  key: FilterKey;
  facet: FacetName;
  label: string;
  /** The value as people read it. */
  word: (value: string) => string;
}

export type FilterKey =
  | "resource_type"
  | "trust"
  | "status"
  | "freshness"
  | "owner"
  | "tag"
  | "schema"
  | "materialization"
  | "folder"
  | "package"
  | "group"
  | "access";

const plain = (value: string) => value;

/** Words that stand for several of dbt's statuses: other pages link with them. */
const STATUS_GROUPS: Record<string, { label: string; statuses: string[] }> = {
  ok: { label: "Fine", statuses: ["success", "pass", "no-op", "reused"] },
  failing: { label: "Failing", statuses: ["error", "fail", "runtime error"] },
  attention: {
    label: "Needs attention",
    statuses: ["error", "fail", "runtime error", "warn", "partial success"],
  },
};

const statusWord = (value: string) =>
  STATUS_GROUPS[value]?.label ?? (value === "unknown" ? "Never run" : nodeStatus(value).label);
const freshnessWord = (value: string) => (value === "unknown" ? "Not checked" : freshnessStatus(value).label);

export const FIELDS: FilterField[] = [
  { key: "resource_type", facet: "resource_types", label: "Type", word: typePlural },
  { key: "trust", facet: "trusts", label: "Trust", word: (value) => trustStatus(value).label },
  { key: "status", facet: "statuses", label: "Last status", word: statusWord },
  { key: "freshness", facet: "freshness", label: "Freshness", word: freshnessWord },
  { key: "owner", facet: "owners", label: "Owner", word: plain },
  { key: "tag", facet: "tags", label: "Tag", word: plain },
  { key: "schema", facet: "schemas", label: "Schema", word: plain },
  { key: "materialization", facet: "materializations", label: "Materialization", word: plain },
  { key: "folder", facet: "folders", label: "Folder", word: plain },
  { key: "package", facet: "packages", label: "Package", word: plain },
  { key: "group", facet: "groups", label: "Group", word: plain },
  { key: "access", facet: "access", label: "Access", word: plain },
];

export type Chosen = Record<FilterKey, string[]>;

export interface NodeFilters {
  q: string;
  chosen: Chosen;
  sort: string;
  cursor: string;
}

/** The filters as the address has them. */
export function filtersOf(params: URLSearchParams): NodeFilters {
  const chosen = Object.fromEntries(FIELDS.map(({ key }) => [key, params.getAll(key).filter(Boolean)]));
  return {
    q: params.get("q") ?? "",
    chosen: chosen as Chosen,
    sort: params.get("sort") ?? "",
    cursor: params.get("cursor") ?? "",
  };
}

export const isFiltered = ({ q, chosen }: NodeFilters) =>
  q !== "" || FIELDS.some(({ key }) => chosen[key].length > 0);

export const countOf = (chosen: Chosen) => FIELDS.reduce((sum, { key }) => sum + chosen[key].length, 0);

/** A new filter begins at the first page. */
export const FIRST_PAGE: Patch = { cursor: null, page: null };
export const NO_CHOICE: Patch = {
  ...FIRST_PAGE,
  ...Object.fromEntries(FIELDS.map(({ key }) => [key, null])),
};
export const NO_FILTERS: Patch = { q: null, ...NO_CHOICE };

/** Only what is set: an empty filter is left out, not sent as an empty word. */
export function asQuery({ q, chosen, sort, cursor }: NodeFilters): NodeQuery {
  const lists = FIELDS.filter(({ key }) => chosen[key].length > 0).map(({ key }) => [
    key,
    key === "status" ? statusesOf(chosen[key]) : chosen[key],
  ]);
  return {
    ...Object.fromEntries(lists),
    ...(q && { q }),
    ...(sort && { sort }),
    ...(cursor && { cursor }),
  };
}

const statusesOf = (words: string[]) => [
  ...new Set(words.flatMap((word) => STATUS_GROUPS[word]?.statuses ?? [word])),
];

export const totalOf = (facets: Facets | undefined) =>
  (facets?.resource_types ?? []).reduce((sum, { count }) => sum + count, 0);
