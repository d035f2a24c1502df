import { describe, expect, it } from "vitest";
import { asked, auditExport, filtersOf } from "./audit-queries";
import { difference } from "./difference";
import { rulesOf } from "./password-form";
import { browserOf } from "./sessions-tab";

describe("a password", () => {
  const all = {
    min_length: 8,
    require_uppercase: true,
    require_lowercase: true,
    require_digit: true,
    require_symbol: true,
  };
  const kept = (password: string) => rulesOf(all, password).map((rule) => rule.kept);

  it("is told which rules it keeps", () => {
    expect(kept("")).toEqual([false, false, false, false, false]);
    expect(kept("abcdefgh")).toEqual([true, false, true, false, false]);
    expect(kept("Straße 1!")).toEqual([true, true, true, true, true]);
  });

  it("is told only of rules there are", () => {
    const rules = { ...all, require_symbol: false, require_digit: false };
    expect(rulesOf(rules, "").map((rule) => rule.text)).not.toContain("A digit");
  });
});

describe("a difference", () => {
  it("holds what is not the same, whatever its type", () => {
    expect(difference({ a: 1, b: "x", c: [1] }, { a: 1, b: "y", d: null })).toEqual([
      { field: "b", before: "x", after: "y" },
      { field: "c", before: "[1]", after: undefined },
      { field: "d", before: undefined, after: "null" },
    ]);
  });

  it("is everything where something was made or removed", () => {
    expect(difference(null, { role: "viewer" })).toEqual([
      { field: "role", before: undefined, after: "viewer" },
    ]);
    expect(difference(null, null)).toEqual([]);
  });
});

describe("filters of the audit log", () => {
  const filters = (search: string) => filtersOf(new URLSearchParams(search));

  it("leave out what says nothing", () => {
    expect(asked(filters("actor=ann&tag=&page=2"))).toEqual({ actor: "ann" });
  });

  it("count a span from now", () => {
    const now = Date.parse("2024-05-02T08:00:00Z");
    expect(asked(filters("range=24h&to=2024-01-01T00:00"), now)).toEqual({
      from: "2024-05-01T08:00:00.000Z",
    });
  });

  it("take two times as the reader's own, and pass over what is none", () => {
    const from = new Date("2024-05-01T08:30").toISOString();
    expect(asked(filters("range=custom&from=2024-05-01T08:30&to=soon"))).toEqual({ from });
  });

  it("are those of the export too", () => {
    const { url, name } = auditExport("my shop", filters("q=a b"), "csv");
    expect(url).toBe("/api/workspaces/my%20shop/audit/export?format=csv&q=a+b");
    expect(name).toMatch(/^audit-my shop-\d{4}-\d\d-\d\d\.csv$/);
    expect(auditExport(null, filters("workspace=shop"), "jsonl").url).toBe(
      "/api/admin/audit/export?format=jsonl&workspace=shop",
    );
  });
});

describe("a browser", () => {
  it.each([
    ["Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"],
    ["Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/140 Safari/537.36 Edg/140", "Edge on Windows"],
    ["curl/8.5.0", "curl/8.5.0"],
    [null, "Unknown"],
  ])("%s is %s", (agent, name) => expect(browserOf(agent)).toBe(name));
});
