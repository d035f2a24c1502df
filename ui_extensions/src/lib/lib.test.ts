import { describe, expect, it } from "vitest";
import { formatBytes, formatDuration, formatShare, plural, typePlural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { shellQuoted, shellWords } from "@/lib/shell-words";
import { freshnessStatus, isActive, lastStatus, nodeStatus, runStatus } from "@/lib/status";
import { formatRelative, secondsBetween } from "@/lib/time";
import { nextSort, patched } from "@/lib/url-state";

describe("status", () => {
  it.each([
    ["queued", "running", "Waiting to start"],
    ["success", "ok", "Succeeded"],
    ["failed", "failed", "Failed"],
    ["cancelled", "unknown", "Cancelled"],
    ["melted_down", "unknown", "Melted down"],
  ])("a run that is %s is %s, %s", (word, tone, label) => expect(runStatus(word)).toEqual({ tone, label }));

  it("never calls fine what nobody knows", () => {
    expect(nodeStatus(null)).toEqual({ tone: "unknown", label: "Never run" });
    expect(nodeStatus("exploded").tone).toBe("unknown");
    expect(freshnessStatus(undefined)).toEqual({ tone: "unknown", label: "Not checked" });
  });

  it("has no result for what dbt does not run by itself", () => {
    const node = { resource_type: "model", materialization: "ephemeral", last_status: null };
    expect(lastStatus(node)).toBeNull();
    expect(lastStatus({ ...node, materialization: "view" })?.label).toBe("Never run");
    expect(lastStatus({ ...node, resource_type: "exposure" })).toBeNull();
  });

  it("knows which runs can still change", () => {
    expect(["queued", "starting", "running", "cancelling"].every(isActive)).toBe(true);
    expect(["success", "failed", "cancelled", "unknown", null].some(isActive)).toBe(false);
  });
});

describe("format", () => {
  it.each([
    [0.421, "0.42s"],
    [3.21, "3.2s"],
    [42, "42s"],
    [83, "1m 23s"],
    [3600, "1h 00m"],
    [180_000, "2d 2h"],
  ])("%d seconds are %s", (seconds, text) => expect(formatDuration(seconds)).toBe(text));

  it("names counts, sizes and shares", () => {
    expect(plural(1, "model")).toBe("1 model");
    expect(plural(1234, "model")).toBe("1,234 models");
    expect(typePlural("saved_query")).toBe("saved queries");
    expect(typePlural("analysis")).toBe("analyses");
    expect(formatBytes(1_500_000)).toBe("1.5 MB");
    expect(formatShare(0, 0)).toBeNull();
  });
});

describe("time", () => {
  const now = Date.parse("2024-05-01T12:00:00Z");
  it.each([
    ["2024-05-01T11:59:58Z", "just now"],
    ["2024-05-01T11:57:00Z", "3 min ago"],
    ["2024-05-01T14:30:00Z", "in 2 h"],
    ["2024-04-29T11:00:00Z", "2 d ago"],
    ["not a time", "not a time"],
  ])("%s reads %s", (value, text) => expect(formatRelative(value, now)).toBe(text));

  it("counts on while the end is open", () => {
    expect(secondsBetween("2024-05-01T11:59:00Z", null, now)).toBe(60);
    expect(secondsBetween(null, null, now)).toBeNull();
  });
});

describe("addresses", () => {
  it("encode ids and leave out what is not set", () => {
    expect(paths.node("a b", "model.x/y", { tab: null })).toBe("/w/a%20b/catalog/model.x%2Fy");
    expect(paths.runs("s", { new: 1, select: ["a", "b"] })).toBe("/w/s/runs?new=1&select=a&select=b");
    expect(patched(new URLSearchParams("a=1&b=2"), { a: null, c: ["x", "y"] }).toString()).toBe(
      "b=2&c=x&c=y",
    );
  });

  it("sort up, down, and back to the default", () => {
    expect([null, "name", "-name"].map((sort) => nextSort(sort, "name"))).toEqual(["name", "-name", null]);
  });
});

describe("shell words", () => {
  it("minds quotes both ways", () => {
    expect(shellWords(`+orders  'a b' tag:"x y" c`)).toEqual(["+orders", "a b", "tag:x y", "c"]);
    expect(["+orders", "a b", "it's", "tag:x"].map(shellQuoted)).toEqual([
      "+orders",
      "'a b'",
      `'it'\\''s'`,
      "tag:x",
    ]);
  });
});
