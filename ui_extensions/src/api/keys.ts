/** Keys of the query cache. Kept together because one action (a run that ends) makes several of them stale. */
export const keys = {
  workspaces: ["workspaces"] as const,
  workspace: (workspace: string) => ["workspace", workspace] as const,
  overview: (workspace: string) => ["workspace", workspace, "overview"] as const,
  nodes: (workspace: string) => ["workspace", workspace, "nodes"] as const,
  node: (workspace: string, uniqueId: string) => ["workspace", workspace, "node", uniqueId] as const,
  lineage: (workspace: string, uniqueId: string) => ["workspace", workspace, "lineage", uniqueId] as const,
  runs: (workspace: string) => ["workspace", workspace, "runs"] as const,
  run: (workspace: string, runId: string) => ["workspace", workspace, "run", runId] as const,
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
