import { QueryClient } from "@tanstack/react-query";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CatalogEvents, isStale, partsOf } from "@/api/catalog-events";
import { keys } from "@/api/keys";
import { FakeEventSource } from "@/test/fake-event-source";
import { workspace } from "@/test/fixtures";

const now = { environment: "", snapshot: "" };
const prod = { environment: "prod", snapshot: "" };
const past = { environment: "", snapshot: "3" };

describe("what an event makes stale", () => {
  it.each([
    ["the list of the default environment", keys.nodes("shop", now), "dev", true],
    ["the list of another environment", keys.nodes("shop", prod), "dev", false],
    ["the list of that environment", keys.nodes("shop", prod), "prod", true],
    ["what is as of a snapshot", keys.nodes("shop", past), "dev", false],
    ["another workspace", keys.nodes("bank", now), "dev", false],
    ["a node", keys.node("shop", now, "model.a"), "dev", true],
    ["runs", keys.runs("shop"), "dev", false],
    ["every environment", keys.nodes("shop", prod), null, true],
  ])("%s", (_, key, environment, stale) =>
    expect(isStale(key, "shop", partsOf(["nodes"]), environment, "dev")).toBe(stale),
  );

  it("is only what it is about", () => {
    expect(partsOf(["drops"])).toEqual(new Set(["artifacts"]));
    expect(partsOf(["freshness"]).has("lineage")).toBe(false);
    expect(partsOf(["something new"]).has("nodes")).toBe(true);
  });
});

describe("CatalogEvents", () => {
  let queries: QueryClient;
  let events: CatalogEvents;
  const stale = (key: readonly unknown[]) => queries.getQueryState(key)?.isInvalidated;

  beforeEach(() => {
    vi.useFakeTimers();
    queries = new QueryClient();
    queries.setQueryData(keys.workspace("shop"), workspace());
    for (const key of [
      keys.nodes("shop", now),
      keys.nodes("shop", past),
      keys.artifacts("shop", now),
      keys.snapshots("shop", prod),
    ])
      queries.setQueryData(key, "something");
    events = new CatalogEvents(queries, "shop", (url) => new FakeEventSource(url));
    events.start();
    FakeEventSource.last.send("open");
  });
  afterEach(() => {
    events.close();
    queries.clear();
    vi.useRealTimers();
  });

  it("asks anew for just what changed", () => {
    expect(FakeEventSource.last.url).toBe("/api/workspaces/shop/events");
    FakeEventSource.last.send("catalog", { environment: "dev", snapshot_id: 4, kinds: ["results"] });
    expect(stale(keys.nodes("shop", now))).toBe(false);
    vi.advanceTimersByTime(150);
    expect(stale(keys.nodes("shop", now))).toBe(true);
    expect(stale(keys.nodes("shop", past))).toBe(false);
    expect(stale(keys.artifacts("shop", now))).toBe(false);
    expect(stale(keys.snapshots("shop", prod))).toBe(false);
  });

  it("asks anew for everything that is of now when some events were missed", () => {
    FakeEventSource.last.send("catalog", { environment: null, snapshot_id: null, kinds: ["missed"] });
    vi.advanceTimersByTime(150);
    for (const key of [keys.nodes("shop", now), keys.artifacts("shop", now), keys.snapshots("shop", prod)])
      expect(stale(key)).toBe(true);
    expect(stale(keys.workspace("shop"))).toBe(true);
    expect(stale(keys.nodes("shop", past))).toBe(false);
  });

  it("connects again when it is lost, and then asks anew for everything that is of now", () => {
    FakeEventSource.last.send("error");
    vi.advanceTimersByTime(600);
    expect(FakeEventSource.opened).toHaveLength(2);
    expect(stale(keys.artifacts("shop", now))).toBe(false);
    FakeEventSource.last.send("open");
    expect(stale(keys.artifacts("shop", now))).toBe(true);
    expect(stale(keys.nodes("shop", past))).toBe(false);
  });

  it("minds no event that it cannot read", () => {
    FakeEventSource.last.send("catalog", "{ broken");
    vi.advanceTimersByTime(150);
    expect(stale(keys.nodes("shop", now))).toBe(false);
  });
});
