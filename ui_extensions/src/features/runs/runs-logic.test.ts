import { describe, expect, it } from "vitest";
import { ApiError } from "@/api/errors";
import {
  commandLine,
  localProblems,
  NO_RETRY,
  optionsOf,
  retryProblems,
  serverProblems,
  stepsAsTyped,
  toRetry,
  toStep,
} from "@/lib/steps";
import { logLine, run, runOptions } from "@/test/fixtures";
import { runNode } from "@/test/run-fixtures";
import { filterLines, isOpenFilter, LogStore, MOST_PAGES, PAGE_LINES } from "./log-store";
import { change } from "./run-compare";
import { nodeQueryOf } from "./run-nodes";
import { barOf, spanOf } from "./timeline";

const build = optionsOf(runOptions, "build");
const step = (values: Record<string, string | boolean>) => ({ command: "build", values });

describe("the form of a run", () => {
  it("becomes the request and the same command line", () => {
    const draft = step({ select: "+orders 'tag: x'", threads: "4", vars: '{"a": 1}', full_refresh: true });
    expect(toStep(draft, build)).toEqual({
      command: "build",
      options: { select: ["+orders", "tag: x"], threads: 4, vars: { a: 1 }, full_refresh: true },
      on_failure: "stop",
    });
    expect(commandLine(draft, build)).toBe(
      `dbt build --select +orders 'tag: x' --vars '{"a":1}' --full-refresh --threads 4`,
    );
  });

  it("leaves out what the command does not take", () => {
    const draft = { ...step({ select: "orders" }), command: "parse" };
    expect(toStep(draft, optionsOf(runOptions, "parse"))).toEqual({
      command: "parse",
      options: {},
      on_failure: "stop",
    });
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
    expect(stepsAsTyped([{ ...first, options }])).toEqual([
      { command: "build", values: { select: "+a 'b c'", vars: '{"x":1}', threads: "2", full_refresh: true } },
    ]);
  });
});

describe("what happens when a run fails", () => {
  it("is nothing, or a policy", () => {
    expect(toRetry(NO_RETRY)).toBeNull();
    expect(retryProblems({ ...NO_RETRY, attempts: "x" })).toEqual({});
    expect(toRetry({ ...NO_RETRY, what: "all" })).toEqual({
      ...{ what: "all", max_attempts: 3 },
      ...{ delay_seconds: 60, backoff: "fixed", max_delay_seconds: null },
    });
    const doubling = { ...NO_RETRY, what: "all" as const, backoff: "exponential" as const, cap: "600" };
    expect(toRetry(doubling)?.max_delay_seconds).toBe(600);
    expect(toRetry({ ...doubling, backoff: "fixed" })?.max_delay_seconds).toBeNull();
    expect(Object.keys(retryProblems({ ...doubling, cap: "0" }))).toEqual(["cap"]);
    const wrong = { ...NO_RETRY, what: "failed" as const, attempts: "11", delay: "" };
    expect(Object.keys(retryProblems(wrong))).toEqual(["attempts", "delay"]);
  });

  it("takes a sample as a time or as a window", () => {
    const option = { name: "sample", flag: "--sample", kind: "sample", description: "", choices: [] };
    const given = (sample: string) => toStep({ command: "run", values: { sample } }, [option]).options;
    expect(given("3 days")).toEqual({ sample: "3 days" });
    expect(given('{"start": "a", "end": "b"}')).toEqual({ sample: { start: "a", end: "b" } });
    expect(localProblems({ command: "run", values: { sample: "{x" } }, [option])).toHaveProperty("sample");
  });
});

describe("the lines of a log", () => {
  const linesFrom = (from: number, count: number) =>
    Array.from({ length: count }, (_, index) => logLine(from + index, `line ${from + index}`));
  const store = (total: number) => {
    const asked: number[] = [];
    const made = new LogStore(async (from, limit) => {
      asked.push(from);
      const items = linesFrom(from, Math.min(limit, total - from + 1));
      return { items, next_line: from + items.length, ended: false, total, levels: {}, matches: total };
    });
    return { made, asked };
  };
  const settled = () => new Promise((resolve) => setTimeout(resolve));
  const begin = (items: ReturnType<typeof linesFrom>, total: number) => ({
    ...{ items, total, next_line: items.length + 1, ended: false },
    ...{ levels: { info: total }, matches: total },
  });

  it("are read where they are looked at, once, and forgotten again", async () => {
    const { made, asked } = store(1_000_000);
    made.take(begin(linesFrom(1, 500), 1_000_000));
    made.want(523_400, 523_600);
    made.want(523_400, 523_600);
    await settled();
    expect(asked).toEqual([523_001, 523_501]);
    expect(made.lineAt(523_456)?.text).toBe("line 523456");
    for (let page = 0; page < MOST_PAGES + 5; page += 1) {
      made.want(page * PAGE_LINES + 1, page * PAGE_LINES + 2);
      await settled();
    }
    expect(made.lineAt(523_456)).toBeUndefined();
    expect(made.allLines()).toBeNull();
    expect(made.getSnapshot().total).toBe(1_000_000);
  });

  it("grow with the stream, and are all held while they are few", () => {
    const { made } = store(0);
    made.take(begin(linesFrom(1, 3), 3));
    made.append([...linesFrom(3, 1), ...linesFrom(4, 600)]);
    expect(made.allLines()?.map((line) => line.line)).toEqual(Array.from({ length: 603 }, (_, i) => i + 1));
    expect(made.getSnapshot().levels).toEqual({ info: 603 });
  });

  it("of a page whose beginning is not held are read again, not shown in another's place", async () => {
    const { made, asked } = store(520);
    made.take({ ...begin(linesFrom(1, 500), 510), next_line: 501 });
    made.append(linesFrom(511, 10));
    expect(made.lineAt(511)).toBeUndefined();
    made.want(505, 515);
    await settled();
    expect(asked).toEqual([501]);
    expect(made.lineAt(511)?.line).toBe(511);
  });

  it("are all shown by a filter that hides none of their levels", () => {
    const filter = { level: "info", q: "", node: "", step: null };
    expect(isOpenFilter(filter, { info: 5 })).toBe(true);
    expect(isOpenFilter(filter, { info: 5, debug: 1 })).toBe(false);
    expect(isOpenFilter({ ...filter, q: "x" }, {})).toBe(false);
    expect(isOpenFilter({ ...filter, step: 1 }, {})).toBe(false);
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

describe("the times of a run", () => {
  const now = Date.parse("2024-05-01T08:01:00Z");
  const open = runNode("c", { status: "running", finished_at: null, execution_time: null });

  it("reach to now while it goes on", () => {
    expect(spanOf(run({ finished_at: null }), now)?.end).toBe(now);
    expect(spanOf(run({ started_at: null, finished_at: null }), now)).toBeNull();
    expect(barOf(open, now)?.end).toBe(now);
  });

  it("of a node that never began are none", () => {
    expect(barOf(runNode("d", { started_at: null, finished_at: null }), now)).toBeNull();
    expect(barOf(runNode("e", { status: "skipped" }), now)).toBeNull();
  });
});

describe("the list of nodes", () => {
  it("asks for what the address says, and for nothing that the server would refuse", () => {
    const asked = (search: string) => nodeQueryOf(new URLSearchParams(search));
    expect(asked("status=error&type=model&q=ord&step=2&sort=-duration&cursor=x")).toEqual({
      status: ["error"],
      resource_type: ["model"],
      q: "ord",
      step: 2,
      sort: "-duration",
      cursor: "x",
    });
    expect(asked("sort=colour&step=nought")).toEqual({});
  });
});

describe("a change between two runs", () => {
  const pair = {
    step: 1,
    unique_id: "model.shop.a",
    name: "a",
    resource_type: "model",
    status: "success",
    status_before: "success",
    seconds: 5,
    seconds_before: 2,
  };

  it("is told by its status or by its time", () => {
    expect(change(pair)).toBe("2.0s, now 5.0s (+3.0s)");
    expect(change({ ...pair, seconds: 1 })).toBe("2.0s, now 1.0s (−1.0s)");
    expect(change({ ...pair, status: "error" })).toBe("succeeded, now error");
    expect(change({ ...pair, status: null })).toBe("succeeded, now absent");
  });
});
