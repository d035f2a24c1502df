import { describe, expect, it } from "vitest";
import type { Job } from "@/api/types";
import { runOptions } from "@/test/fixtures";
import {
  afterJob,
  called,
  cron,
  job,
  jobOptions,
  jobRun,
  NEXT_TIMES,
  onArtifacts,
  tick,
} from "@/test/job-fixtures";
import {
  besideForm,
  bodyOf,
  changesOf,
  fieldOf,
  formLike,
  formOf,
  isComplete,
  keyFrom,
  newTrigger,
  problemsOf,
  requestOf,
  saidOf,
  tagsOf,
} from "./form";
import {
  canSwitch,
  causeWords,
  comingOf,
  curlOf,
  formatLocal,
  heightsOf,
  noNextWords,
  outcomesOf,
  reasonOf,
  retryPolicyWords,
  sinceOf,
  stateView,
  trendWords,
} from "./words";

const { bounds } = jobOptions();
const full = job({
  triggers: [
    cron(1, { missed: "run", missed_limit: 4 }),
    afterJob(2, { on: "any" }),
    onArtifacts(3),
    onArtifacts(4, { environment: null }),
    called(5),
  ],
});

describe("the form of a job", () => {
  it("becomes what the job is, with the triggers of every kind", () => {
    expect(bodyOf(formOf(full), runOptions)).toEqual({
      name: "Nightly build",
      description: "",
      environment: "prod",
      steps: [{ command: "build", options: { select: ["tag:nightly"] }, on_failure: "stop" }],
      retry: null,
      timeout_seconds: null,
      overlap: "skip",
      priority: 0,
      retention_days: null,
      late_after_minutes: null,
      owner: "ann",
      tags: ["finance"],
      triggers: [
        {
          ...{ kind: "cron", id: 1, expression: "30 2 * * *", timezone: "Europe/Berlin" },
          ...{ missed: "run", missed_limit: 4 },
        },
        { kind: "job", id: 2, job: "load", on: "any" },
        { kind: "artifacts", id: 3, environment: "prod" },
        { kind: "artifacts", id: 4, environment: null },
        { kind: "api", id: 5 },
      ],
    });
  });

  it("keeps the numbers and the retry policy of a job", () => {
    const retry = {
      ...{ what: "all" as const, max_attempts: 4, delay_seconds: 0 },
      ...{ backoff: "exponential" as const, max_delay_seconds: 600 },
    };
    const numbers = { timeout_seconds: 3600, priority: -5, retention_days: 7, late_after_minutes: 30 };
    const body = bodyOf(formOf(job({ retry, ...numbers })), runOptions);
    expect(body).toMatchObject({ retry, ...numbers });
  });

  it("sends only what was changed, and a trigger that is taken away by leaving it out", () => {
    const before = formOf(full);
    expect(changesOf(before, before, runOptions)).toEqual({});
    const after = { ...before, owner: " bob ", timeout: "90", triggers: before.triggers.slice(4) };
    expect(changesOf(before, after, runOptions)).toEqual({
      owner: "bob",
      timeout_seconds: 90,
      triggers: [{ kind: "api", id: 5 }],
    });
    expect(changesOf(before, { ...before, environment: "" }, runOptions)).toEqual({ environment: null });
  });

  it("sends no limit of missed times that are not run, and no zone where none is typed", () => {
    const draft = { ...newTrigger("cron"), expression: " 0 6 * * * ", limit: "9" };
    const form = { ...formOf(null), name: " Six ", triggers: [draft] };
    expect(requestOf(form, runOptions)).toMatchObject({
      name: "Six",
      key: null,
      triggers: [{ id: null, expression: "0 6 * * *", timezone: null, missed: "skip", missed_limit: 1 }],
    });
  });

  it("of a copy has its own key, name and triggers", () => {
    const copy = requestOf(formLike(full), runOptions);
    expect(copy.name).toBe("Nightly build (copy)");
    expect(copy.key).toBeNull();
    expect(copy.triggers?.map((one) => one.id)).toEqual([null, null, null, null, null]);
    expect(formLike(job({ name: "x".repeat(200) })).name.length).toBeLessThanOrEqual(200);
  });

  it("gives every new trigger its own place", () => {
    expect(newTrigger("api").place).not.toBe(newTrigger("api").place);
  });

  it("takes tags once each", () => expect(tagsOf(" a, b ,,a")).toEqual(["a", "b"]));

  it.each([
    ["Nightly build!", "nightly_build"],
    ["2 o'clock", "job_2_o_clock"],
    [" ", ""],
    ["__", "job"],
    ["é", "job"],
    [`${"a".repeat(54)} ${"b".repeat(9)}`, `${"a".repeat(54)}_`],
  ])("makes of the name %j the key that the server makes", (name, key) => expect(keyFrom(name)).toBe(key));
});

describe("what is wrong with the form of a job", () => {
  const form = { ...formOf(full), timeout: "60", priority: "-100", retention: "1", late: "10080" };

  it("is nothing at the bounds, or where nothing is typed", () => {
    expect(problemsOf(form, bounds)).toEqual({});
    expect(problemsOf({ ...form, timeout: " ", priority: "", retention: "", late: "" }, bounds)).toEqual({});
    expect(isComplete(form, bounds)).toBe(true);
  });

  it("is told by the server's names of the fields", () => {
    const wrong = { ...form, key: "Nightly", timeout: "59", priority: "101", retention: "0", late: "1.5" };
    expect(problemsOf(wrong, bounds)).toEqual({
      key: expect.stringContaining("small letters"),
      timeout_seconds: "A whole number from 60 to 604800, or nothing.",
      priority: "A whole number from -100 to 100, or nothing.",
      retention_days: "A whole number from 1 to 3650, or nothing.",
      late_after_minutes: "A whole number from 1 to 10080, or nothing.",
    });
    expect(isComplete(wrong, bounds)).toBe(false);
  });

  it("is a limit of missed times only where they are run", () => {
    const [first, ...others] = form.triggers;
    if (!first) throw new Error("a form without its trigger");
    const limited = (missed: "skip" | "run", limit: string) =>
      problemsOf({ ...form, triggers: [...others, { ...first, missed, limit }] }, bounds);
    expect(limited("run", "11")).toEqual({ "triggers.4.missed_limit": "A whole number from 1 to 10." });
    expect(limited("run", "10")).toEqual({});
    expect(limited("skip", "11")).toEqual({});
  });

  it("includes the retry policy, and a name that is missing", () => {
    const retry = { ...form.retry, what: "failed" as const, attempts: "1" };
    expect(isComplete({ ...form, retry }, bounds)).toBe(false);
    expect(isComplete({ ...form, name: "  " }, bounds)).toBe(false);
  });
});

describe("what the server refuses", () => {
  const details = [
    { field: "body.triggers[0].cron.expression", message: "is wrong" },
    { field: "triggers.1.job", message: "would run in a circle" },
    { field: "triggers.4.environment", message: "is not a field of this kind" },
    { field: "steps.0.options.select", message: "is sorted elsewhere" },
    { field: "retry.max_attempts", message: "is too many" },
    { field: "triggers", message: "are too many" },
    { field: "", message: "It cannot be." },
  ];

  it("comes to the fields of the form, whichever way they are named", () => {
    expect(details.slice(0, 2).map(fieldOf)).toEqual(["triggers.0.expression", "triggers.1.job"]);
    expect(saidOf(details, "triggers.0.expression")).toEqual(["is wrong"]);
    expect(fieldOf({ field: "triggers.1.job.job", message: "" })).toBe("triggers.1.job");
  });

  it("and loses none that has no field", () =>
    expect(besideForm(details, formOf(full))).toEqual([
      "triggers.4.environment is not a field of this kind",
      "triggers are too many",
      "It cannot be.",
    ]));
});

describe("the words of a job", () => {
  it("tell why and since when it is in its state, from the trigger that is", () => {
    const reason = "No module named shop.";
    const since = "2024-05-01T08:00:00Z";
    const failed = job({
      state: "failed",
      triggers: [cron(1, { reason: "of another" }), cron(2, { state: "failed", reason, since })],
    });
    expect([reasonOf(failed), sinceOf(failed)]).toEqual([reason, since]);
    expect([reasonOf(job()), sinceOf(job())]).toEqual([null, null]);
    expect(stateView("failed")).toEqual({ tone: "failed", label: "Failed to load" });
  });

  it("let only be paused what is live, and resumed what is paused", () => {
    const able = (state: Job["triggers"][number]["state"]) =>
      (["pause", "resume"] as const).filter((to) => canSwitch(cron(1, { state }), to));
    expect((["live", "paused", "applying", "failed", "unknown"] as const).map(able)).toEqual([
      ["pause"],
      ["resume"],
      [],
      [],
      [],
    ]);
  });

  it("tell the next time on the clock of the schedule that it comes from", () => {
    const later = cron(2, { timezone: "UTC", next_times: NEXT_TIMES.slice(1) });
    expect(comingOf(job({ triggers: [called(9), later, cron(1)] }))).toEqual({
      time: NEXT_TIMES[0],
      timezone: "Europe/Berlin",
    });
    for (const state of ["paused", "failed"] as const) {
      expect(comingOf(job({ triggers: [cron(1, { state })] }))).toBeNull();
    }
    expect(formatLocal("2026-03-29T03:00:00")).toBe("Sun, 29 Mar 2026, 03:00");
    expect(formatLocal("soon")).toBe("soon");
  });

  it.each([
    [{ triggers: [] }, "by hand only"],
    [{ triggers: [called(1)] }, "no schedule"],
    [{ triggers: [cron(1, { state: "paused" }), called(2)] }, "paused"],
    [{ triggers: [cron(1, { state: "paused" }), cron(2, { state: "failed" })] }, "failed to load"],
    [{ triggers: [cron(1, { next_times: [] })] }, "no time to come"],
    [{ archived_at: "2024-05-01T08:00:00Z" }, "archived"],
  ] as [Partial<Job>, string][])("tell why there is no next time", (changes, words) =>
    expect(noNextWords(job({ next_at: null, ...changes }))).toBe(words),
  );

  it("give bars their heights by duration, and low ones where none is known", () => {
    const of = (...seconds: (number | null)[]) =>
      heightsOf(seconds.map((duration_seconds, index) => jobRun(String(index), { duration_seconds })));
    expect(of(100, 50, 1, null)).toEqual([1, 0.5, 0.15, 0.15]);
    expect(of(null, 0)).toEqual([0.15, 0.15]);
    expect(of()).toEqual([]);
  });

  it("compare newer runs with older ones", () =>
    expect([null, 1.05, 2.5, 0.5].map(trendWords)).toEqual([
      "too few runs",
      "as long as before",
      "2.5 times as long as before",
      "0.50 of before",
    ]));

  it("tell each time that a tick decided, and an error beside them", () => {
    const due_times = [
      { due_at: "2024-05-01T06:00:00Z", outcome: "missed", reason: "Looked at after 2 hours." },
      { due_at: "2024-05-01T08:00:00Z", outcome: "skipped", reason: "Run abc goes on." },
      { due_at: "2024-05-01T09:00:00Z", outcome: "strange", reason: null },
    ];
    const labels = (...args: Parameters<typeof tick>) =>
      outcomesOf(tick(...args)).map((one) => one.view.label);
    expect(labels({ due_times })).toEqual(["Missed", "Skipped", "strange"]);
    expect(labels({ due_times, status: "failure" })).toEqual(["Error", "Missed", "Skipped", "strange"]);
    expect(outcomesOf(tick({ status: "skipped", reason: "Nothing was due." }))).toEqual([
      { view: { tone: "unknown", label: "Skipped" }, dueAt: null, reason: "Nothing was due." },
    ]);
    expect(labels({ status: "unknown" })).toEqual(["Not kept"]);
  });

  it("name the cause of a run", () => {
    const cause = (changes: Parameters<typeof jobRun>[1]) => causeWords(jobRun("r", changes), job());
    expect(cause({})).toBe("At 02:30");
    expect(cause({ trigger_id: 8 })).toBe("a trigger that is there no more");
    expect(cause({ trigger_id: null, actor: "ann" })).toBe("by hand, ann");
    expect(cause({ trigger_id: null })).toBe("not known");
    expect(cause({ retry_of: "0123456789" })).toBe("retry of 01234567");
  });

  it("tell a retry policy with its cap", () => {
    const policy = { what: "failed" as const, max_attempts: 3, delay_seconds: 60 };
    expect(retryPolicyWords(null)).toBe("not tried again");
    expect(retryPolicyWords({ ...policy, backoff: "fixed" })).toBe("3 attempts, the second after 1m 00s");
    expect(retryPolicyWords({ ...policy, backoff: "exponential", max_delay_seconds: 600 })).toBe(
      "3 attempts, the second after 1m 00s, then twice as long each time, at most 10m 00s",
    );
  });

  it("call a job with a name for the call", () => {
    const command = curlOf("https://dbt.example.org", "/api/x/calls");
    expect(command).toContain("curl -X POST 'https://dbt.example.org/api/x/calls'");
    expect(command).toContain("Idempotency-Key:");
  });
});
