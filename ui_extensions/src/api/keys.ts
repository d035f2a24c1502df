import type { Reading } from "@/lib/reading";

const inCatalog = (workspace: string, part: string, reading: Reading) =>
  ["workspace", workspace, part, reading] as const;

/** Keys of the query cache. Kept together because one action (a run that ends) makes several of them stale. */
export const keys = {
  workspaces: ["workspaces"] as const,
  workspace: (workspace: string) => ["workspace", workspace] as const,
  /** What is of one environment or snapshot has the reading as its fourth part: see catalog-events.ts. */
  overview: (workspace: string, reading: Reading) => inCatalog(workspace, "overview", reading),
  nodes: (workspace: string, reading: Reading) => inCatalog(workspace, "nodes", reading),
  node: (workspace: string, reading: Reading, uniqueId: string) =>
    [...inCatalog(workspace, "node", reading), uniqueId] as const,
  lineage: (workspace: string, reading: Reading, uniqueId: string) =>
    [...inCatalog(workspace, "lineage", reading), uniqueId] as const,
  search: (workspace: string, reading: Reading) => inCatalog(workspace, "search", reading),
  snapshots: (workspace: string, reading: Reading) => inCatalog(workspace, "snapshots", reading),
  difference: (workspace: string, reading: Reading) => inCatalog(workspace, "difference", reading),
  validation: (workspace: string, reading: Reading) => inCatalog(workspace, "validation", reading),
  artifacts: (workspace: string, reading: Reading) => inCatalog(workspace, "artifacts", reading),
  runs: (workspace: string) => ["workspace", workspace, "runs"] as const,
  run: (workspace: string, runId: string) => ["workspace", workspace, "run", runId] as const,
  /** Jobs, each of them, and whether their definitions are loaded. */
  jobs: (workspace: string) => ["workspace", workspace, "jobs"] as const,
  environments: (workspace: string) => ["workspace", workspace, "environments"] as const,
  notifications: (workspace: string) => ["workspace", workspace, "notifications"] as const,
  runOptions: (workspace: string) => ["workspace", workspace, "run-options"] as const,
  members: (workspace: string) => ["workspace", workspace, "members"] as const,
  /** Tokens of a workspace, or one's own. */
  tokens: (workspace: string | null) =>
    workspace === null ? (["tokens"] as const) : (["workspace", workspace, "tokens"] as const),
  audit: (workspace: string | null) =>
    workspace === null ? (["audit"] as const) : (["workspace", workspace, "audit"] as const),
  config: ["config"] as const,
  roles: ["roles"] as const,
  sessions: ["sessions"] as const,
  users: ["users"] as const,
};

/** Whether this is the key of a workspace itself, and not of something in it. */
export const isWorkspace = (key: readonly unknown[]) => key[0] === "workspace" && key.length === 2;
