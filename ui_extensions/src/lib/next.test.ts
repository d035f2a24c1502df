import { describe, expect, it } from "vitest";
import { isServerPage, safeNext } from "@/lib/next";

describe("where to go after the login", () => {
  it.each([
    ["/w/shop/runs?status=failed#end", "/w/shop/runs?status=failed#end"],
    ["/dagster/runs/1", "/dagster/runs/1"],
    ["/", "/"],
    [null, null],
    ["", null],
    ["w/shop", null],
    ["https://elsewhere.example/", null],
    ["//elsewhere.example/", null],
    ["/\\elsewhere.example/", null],
    ["/\t/elsewhere.example/", null],
    ["/a\\b", null],
    ["/..//elsewhere.example/", null],
    ["javascript:alert(1)", null],
    ["/login?next=/login", null],
  ])("%j is %j", (next, place) => expect(safeNext(next)).toBe(place));

  it("knows which pages are not of this app", () => {
    expect(["/dagster", "/dagster/runs?x=1", "/docs", "/redoc#a"].every(isServerPage)).toBe(true);
    expect(["/", "/w/dagster", "/dagsters"].some(isServerPage)).toBe(false);
  });
});
