/** The five states everything is told in. Each has a colour, a shape and a word. */
export type Tone = "ok" | "running" | "warning" | "failed" | "unknown";

export interface StatusView {
  tone: Tone;
  label: string;
}

const RUN_STATUS: Record<string, StatusView> = {
  queued: { tone: "running", label: "Waiting to start" },
  starting: { tone: "running", label: "Starting" },
  running: { tone: "running", label: "Running" },
  success: { tone: "ok", label: "Succeeded" },
  failed: { tone: "failed", label: "Failed" },
  cancelling: { tone: "running", label: "Cancelling" },
  cancelled: { tone: "unknown", label: "Cancelled" },
  unknown: { tone: "unknown", label: "Unknown" },
};

const NODE_STATUS: Record<string, StatusView> = {
  success: { tone: "ok", label: "Succeeded" },
  pass: { tone: "ok", label: "Passed" },
  ok: { tone: "ok", label: "OK" },
  running: { tone: "running", label: "Running" },
  queued: { tone: "running", label: "Waiting" },
  warn: { tone: "warning", label: "Warned" },
  error: { tone: "failed", label: "Error" },
  fail: { tone: "failed", label: "Failed" },
  failed: { tone: "failed", label: "Failed" },
  "runtime error": { tone: "failed", label: "Error" },
  "partial success": { tone: "warning", label: "Partly done" },
  skipped: { tone: "unknown", label: "Skipped" },
  cancelled: { tone: "unknown", label: "Cancelled" },
  "no-op": { tone: "ok", label: "Nothing to do" },
  reused: { tone: "ok", label: "Reused" },
  pending: { tone: "unknown", label: "Not begun" },
  not_run: { tone: "unknown", label: "Not run" },
  warning: { tone: "warning", label: "Warned" },
  unknown: { tone: "unknown", label: "Unknown" },
};

const WORKSPACE_STATE: Record<string, StatusView> = {
  ready: { tone: "ok", label: "Ready" },
  broken: { tone: "failed", label: "Broken" },
  new: { tone: "unknown", label: "Not parsed yet" },
};

const FRESHNESS: Record<string, StatusView> = {
  pass: { tone: "ok", label: "Fresh" },
  warn: { tone: "warning", label: "Getting late" },
  error: { tone: "failed", label: "Late" },
  "runtime error": { tone: "failed", label: "Could not check" },
};

const TRUST: Record<string, StatusView> = {
  healthy: { tone: "ok", label: "Healthy" },
  caution: { tone: "warning", label: "Caution" },
  broken: { tone: "failed", label: "Broken" },
  unknown: { tone: "unknown", label: "Unknown" },
};

const DROP_STATE: Record<string, StatusView> = {
  waiting: { tone: "running", label: "Waiting" },
  ingesting: { tone: "running", label: "Being read" },
  ingested: { tone: "ok", label: "In the catalog" },
  superseded: { tone: "unknown", label: "Older than the catalog" },
  refused: { tone: "failed", label: "Refused" },
};

const EXECUTABLE = new Set(["model", "seed", "snapshot", "test", "unit_test", "operation", "saved_query"]);

export interface Executable {
  resource_type: string;
  materialization: string | null;
  last_status: string | null;
}

/** The last result of a node; null for what dbt does not run by itself: ephemeral models, exposures and the like. */
export function lastStatus(node: Executable): StatusView | null {
  const runs = EXECUTABLE.has(node.resource_type) && node.materialization !== "ephemeral";
  return runs || node.last_status ? nodeStatus(node.last_status) : null;
}

const ACTIVE = new Set(["queued", "starting", "running", "cancelling"]);

/** A status the app does not know is shown as its own word, in the unknown style. Nothing at all is "Unknown". */
function lookUp(
  table: Record<string, StatusView>,
  status: string | null | undefined,
  none: string,
): StatusView {
  if (!status) return { tone: "unknown", label: none };
  const word = status.toLowerCase();
  return table[word] ?? { tone: "unknown", label: sentenceCase(word) };
}

function sentenceCase(word: string): string {
  const spaced = word.replaceAll("_", " ").trim();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

export const runStatus = (status: string | null | undefined) => lookUp(RUN_STATUS, status, "Unknown");
export const nodeStatus = (status: string | null | undefined) => lookUp(NODE_STATUS, status, "Never run");
export const workspaceState = (state: string | null | undefined) => lookUp(WORKSPACE_STATE, state, "Unknown");
export const freshnessStatus = (status: string | null | undefined) =>
  lookUp(FRESHNESS, status, "Not checked");
export const trustStatus = (trust: string | null | undefined) => lookUp(TRUST, trust, "Unknown");
export const dropState = (state: string | null | undefined) => lookUp(DROP_STATE, state, "Unknown");

/** True while a run can still change. */
export const isActive = (status: string | null | undefined) => ACTIVE.has((status ?? "").toLowerCase());

const SEVERITY: Record<Tone, number> = { failed: 0, warning: 1, running: 2, unknown: 3, ok: 4 };

/** Order for lists which show the worst first. */
export const bySeverity = (left: Tone, right: Tone) => SEVERITY[left] - SEVERITY[right];
