import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import { isWorkspace, keys } from "@/api/keys";
import { markLive } from "@/api/live";
import { dataOf, SteadyStream, type StreamListener } from "@/api/steady-stream";
import type { Workspace } from "@/api/types";
import type { Reading } from "@/lib/reading";

export interface CatalogEvent {
  /** Null: of every environment. */
  environment: string | null;
  snapshot_id: number | null;
  kinds: string[];
}

/** What of the cache each kind of change makes stale, by the third part of its key. */
const PARTS: Record<string, string[]> = {
  nodes: [
    "nodes",
    "node",
    "search",
    "overview",
    "lineage",
    "validation",
    "snapshots",
    "difference",
    "artifacts",
  ],
  results: ["nodes", "node", "overview", "lineage", "validation"],
  freshness: ["nodes", "node", "overview", "validation"],
  overrides: ["nodes", "node", "search", "validation", "overview"],
  drops: ["artifacts"],
  lineage: ["lineage"],
};
// Whatever else is told, such as `missed`, where some were lost on the way, may be about anything.
const EVERY_PART = new Set(Object.values(PARTS).flat());
/** Several events come together when one ingest changes several things. */
const BATCH_MILLISECONDS = 100;

export const partsOf = (kinds: readonly string[]): Set<string> =>
  new Set(kinds.flatMap((kind) => PARTS[kind] ?? [...EVERY_PART]));

/** Whether a key of the cache is of what changed. What is as of a snapshot never is: it does not change. */
export function isStale(
  key: readonly unknown[],
  workspace: string,
  parts: ReadonlySet<string>,
  environment: string | null,
  defaultEnvironment: string | null,
): boolean {
  if (key[0] !== "workspace" || key[1] !== workspace || !parts.has(String(key[2]))) return false;
  const reading = key[3] as Partial<Reading> | undefined;
  if (reading?.snapshot) return false;
  if (environment === null) return true;
  const looked = reading?.environment || defaultEnvironment;
  return looked === null || looked === environment;
}

/** Follows what changes in the catalog of a workspace, and asks anew for just that; what is on the screen stays. */
export class CatalogEvents {
  private readonly stream: SteadyStream;
  private readonly queries: QueryClient;
  private readonly workspace: string;
  private pending: CatalogEvent[] = [];
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wasLost = false;

  constructor(queries: QueryClient, workspace: string, open?: ConstructorParameters<typeof SteadyStream>[2]) {
    this.queries = queries;
    this.workspace = workspace;
    const listener: StreamListener = {
      events: { catalog: (event) => this.heard(event) },
      onOpen: () => this.opened(),
      onLost: () => this.lost(),
      // Whoever may not follow sees what the pages ask for by themselves.
      onRefused: () => markLive(true),
    };
    const url = `/api/workspaces/${encodeURIComponent(workspace)}/events`;
    this.stream = new SteadyStream(() => url, listener, open);
  }

  start(): void {
    this.stream.start();
  }

  close(): void {
    clearTimeout(this.timer);
    this.stream.close();
    markLive(true);
  }

  private opened(): void {
    markLive(true);
    // What happened in between was told to nobody.
    if (this.wasLost) this.invalidateAll();
    this.wasLost = false;
  }

  private lost(): void {
    this.wasLost = true;
    markLive(false);
  }

  private heard(event: Event): void {
    const told = dataOf<CatalogEvent>(event);
    if (told === null) return;
    this.pending.push(told);
    this.timer ??= setTimeout(() => this.flush(), BATCH_MILLISECONDS);
  }

  private flush(): void {
    this.timer = undefined;
    const told = this.pending;
    this.pending = [];
    const places = new Map<string | null, string[]>();
    for (const { environment, kinds } of told)
      places.set(environment ?? null, [...(places.get(environment ?? null) ?? []), ...(kinds ?? [])]);
    for (const [environment, kinds] of places) this.invalidate(partsOf(kinds), environment);
    if (told.some(({ kinds }) => kinds?.includes("nodes") || kinds?.includes("missed")))
      this.invalidateWorkspace();
  }

  private invalidateAll(): void {
    this.invalidate(EVERY_PART, null);
    this.invalidateWorkspace();
  }

  private invalidate(parts: ReadonlySet<string>, environment: string | null): void {
    const seen = this.queries.getQueryData<Workspace>(keys.workspace(this.workspace));
    const standard = seen?.environments.find((one) => one.is_default)?.key ?? null;
    void this.queries.invalidateQueries({
      predicate: ({ queryKey }) => isStale(queryKey, this.workspace, parts, environment, standard),
    });
  }

  /** Its own state, such as when its project was last read. */
  private invalidateWorkspace(): void {
    void this.queries.invalidateQueries({
      predicate: ({ queryKey }) => isWorkspace(queryKey) && queryKey[1] === this.workspace,
    });
  }
}

/** One stream per workspace, for all its pages. */
export function useCatalogEvents(workspace: string | null): void {
  const queries = useQueryClient();
  useEffect(() => {
    if (workspace === null) return;
    const events = new CatalogEvents(queries, workspace);
    events.start();
    return () => events.close();
  }, [queries, workspace]);
}
