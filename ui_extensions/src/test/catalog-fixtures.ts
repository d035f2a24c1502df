import type {
  Difference,
  DifferenceItem,
  Drop,
  Facets,
  NodeColumn,
  SearchHit,
  Snapshot,
  TrendPoint,
  ValidationPage,
} from "@/api/types";
import { page } from "@/test/server";

export const facets = (changes: Partial<Facets> = {}): Facets => ({
  resource_types: [
    { value: "model", count: 2 },
    { value: "seed", count: 1 },
  ],
  tags: [{ value: "daily", count: 2 }],
  schemas: [{ value: "marts", count: 2 }],
  materializations: [{ value: "table", count: 2 }],
  owners: [],
  packages: [{ value: "shop", count: 3 }],
  folders: [],
  groups: [],
  access: [],
  statuses: [{ value: "success", count: 2 }],
  trusts: [
    { value: "healthy", count: 1 },
    { value: "broken", count: 1 },
  ],
  freshness: [],
  ...changes,
});

export const understood = (changes: object = {}) => ({ words: [], selector: null, ...changes });

export const nodePage = <T>(items: T[], more: Parameters<typeof page>[1] = {}) => ({
  ...page(items, more),
  query: understood(),
});

export const column = (name: string, changes: Partial<NodeColumn> = {}): NodeColumn => ({
  name,
  data_type: null,
  declared_type: null,
  description: "",
  comment: null,
  known_from: "yaml",
  tests: [],
  tags: [],
  meta: {},
  constraints: [],
  ...changes,
});

export const searchHit = (name: string, changes: Partial<SearchHit> = {}): SearchHit => ({
  node: {
    unique_id: `model.shop.${name}`,
    name,
    resource_type: "model",
    materialization: "table",
    last_status: null,
  },
  column: null,
  match: { field: "name", text: name, ranges: [], column: null },
  rank: "prefix",
  ...changes,
});

export const snapshotRef = (id: number) => ({
  id,
  at: `2024-05-0${id}T08:00:00Z`,
  ingested_at: `2024-05-0${id}T08:00:05Z`,
  origin: "upload" as const,
  run_id: null,
  drop_id: null,
});

export const snapshot = (id: number, changes: Partial<Snapshot> = {}): Snapshot => ({
  ...snapshotRef(id),
  nodes: 10,
  added: 0,
  changed: 0,
  removed: 0,
  dbt_version: "1.11.0",
  adapter_type: "duckdb",
  is_current: false,
  ...changes,
});

export const differenceItem = (name: string, changes: Partial<DifferenceItem> = {}): DifferenceItem => ({
  unique_id: `model.shop.${name}`,
  name,
  resource_type: "model",
  kind: "changed",
  renamed_from: null,
  breaking: false,
  reasons: [],
  changes: [],
  ...changes,
});

export const difference = (items: DifferenceItem[], changes: Partial<Difference> = {}): Difference => ({
  ...page(items),
  total: items.length,
  summary: { added: 0, removed: 0, renamed: 0, changed: items.length, breaking: 0 },
  from: snapshotRef(1),
  to: snapshotRef(2),
  ...changes,
});

export const drop = (id: number, changes: Partial<Drop> = {}): Drop => ({
  id,
  environment: "dev",
  source: "upload",
  label: "abc123",
  digest: "d1",
  files: [{ name: "manifest.json", size: 1200, digest: "f1", problem: null }],
  size: 1200,
  state: "ingested",
  reason: null,
  hint: null,
  attempt: 1,
  actor: "ann",
  received_at: "2024-05-01T08:00:00Z",
  started_at: "2024-05-01T08:00:01Z",
  finished_at: "2024-05-01T08:00:02Z",
  run_id: "ingest-1",
  snapshot_id: 7,
  records: [],
  ...changes,
});

const nothing = { count: 0, of: 10 };
export const validation = (changes: Partial<ValidationPage> = {}): ValidationPage => ({
  ...page([]),
  total: 0,
  summary: {
    undocumented: nothing,
    untested: nothing,
    ownerless: nothing,
    failing: nothing,
    stale: { count: 0, of: 0 },
    columns_undocumented: nothing,
  },
  ...changes,
});

export const trendPoint = (id: number, changes: Partial<TrendPoint> = {}): TrendPoint => ({
  snapshot_id: id,
  at: `2024-05-0${id}T08:00:00Z`,
  models: 10,
  documented: 5,
  tested: 2,
  owned: 0,
  columns: 0,
  columns_documented: 0,
  models_without_known_columns: 0,
  ...changes,
});
