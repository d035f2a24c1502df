import { describe, expect, it } from "vitest";
import { remaining, webAddress } from "./details";
import { EDITORS } from "./edit-field";
import { toggled } from "./facet-panel";
import { asQuery, filtersOf, isFiltered } from "./filters";
import { constraintText } from "./node-columns";
import { statisticText } from "./warehouse";

describe("the filters of an address", () => {
  it("ask for what is set and nothing else", () => {
    const filters = filtersOf(new URLSearchParams("q=x&tag=a&tag=b&owner=&status=ok&status=skipped"));
    expect(asQuery(filters)).toEqual({
      q: "x",
      tag: ["a", "b"],
      status: ["success", "pass", "no-op", "reused", "skipped"],
    });
    expect(isFiltered(filters)).toBe(true);
    expect(isFiltered(filtersOf(new URLSearchParams("sort=name&cursor=c")))).toBe(false);
  });

  it.each([
    ["tag", ["a"], "b", ["a", "b"]],
    ["tag", ["a", "b"], "a", ["b"]],
    ["resource_type", ["model"], "seed", ["model", "seed"]],
    ["resource_type", ["model"], "all", ["all"]],
    ["resource_type", ["all"], "seed", ["seed"]],
    ["resource_type", ["model", "seed"], "seed", []],
    ["resource_type", ["all"], "all", []],
  ] as const)("%s %j with %s is %j", (key, chosen, value, next) =>
    expect(toggled(key, [...chosen], value)).toEqual(next),
  );
});

describe("what can be edited", () => {
  it("reads tags as they are typed", () =>
    expect(EDITORS.tags.parse(" a, b ,,a ")).toEqual({ value: ["a", "b"] }));
  it("takes metadata only as an object", () => {
    expect(EDITORS.meta.parse('{"tier": 1}')).toEqual({ value: { tier: 1 } });
    expect(EDITORS.meta.parse("")).toEqual({ value: {} });
    expect(EDITORS.meta.parse("[1]")).toHaveProperty("error");
    expect(EDITORS.meta.parse("{tier")).toHaveProperty("error");
  });
});

describe("details", () => {
  it("follow only addresses of the web", () =>
    expect(["https://x.org/a", "javascript:alert(1)", "x", null].map(webAddress)).toEqual([
      "https://x.org/a",
      null,
      null,
      null,
    ]));
  it("leave nothing out that is not shown elsewhere", () =>
    expect(remaining({ url: "x", future_field: 1, empty: [], name: "n" }, ["url"])).toEqual({
      future_field: 1,
    }));
  it("name constraints and figures of any kind", () => {
    expect(constraintText({ type: "not_null" })).toBe("not null");
    expect(constraintText({ type: "check", expression: "id > 0" })).toBe("check id > 0");
    expect(constraintText({ odd: true })).toBe('{"odd":true}');
    expect([12345, true, "2 MB"].map(statisticText)).toEqual(["12,345", "yes", "2 MB"]);
  });
});
