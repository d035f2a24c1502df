import type { Environment, EnvironmentCheck, EnvironmentList, EnvironmentVariable } from "@/api/types";

export const environment = (key: string, changes: Partial<Environment> = {}): Environment => ({
  key,
  name: key,
  description: "",
  dbt_target: key,
  adapter_type: "duckdb",
  adapter_missing: false,
  is_default: false,
  in_profile: true,
  is_runnable: true,
  has_own_profile: false,
  profile_yaml: null,
  threads: null,
  retention_days: null,
  instance_retention_days: 365,
  dbt: {
    executable: null,
    is_in_house: true,
    version: "1.11.0",
    adapters: ["duckdb", "postgres"],
    error: null,
    checked_at: null,
  },
  defer_to: null,
  archived_at: null,
  variables: 0,
  secrets: 0,
  last_test: null,
  ...changes,
});

export const environmentList = (
  items: Environment[],
  changes: Partial<EnvironmentList> = {},
): EnvironmentList => ({
  items,
  total: items.length,
  next_cursor: null,
  repository_targets: ["dev", "prod"],
  repository_problem: null,
  dbt_executables_allowed: false,
  ...changes,
});

export const variable = (name: string, changes: Partial<EnvironmentVariable> = {}): EnvironmentVariable => ({
  name,
  is_secret: false,
  value: "north",
  is_readable: true,
  updated_at: "2024-05-01T08:00:00Z",
  updated_by: "ann",
  ...changes,
});

export const environmentCheck = (changes: Partial<EnvironmentCheck> = {}): EnvironmentCheck => ({
  dbt: environment("dev").dbt,
  adapters: { installed: ["duckdb", "postgres"], needed: "duckdb", missing: false },
  variables_missing: [],
  ...changes,
});
