import { describe, expect, it } from "vitest";
import { ApiError } from "@/api/errors";
import { logLine, run, runNode, runOptions } from "@/test/fixtures";
import { filterLines } from "./log-store";
import { commandLine, localProblems, optionsOf, serverProblems, stepsOfRun, toStep } from "./run-form";
import { firstFailure, sortNodes, spanOf } from "./timeline";

const build = optionsOf(runOptions, "build");
const step = (values: Record<string, string | boolean>) => ({ command: "build", values });

describe("the form of a run", () => {
  it("becomes the request and the same command line", () => {
    const draft = step({ select: "+orders 'tag: x'", threads: "4", vars: '{"a": 1}', full_refresh: true });
    expect(toStep(draft, build)).toEqual({
      command: "build",
      options: { select: ["+orders", "tag: x"], threads: 4, vars: { a: 1 }, full_refresh: true },
    });
    expect(commandLine(draft, build)).toBe(
      `dbt build --select +orders 'tag: x' --vars '{"a":1}' --full-refresh --threads 4`,
    );
  });

  it("leaves out what the command does not take", () => {
    const draft = { ...step({ select: "orders" }), command: "parse" };
    expect(toStep(draft, optionsOf(runOptions, "parse"))).toEqual({ command: "parse", options: {} });
  });

  it("finds what is wrong before asking", () => {
    const problems = localProblems(step({ vars: "[1]", threads: "0" }), build);
    expect(Object.keys(problems).sort()).toEqual(["threads", "vars"]);
    expect(localProblems(step({ vars: "", threads: "" }), build)).toEqual({});
  });

  it("puts the server's words where they belong and loses none", () => {
    const details = [
      { field: "steps.1.options.select", message: "is wrong" },
      { field: "environment", message: "is not known" },
      { field: "steps.0.options.secret", message: "cannot be used" },
    ];
    const error = new ApiError({ code: "invalid", message: "No.", details });
    const found = serverProblems(error, [step({}), step({})], runOptions);
    expect(found.steps).toEqual([{}, { select: ["is wrong"] }]);
    expect(found.environment).toEqual(["is not known"]);
    expect(found.general).toEqual(["steps.0.options.secret cannot be used"]);
  });

  it("is filled from an earlier run", () => {
    const [first] = run().steps;
    if (!first) throw new Error("no step");
    const options = { select: ["+a", "b c"], vars: { x: 1 }, threads: 2, full_refresh: true, selector: null };
    expect(stepsOfRun({ steps: [{ ...first, options }] })).toEqual([
      { command: "build", values: { select: "+a 'b c'", vars: '{"x":1}', threads: "2", full_refresh: true } },
    ]);
  });
});

describe("the log filter", () => {
  const lines = [
    logLine(1, "Found 3 models"),
    logLine(2, "select 1", { level: "debug" }),
    logLine(3, "boom", { level: "error", unique_id: "model.shop.a", step: 2 }),
    logLine(4, "odd", { level: "shout" }),
  ];
  const shown = (changes: object) =>
    filterLines(lines, { level: "info", q: "", node: "", step: null, ...changes }).map((line) => line.line);

  it("filters by level, text, node and step, and never hides a level it does not know", () => {
    expect(shown({})).toEqual([1, 3, 4]);
    expect(shown({ level: "debug" })).toEqual([1, 2, 3, 4]);
    expect(shown({ level: "error" })).toEqual([3, 4]);
    expect(shown({ q: "FOUND" })).toEqual([1]);
    expect(shown({ node: "model.shop.a" })).toEqual([3]);
    expect(shown({ step: 2 })).toEqual([3]);
  });
});

describe("the timeline", () => {
  const early = runNode("a", { status: "error", finished_at: "2024-05-01T08:00:03Z" });
  const late = runNode("b", { status: "fail", finished_at: "2024-05-01T08:00:09Z" });
  const open = runNode("c", { status: "running", finished_at: null, execution_time: null });
  const skipped = runNode("d", {
    status: "skipped",
    started_at: null,
    finished_at: null,
    execution_time: null,
  });

  it("shows the earliest failure first", () => expect(firstFailure([late, skipped, early])).toBe(early));

  it("reaches to now while something runs", () => {
    const now = Date.parse("2024-05-01T08:01:00Z");
    expect(spanOf([early, open], now)?.end).toBe(now);
    expect(spanOf([skipped], now)).toBeNull();
  });

  it("sorts nodes without a value last either way", () => {
    const names = (sort: string) => sortNodes([skipped, late, early], sort).map((node) => node.name);
    expect(names("execution_time").at(-1)).toBe("d");
    expect(names("-execution_time").at(-1)).toBe("d");
    expect(names("-name")).toEqual(["d", "b", "a"]);
  });
});
