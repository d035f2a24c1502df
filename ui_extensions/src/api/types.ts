import type { paths } from "@/api/schema";

/** Names for the shapes of the generated client, taken from where they are served. */
type Method = "get" | "post" | "patch";
type Operation<P extends keyof paths, M extends Method> = M extends keyof paths[P]
  ? NonNullable<paths[P][M]>
  : never;
type Body<T> = T extends { content: { "application/json": infer B } } ? B : never;
type Answer<O> = O extends { responses: infer R }
  ? R extends { 200: infer A }
    ? Body<A>
    : R extends { 201: infer A }
      ? Body<A>
      : never
  : never;
type Asked<O> = O extends { requestBody: infer B } ? Body<B> : never;
type Get<P extends keyof paths> = Plain<Answer<Operation<P, "get">>>;
/** As the client gives it: it knows no tuples. */
type Plain<T> = T extends (infer E)[] ? Plain<E>[] : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;

type InWorkspace<Path extends string> = `/api/workspaces/{workspace}${Path}` & keyof paths;
type Item<List> = List extends { items: (infer I)[] } ? I : never;

export type Workspace = Get<InWorkspace<"">>;
export type Overview = Get<InWorkspace<"/overview">>;
export type NodePage = Get<InWorkspace<"/models">>;
export type NodeItem = Item<NodePage>;
export type NodeQuery = NonNullable<Operation<InWorkspace<"/models">, "get">["parameters"]["query"]>;
export type NodeDetail = Get<InWorkspace<"/models/{unique_id}">>;
export type Match = NonNullable<NodeItem["match"]>;
export type NodeVersion = Item<Get<InWorkspace<"/models/{unique_id}/changes">>>;
export type SearchAnswer = Get<InWorkspace<"/search">>;
export type SearchHit = Item<SearchAnswer>;
export type Snapshot = Item<Get<InWorkspace<"/snapshots">>>;
type DifferencePath = InWorkspace<"/snapshots/{snapshot_id}/diff/{other_id}">;
export type Difference = Get<DifferencePath>;
export type DifferenceItem = Item<Difference>;
export type DifferenceQuery = NonNullable<Operation<DifferencePath, "get">["parameters"]["query"]>;
export type SnapshotRef = Difference["from"];
export type Change = DifferenceItem["changes"][number];
export type ValidationPage = Get<InWorkspace<"/validation">>;
export type ValidationItem = Item<ValidationPage>;
export type TrendPoint = Item<Get<InWorkspace<"/validation/trend">>>;
export type Facets = Get<InWorkspace<"/models/facets">>;
export type FacetName = keyof Facets;
export type FacetValue = Facets[FacetName][number];
export type NodeColumn = NodeDetail["columns"][number];
export type NodeTest = NodeDetail["test_results"][number];
export type Statistic = NodeDetail["statistics"][number];
export type OverrideField = keyof NodeDetail["project"];
export type Drop = Item<Get<InWorkspace<"/artifacts/drops">>>;
export type DropState = Drop["state"];
export type FileStatus = Get<InWorkspace<"/artifacts/status">>["files"][number];
export type NodeRef = NodeDetail["parents"][number];
export type Run = Get<InWorkspace<"/runs/{run_id}">>;
export type RunPage = Get<InWorkspace<"/runs">>;
export type RunFacets = Get<InWorkspace<"/runs/facets">>;
export type RunQueue = Get<InWorkspace<"/runs/queue">>;
export type WaitingRun = Item<RunQueue>;
export type CancelAnswer = Answer<Operation<InWorkspace<"/runs/cancel">, "post">>;
export type RunNodePage = Get<InWorkspace<"/runs/{run_id}/nodes">>;
export type RunNode = Item<RunNodePage>;
export type RunNodeQuery = NonNullable<
  Operation<InWorkspace<"/runs/{run_id}/nodes">, "get">["parameters"]["query"]
>;
export type RunNodeDetail = Get<InWorkspace<"/runs/{run_id}/nodes/{unique_id}">>;
export type RunTimeline = Get<InWorkspace<"/runs/{run_id}/timeline">>;
export type RunCauses = Get<InWorkspace<"/runs/{run_id}/causes">>;
export type RunCause = Item<RunCauses>;
export type RunComparison = Get<InWorkspace<"/runs/{run_id}/compare">>;
export type NodeHistory = Get<InWorkspace<"/models/{unique_id}/history">>;
export type NodePoint = Item<NodeHistory>;
export type Artifact = Item<Get<InWorkspace<"/runs/{run_id}/artifacts">>>;
export type LogPage = Get<InWorkspace<"/runs/{run_id}/log">>;
export type LogLine = Item<LogPage>;
export type RunPreview = Answer<Operation<InWorkspace<"/runs/preview">, "post">>;
export type RunOptions = Get<InWorkspace<"/runs/options">>;
export type EnvironmentList = Get<InWorkspace<"/environments">>;
export type Environment = Item<EnvironmentList>;
export type EnvironmentRequest = Asked<Operation<InWorkspace<"/environments">, "post">>;
export type EnvironmentChange = Asked<Operation<InWorkspace<"/environments/{environment}">, "patch">>;
export type EnvironmentCheck = Get<InWorkspace<"/environments/{environment}/check">>;
export type EnvironmentVariable = Item<Get<InWorkspace<"/environments/{environment}/variables">>>;
export type ChannelList = Get<InWorkspace<"/notifications/channels">>;
export type Channel = Item<ChannelList>;
export type ChannelKind = Channel["kind"];
export type ChannelRequest = Asked<Operation<InWorkspace<"/notifications/channels">, "post">>;
export type ChannelChange = Asked<Operation<InWorkspace<"/notifications/channels/{channel_id}">, "patch">>;
export type Rule = Item<Get<InWorkspace<"/notifications/rules">>>;
export type RuleRequest = Asked<Operation<InWorkspace<"/notifications/rules">, "post">>;
export type RuleChange = Asked<Operation<InWorkspace<"/notifications/rules/{rule_id}">, "patch">>;
export type RuleOptions = Get<InWorkspace<"/notifications/options">>;
export type PreviewRequest = Asked<Operation<InWorkspace<"/notifications/rules/preview">, "post">>;
export type Delivery = Item<Get<InWorkspace<"/notifications/deliveries">>>;
export type DeliveryState = Delivery["state"];
export type NotificationEvent = Delivery["event"];
export type JobPage = Get<InWorkspace<"/jobs">>;
export type Job = Item<JobPage>;
export type JobQuery = NonNullable<Operation<InWorkspace<"/jobs">, "get">["parameters"]["query"]>;
export type JobTrigger = Job["triggers"][number];
export type JobRequest = Asked<Operation<InWorkspace<"/jobs">, "post">>;
export type JobChange = Asked<Operation<InWorkspace<"/jobs/{job}">, "patch">>;
export type JobOptions = Get<InWorkspace<"/jobs/options">>;
export type JobHistory = Get<InWorkspace<"/jobs/{job}/history">>;
export type JobRun = JobHistory["runs"][number];
export type JobTick = Item<Get<InWorkspace<"/jobs/{job}/ticks">>>;
export type CronCheck = Answer<Operation<InWorkspace<"/jobs/check-cron">, "post">>;
export type NextTime = CronCheck["next_times"][number];
export type Definitions = Get<InWorkspace<"/definitions">>;
export type RunRequest = Asked<Operation<InWorkspace<"/runs">, "post">>;

export type Config = Get<"/config">;
export type Me = Get<"/auth/me">;
export type LoginSession = Item<Get<"/auth/sessions">>;
export type ApiToken = Item<Get<"/auth/tokens">>;
export type TokenRequest = Asked<Operation<"/auth/tokens", "post">>;
export type NewToken = Answer<Operation<"/auth/tokens", "post">>;
export type Roles = Get<"/api/roles">;
export type Right = Roles["rights"][number];
export type Member = Item<Get<InWorkspace<"/members">>>;
export type RoleName = Member["role"];
export type WorkspaceRequest = Asked<Operation<"/api/workspaces", "post">>;
export type AuditPage = Get<"/api/admin/audit">;
export type AuditEntry = Item<AuditPage>;
export type AuditFacets = Get<"/api/admin/audit/facets">;
export type UserPage = Get<"/api/admin/users">;
export type User = Item<UserPage>;
export type UserRequest = Asked<Operation<"/api/admin/users", "post">>;
export type UserChange = Asked<Operation<"/api/admin/users/{username}", "patch">>;
