import type { paths } from "@/api/schema";

/** Names for the shapes of the generated client, taken from where they are served. */
type Method = "get" | "post";
type Operation<P extends keyof paths, M extends Method> = NonNullable<paths[P][M]>;
type Body<T> = T extends { content: { "application/json": infer B } } ? B : never;
type Answer<O> = O extends { responses: infer R }
  ? R extends { 200: infer A }
    ? Body<A>
    : R extends { 201: infer A }
      ? Body<A>
      : never
  : never;
type Asked<O> = O extends { requestBody: infer B } ? Body<B> : never;
type Get<P extends keyof paths> = Answer<Operation<P, "get">>;

type InWorkspace<Path extends string> = `/api/workspaces/{workspace}${Path}` & keyof paths;
type Item<List> = List extends { items: (infer I)[] } ? I : never;

export type Workspace = Get<InWorkspace<"">>;
export type Overview = Get<InWorkspace<"/overview">>;
export type NodePage = Get<InWorkspace<"/models">>;
export type NodeItem = Item<NodePage>;
export type NodeDetail = Get<InWorkspace<"/models/{unique_id}">>;
export type Facets = Get<InWorkspace<"/models/facets">>;
export type NodeColumn = NodeDetail["columns"][number];
export type NodeTest = NodeDetail["test_results"][number];
export type NodeRef = NodeDetail["parents"][number];
export type NodeRun = Item<Get<InWorkspace<"/models/{unique_id}/runs">>>;
export type Lineage = Get<InWorkspace<"/models/{unique_id}/lineage">>;
export type LineageNode = Lineage["nodes"][number];
export type Run = Get<InWorkspace<"/runs/{run_id}">>;
export type RunPage = Get<InWorkspace<"/runs">>;
export type RunNode = Item<Get<InWorkspace<"/runs/{run_id}/nodes">>>;
export type Artifact = Item<Get<InWorkspace<"/runs/{run_id}/artifacts">>>;
export type LogLine = Item<Get<InWorkspace<"/runs/{run_id}/log">>>;
export type RunOptions = Get<InWorkspace<"/runs/options">>;
export type RunRequest = Asked<Operation<InWorkspace<"/runs">, "post">>;
