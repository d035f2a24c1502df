import { describe, expect, it } from "vitest";
import { toCsv, toTsv } from "@/lib/csv";
import { partsOf } from "@/lib/match";
import { readingOf } from "@/lib/reading";
import { diffOf } from "@/lib/sql-diff";
import { asText, isBlank } from "@/lib/values";

describe("marking what was found", () => {
  it.each([
    ["customer_id", [[0, 8]], "[customer]_id"],
    [
      "a b a",
      [
        [4, 5],
        [0, 1],
      ],
      "[a] b [a]",
    ],
    [
      "overlap",
      [
        [0, 4],
        [2, 5],
      ],
      "[over][l]ap",
    ],
    ["short", [[3, 99]], "sho[rt]"],
    ["none", [[2, 2]], "none"],
    ["", [[0, 3]], ""],
  ])("in %j at %j", (text, ranges, marked) => {
    const shown = partsOf(text, ranges).map((part) => (part.marked ? `[${part.text}]` : part.text));
    expect(shown.join("")).toBe(marked);
  });
});

describe("tables for spreadsheets", () => {
  it("quotes what CSV would take apart", () =>
    expect(toCsv([["a,b", 'say "x"', "two\nlines", null, 0]])).toBe('"a,b","say ""x""","two\nlines",,0'));
  it("keeps formulas as text, and numbers as numbers", () =>
    expect(toCsv([["=1+1", "@x", "-x", -3, "-3"]])).toBe("'=1+1,'@x,'-x,-3,-3"));
  it("has one line for each row on the clipboard", () =>
    expect(
      toTsv([
        ["a\tb\nc", 1],
        ["d", null],
      ]),
    ).toBe("a b c\t1\nd\t"));
});

describe("the difference of two texts", () => {
  const lines = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => `line ${from + index}\n`).join("");

  it("shows what changed with a little around it, numbered", () => {
    const diff = diffOf(lines(1, 20), `${lines(1, 9)}new\n${lines(11, 20)}`);
    expect(diff).toMatchObject({ added: 1, removed: 1 });
    expect(diff?.hunks).toHaveLength(1);
    expect(diff?.hunks[0]?.skipped).toBe(6);
    expect(diff?.hunks[0]?.lines.filter(({ kind }) => kind !== "same")).toEqual([
      { before: 10, after: null, kind: "removed", text: "line 10" },
      { before: null, after: 10, kind: "added", text: "new" },
    ]);
  });
  it("has nothing to show of the same", () => expect(diffOf("a\n", "a\n")?.hunks).toEqual([]));
  it("shows a new text as added", () => expect(diffOf("", "a\nb\n")).toMatchObject({ added: 2, removed: 0 }));
});

describe("values of artifacts", () => {
  it("tells blank from false and zero", () =>
    expect([null, "", [], {}, 0, false, "x"].map(isBlank)).toEqual([
      true,
      true,
      true,
      true,
      false,
      false,
      false,
    ]));
  it("writes any value", () => expect([asText("x"), asText({ a: 1 })]).toEqual(["x", '{"a":1}']));
});

describe("the reading of an address", () => {
  it("knows environment and snapshot, and no snapshot that is none", () => {
    expect(readingOf(new URLSearchParams("environment=prod&snapshot=7"))).toEqual({
      environment: "prod",
      snapshot: "7",
    });
    expect(readingOf(new URLSearchParams("snapshot=x")).snapshot).toBe("");
  });
});
