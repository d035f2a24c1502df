/** What dbt keeps in the warehouse: these have columns, tests and statistics. */
export const RELATIONS = new Set(["model", "seed", "snapshot", "source"]);
/** What `dbt build` runs. */
export const BUILDABLE = new Set(["model", "seed", "snapshot", "test", "unit_test"]);
/** What checks others; not counted among those that use a node. */
export const TESTS = new Set(["test", "unit_test"]);
/** What can be without any code of its own. */
export const WITH_CODE = new Set([
  "model",
  "snapshot",
  "test",
  "analysis",
  "macro",
  "operation",
  "sql_operation",
  "function",
]);
