import type {
  ApiToken,
  AuditEntry,
  LogLine,
  Me,
  Member,
  NodeDetail,
  NodeItem,
  Overview,
  RoleName,
  Roles,
  Run,
  RunOptions,
  User,
  Workspace,
} from "@/api/types";

const PERSON_SCOPES = ["account:read", "account:manage", "workspace:list", "plugin:read"];
const VIEWER_SCOPES = [
  "workspace:read",
  "catalog:read",
  "run:read",
  "job:read",
  "notification:read",
  "artifact:read",
  "member:read",
  "dagster:read",
];
const DEVELOPER_SCOPES = [
  ...VIEWER_SCOPES,
  "run:start",
  "run:cancel",
  "job:edit",
  "artifact:upload",
  "catalog:edit",
  "lineage:trace",
  "dagster:operate",
];
const ADMIN_SCOPES = [
  ...DEVELOPER_SCOPES,
  "workspace:edit",
  "environment:edit",
  "notification:edit",
  "member:manage",
  "token:manage",
  "audit:read",
  "dagster:administer",
];

/** What a role may do in its workspace. */
export const scopesOf = (role: RoleName) =>
  ({ viewer: VIEWER_SCOPES, developer: DEVELOPER_SCOPES, admin: ADMIN_SCOPES })[role];

export const workspace = (changes: Partial<Workspace> = {}): Workspace => ({
  key: "shop",
  name: "Shop",
  description: "",
  is_demo: false,
  state: "ready",
  state_message: null,
  state_hint: null,
  project_dir: "/projects/shop",
  adapter_type: "duckdb",
  dbt_version: "1.11.0",
  manifest_at: "2024-05-01T08:00:00Z",
  node_counts: { model: 2 },
  environments: [
    {
      key: "dev",
      name: "Development",
      dbt_target: "dev",
      adapter_type: "duckdb",
      is_default: true,
      in_profile: true,
      is_runnable: true,
    },
    {
      key: "prod",
      name: "Production",
      dbt_target: "prod",
      adapter_type: "postgres",
      is_default: false,
      in_profile: true,
      is_runnable: true,
    },
  ],
  dagster_path: "/dagster",
  role: "admin",
  scopes: ADMIN_SCOPES,
  archived_at: null,
  has_project: true,
  ...changes,
});

/** Who is there when login is off; with changes, anybody. */
export const me = (changes: Partial<Me> = {}): Me => ({
  auth_enabled: false,
  username: "local",
  full_name: "Local admin",
  email: null,
  is_instance_admin: true,
  must_change_password: false,
  default_workspace: null,
  kind: "local",
  scopes: [...PERSON_SCOPES, "workspace:manage", "user:manage", "audit:read-all"],
  memberships: [{ workspace: "shop", name: "Shop", role: "admin", scopes: ADMIN_SCOPES }],
  ...changes,
});

/** A person with one role in "shop". */
export const person = (role: RoleName, changes: Partial<Me> = {}): Me =>
  me({
    auth_enabled: true,
    username: "ann",
    full_name: "Ann Lee",
    email: "ann@example.org",
    is_instance_admin: false,
    kind: "person",
    scopes: PERSON_SCOPES,
    memberships: [{ workspace: "shop", name: "Shop", role, scopes: scopesOf(role) }],
    ...changes,
  });

const right = (scope: string, level: string, tokens = true) => ({
  scope,
  level,
  tokens,
  description: `To do ${scope}.`,
});

export const roles: Roles = {
  token_max_days: 365,
  levels: [
    { key: "person", name: "Anyone logged in", description: "Has an account." },
    { key: "viewer", name: "Viewer", description: "Sees." },
    { key: "developer", name: "Developer", description: "Runs." },
    { key: "admin", name: "Admin", description: "Manages." },
    { key: "instance_admin", name: "Instance admin", description: "Manages everything." },
  ],
  rights: [
    right("account:manage", "person", false),
    right("catalog:read", "viewer"),
    right("run:read", "viewer"),
    right("job:read", "viewer"),
    right("run:start", "developer"),
    right("run:cancel", "developer"),
    right("job:edit", "developer"),
    right("artifact:upload", "developer"),
    right("catalog:edit", "developer"),
    right("environment:edit", "admin"),
    right("notification:read", "viewer"),
    right("notification:edit", "admin"),
    right("member:manage", "admin"),
    right("user:manage", "instance_admin", false),
    right("audit:read-all", "instance_admin", true),
  ],
};

export const nodeItem = (name: string, changes: Partial<NodeItem> = {}): NodeItem => ({
  unique_id: `model.shop.${name}`,
  resource_type: "model",
  name,
  package_name: "shop",
  schema_name: "marts",
  database_name: "db",
  materialization: "table",
  description: "",
  tags: [],
  owner: null,
  group_name: null,
  path: `models/${name}.sql`,
  last_status: "success",
  last_run_id: "run-1",
  last_run_at: "2024-05-01T08:00:00Z",
  last_execution_time: 1.5,
  last_message: null,
  last_failures: null,
  last_run_external: false,
  tests: { total: 0, passed: 0, failed: 0, warned: 0, unknown: 0 },
  trust: "healthy",
  trust_reasons: [],
  freshness_status: null,
  columns_total: 0,
  columns_documented: 0,
  access: null,
  environment: "dev",
  match: null,
  dagster_asset_path: null,
  ...changes,
});

export const nodeDetail = (name: string, changes: Partial<NodeDetail> = {}): NodeDetail => ({
  ...nodeItem(name),
  relation_name: `"db"."marts"."${name}"`,
  language: "sql",
  version: null,
  contract_enforced: false,
  constraints: [],
  statistics: [],
  table_metadata: null,
  parents_total: 0,
  children_total: 0,
  used_by: [],
  attached_node: null,
  project: { owner: null, description: "", tags: [], meta: {} },
  overrides: [],
  snapshot_id: null,
  first_seen: null,
  last_changed: null,
  config: {},
  meta: {},
  extra: {},
  depends_on_macros: [],
  raw_code: "select 1",
  compiled_code: null,
  compiled_at: null,
  compiled_stale: false,
  columns: [],
  columns_known: "unknown",
  columns_note: null,
  parents: [],
  children: [],
  missing_parents: [],
  test_results: [],
  freshness: null,
  kind: null,
  column_name: null,
  severity: null,
  ...changes,
});

export const run = (changes: Partial<Run> = {}): Run => ({
  run_id: "run-1",
  workspace: "shop",
  status: "success",
  status_message: null,
  steps: [
    {
      index: 1,
      command: "build",
      display: "dbt build",
      options: {},
      status: "success",
      exit_code: 0,
      message: null,
      started_at: null,
      finished_at: null,
    },
  ],
  environment: "dev",
  actor: "ann",
  schedule: null,
  git_commit: null,
  dbt_version: null,
  created_at: "2024-05-01T08:00:00Z",
  started_at: "2024-05-01T08:00:02Z",
  finished_at: "2024-05-01T08:00:12Z",
  duration_seconds: 10,
  dagster_path: "/dagster/runs/run-1",
  node_counts: { success: 2 },
  can_cancel: false,
  ...changes,
});

export const logLine = (line: number, text: string, changes: Partial<LogLine> = {}): LogLine => ({
  line,
  at: "2024-05-01T08:00:02Z",
  level: "info",
  event: "Note",
  step: 1,
  unique_id: null,
  text,
  ...changes,
});

export const overview = (changes: Partial<Overview> = {}): Overview => ({
  counts: { model: 2 },
  nodes_by_status: { ok: 2, warning: 0, failed: 0, skipped: 0, unknown: 0 },
  failing: [],
  failing_total: 0,
  slowest: [],
  freshness: [],
  sources_without_freshness: 0,
  coverage: {
    models: 2,
    documented: 1,
    tested: 1,
    owned: 0,
    columns: 0,
    columns_documented: 0,
    models_without_known_columns: 0,
  },
  runs_known: true,
  recent_runs: [run()],
  ...changes,
});

export const runOptions: RunOptions = {
  commands: [
    { name: "build", description: "Everything.", options: ["select", "threads", "vars", "full_refresh"] },
    { name: "parse", description: "Read the project.", options: ["vars"] },
  ],
  options: [
    { name: "select", flag: "--select", kind: "list", description: "Nodes to include." },
    { name: "vars", flag: "--vars", kind: "mapping", description: "Variables." },
    { name: "full_refresh", flag: "--full-refresh", kind: "switch", description: "From nothing." },
    { name: "threads", flag: "--threads", kind: "count", description: "How many at once." },
  ],
};

export const apiToken = (changes: Partial<ApiToken> = {}): ApiToken => ({
  id: 1,
  name: "nightly",
  prefix: "dbtwb_pat_ab12",
  scopes: ["run:read"],
  workspace: null,
  created_at: "2024-05-01T08:00:00Z",
  created_by: "ann",
  expires_at: "2024-08-01T08:00:00Z",
  last_used_at: null,
  last_used_address: null,
  is_expired: false,
  ...changes,
});

export const member = (username: string, changes: Partial<Member> = {}): Member => ({
  username,
  full_name: "",
  email: null,
  role: "viewer",
  is_active: true,
  is_instance_admin: false,
  added_at: "2024-05-01T08:00:00Z",
  last_login_at: null,
  ...changes,
});

export const user = (username: string, changes: Partial<User> = {}): User => ({
  username,
  full_name: "",
  email: null,
  is_active: true,
  is_instance_admin: false,
  must_change_password: false,
  created_at: "2024-05-01T08:00:00Z",
  last_login_at: null,
  memberships: [{ workspace: "shop", role: "viewer" }],
  ...changes,
});

export const auditEntry = (id: number, changes: Partial<AuditEntry> = {}): AuditEntry => ({
  id,
  at: "2024-05-01T08:00:00Z",
  actor: "ann",
  tag: "member.changed",
  workspace: "shop",
  subject: "bob",
  before: { role: "viewer", since: "2024" },
  after: { role: "admin", since: "2024" },
  data: {},
  address: "10.0.0.7",
  request_id: `req-${id}`,
  ...changes,
});
