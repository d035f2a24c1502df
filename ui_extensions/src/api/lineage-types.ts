import type { paths } from "@/api/schema";

/** Names for what is answered about lineage. */
type InWorkspace<Path extends string> = `/api/workspaces/{workspace}${Path}` & keyof paths;
type Body<T> = T extends { content: { "application/json": infer B } } ? B : never;
/** As the client gives it: it knows no tuples. */
type Plain<T> = T extends (infer E)[] ? Plain<E>[] : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;
type Get<P extends keyof paths> = paths[P]["get"] extends { responses: { 200: infer A } }
  ? Plain<Body<A>>
  : never;
type Query<P extends keyof paths> = paths[P]["get"] extends { parameters: { query?: infer Q } }
  ? NonNullable<Q>
  : never;

export type Lineage = Get<InWorkspace<"/models/{unique_id}/lineage">>;
export type LineageQuery = Query<InWorkspace<"/models/{unique_id}/lineage">>;
export type LineageNode = Lineage["nodes"][number];
export type LineageEdge = Lineage["edges"][number];
export type ColumnEdge = Lineage["column_edges"][number];
export type ColumnRef = ColumnEdge["from"];
export type EdgeChange = NonNullable<ColumnEdge["change"]>;
export type ShownColumn = NonNullable<LineageNode["columns"]>[number];
export type TraceState = Lineage["trace"];
export type NodeLineage = Get<InWorkspace<"/models/{unique_id}/lineage/columns">>;
export type ColumnLineage = NodeLineage["columns"]["items"][number];
export type ReachedColumns = Get<InWorkspace<"/models/{unique_id}/columns/{column}/lineage">>;
export type ReachedColumn = ReachedColumns["items"][number];
export type ReachedNodes = Get<InWorkspace<"/models/{unique_id}/lineage/nodes">>;
export type ReachedNode = ReachedNodes["items"][number];
export type Impact = Get<InWorkspace<"/models/{unique_id}/impact">>;
export type ImpactItem = Impact["items"][number];
export type ImpactKind = NonNullable<Query<InWorkspace<"/models/{unique_id}/impact">>["kind"]>;
export type LineagePath = Get<InWorkspace<"/lineage/path">>;
export type LineageCoverage = Get<InWorkspace<"/lineage/coverage">>;
export type CoveredNodes = Get<InWorkspace<"/lineage/coverage/nodes">>;
export type CoveredNode = CoveredNodes["items"][number];
export type CoverageQuery = Query<InWorkspace<"/lineage/coverage/nodes">>;
export type LineageChanges = Get<InWorkspace<"/lineage/changes">>;
export type WholeGraph = Get<InWorkspace<"/lineage/graph">>;
export type WholeQuery = Query<InWorkspace<"/lineage/graph">>;
