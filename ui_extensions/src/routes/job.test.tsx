import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Job } from "@/api/types";
import { person, roles, scopesOf } from "@/test/fixtures";
import {
  afterJob,
  called,
  cron,
  JOBS,
  job,
  jobHistory,
  jobRun,
  renderJob,
  tick,
  withJob,
} from "@/test/job-fixtures";
import { channel, RULES, rule, withRules } from "@/test/notification-fixtures";
import { withWorkspace } from "@/test/render";
import { accept, answer, logInAs, problem } from "@/test/server";

/** The part of the page under a heading. */
const section = async (name: string) => {
  const heading = await screen.findByRole("heading", { name });
  return within(heading.closest("section") as HTMLElement);
};

describe("the page of a job", () => {
  it("tells what it runs, by which rules, and when next", async () => {
    const retry = { what: "failed" as const, max_attempts: 3, delay_seconds: 60, backoff: "fixed" as const };
    withJob(job({ retry, timeout_seconds: 3600, late_after_minutes: 30, overlap: "queue" }));
    renderJob();
    expect(await screen.findByText("dbt build --select tag:nightly")).toBeInTheDocument();
    for (const words of ["one after the other", "3 attempts, the second after 1m 00s", "30 minutes"])
      expect(screen.getByText(words)).toBeInTheDocument();
    expect(screen.getAllByText("Sun, 29 Mar 2099, 03:00 Europe/Berlin (+02:00)")).toHaveLength(1);
  });

  it("shows the next times with what daylight saving makes of them", async () => {
    withJob(job());
    const { user } = renderJob();
    const triggers = await section("Triggers");
    await user.click(triggers.getByText("Next 2 times"));
    const times = triggers.getByRole("table", { name: "Next times, on the clock of Europe/Berlin" });
    const night = within(times).getByRole("row", { name: /Sun, 29 Mar 2099, 03:00/ });
    expect(night).toHaveTextContent("02:30 does not exist on this day: clocks go forward.");
    expect(night).toHaveTextContent("+02:00");
    expect(within(times).getByRole("row", { name: /Mon, 30 Mar/ })).not.toHaveTextContent("clocks");
  });

  it("tells how to call it", async () => {
    withJob(job({ triggers: [called(7)], next_at: null }));
    renderJob();
    const triggers = await section("Triggers");
    const command = `curl -X POST '${window.location.origin}${JOBS}/nightly/triggers/7/calls'`;
    expect(triggers.getByText((text) => text.startsWith(command))).toHaveTextContent("Idempotency-Key:");
    expect(screen.getByText("no schedule")).toBeInTheDocument();
  });

  it("pauses and resumes a trigger by itself, and says why others cannot be", async () => {
    const states = [cron(1), cron(2, { state: "paused", words: "At six" })];
    const reason = "There is no job load any more.";
    withJob(job({ triggers: [...states, afterJob(3, { state: "failed", reason })] }));
    const paused = accept(`${JOBS}/nightly/triggers/1/pause`, cron(1), 200);
    const resumed = accept(`${JOBS}/nightly/triggers/2/resume`, cron(2), 200);
    const { user } = renderJob();
    const items = (await section("Triggers")).getAllByRole("listitem");
    const [live, stopped, failed] = items.map((item) => within(item));
    await user.click(live?.getByRole("button", { name: "Pause" }) as HTMLElement);
    await waitFor(() => expect(paused).toHaveLength(1));
    await user.click(stopped?.getByRole("button", { name: "Resume" }) as HTMLElement);
    await waitFor(() => expect(resumed).toHaveLength(1));
    expect(failed?.getByText(reason)).toBeInTheDocument();
    const cannot = failed?.getByRole("button", { name: "Pause" });
    expect(cannot).toHaveAttribute("title", "Only what Dagster has loaded can be paused.");
  });

  it("says when a trigger was not paused", async () => {
    withJob(job());
    accept(`${JOBS}/nightly/triggers/1/pause`, problem("Dagster does not answer."), 503);
    const { user } = renderJob();
    await user.click((await section("Triggers")).getByRole("button", { name: "Pause" }));
    expect(await screen.findByText("Dagster does not answer.")).toBeInTheDocument();
  });
});

describe("who is told of a job", () => {
  it("lists the rules that are about it, and no others", async () => {
    withJob(job({ owner: "ann", tags: ["finance"], environment: "prod" }));
    withRules(
      [channel(), channel({ id: 2, name: "on call", enabled: false })],
      [
        rule(),
        rule({ id: 2, name: "all", job: null, environment: null, channels: [1, 2] }),
        rule({ id: 3, name: "another job", job: "hourly" }),
        rule({ id: 4, name: "another owner", job: null, owner: "bob" }),
        rule({ id: 5, name: "another place", job: null, environment: "dev" }),
        rule({ id: 6, name: "by tag", job: null, tag: "finance", enabled: false }),
      ],
    );
    renderJob();
    const told = await section("Who is told");
    const items = await told.findAllByRole("listitem");
    expect(items.map((item) => within(item).getByRole("link").textContent)).toEqual([
      "nights",
      "all",
      "by tag",
    ]);
    expect(items[1]).toHaveTextContent("everything, to data team, on call (off)");
    expect(items[2]).toHaveTextContent("Off");
  });

  it("gains a rule that is about this job from the beginning", async () => {
    withJob(job());
    withRules([channel()], []);
    accept(`${RULES}/preview`, { title: "Failed", body: "" }, 200);
    const made = accept(RULES, rule(), 201);
    const { user } = renderJob();
    const told = await section("Who is told");
    expect(await told.findByText("Nobody is told of this job")).toBeInTheDocument();
    await user.click(told.getByRole("button", { name: "Tell somebody" }));
    const dialog = within(await screen.findByRole("dialog", { name: "New rule" }));
    await user.click(dialog.getByRole("checkbox", { name: /data team/ }));
    await user.click(dialog.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(made).toHaveLength(1));
    expect(made[0]).toMatchObject({ job: "nightly", channels: [1], events: ["run_failed", "run_recovered"] });
  });

  it("without a channel says what comes first", async () => {
    withJob(job());
    withRules([], []);
    renderJob();
    const told = await section("Who is told");
    expect(await told.findByTitle(/Make a channel first/)).toHaveTextContent("Tell somebody");
  });
});

describe("the history of a job", () => {
  it("tells rate, durations and what each run was due to", async () => {
    const runs = [
      jobRun("run-3", { trigger_id: null, actor: "bob", due_at: null }),
      jobRun("run-2", { status: "failed" }),
    ];
    withJob(job({ last_runs: runs }));
    renderJob();
    const history = await section("History");
    expect(await history.findByText(/^50\s?%/)).toHaveTextContent("(1 of 2)");
    const [, byHand, due] = history.getAllByRole("row");
    expect(byHand).toHaveTextContent("by hand, bobat no set time");
    expect(due).toHaveTextContent("At 02:30");
  });

  it("that cannot be read is not one without runs", async () => {
    withJob(job());
    answer(`${JOBS}/nightly/history`, problem("Dagster does not answer."), 503);
    renderJob();
    const history = await section("History");
    expect(await history.findByText("Dagster does not answer.")).toBeInTheDocument();
    expect(history.queryByText("It has not run yet")).not.toBeInTheDocument();
  });

  it("of a new job says that it has not run", async () => {
    withJob(job({ last_runs: [] }));
    answer(`${JOBS}/nightly/history`, jobHistory([], { succeeded: 0, failed: 0, median_seconds: null }));
    renderJob();
    expect(await screen.findByText("It has not run yet")).toBeInTheDocument();
  });
});

describe("the ticks of a job", () => {
  const skipped = { due_at: "2024-05-01T00:30:00Z", outcome: "skipped", reason: "Run abc goes on." };
  const missed = { due_at: "2024-04-30T00:30:00Z", outcome: "missed", reason: "Looked at 3 hours late." };

  it("tell each time that was decided, with its reason and its runs", async () => {
    withJob(job(), [
      tick({ due_times: [missed, skipped], run_ids: ["0123456789"] }),
      tick({ at: "2024-04-29T08:00:00Z", status: "failure", reason: "relation does not exist" }),
    ]);
    renderJob();
    const table = await screen.findByRole("table", { name: "Ticks" });
    const [, decided, broken] = within(table).getAllByRole("row");
    const outcomes = within(decided as HTMLElement).getAllByRole("listitem");
    expect(outcomes[0]).toHaveTextContent(/^Misseddue .*Looked at 3 hours late\.$/);
    expect(outcomes[1]).toHaveTextContent(/^Skippeddue .*Run abc goes on\.$/);
    expect(within(decided as HTMLElement).getByRole("link", { name: "01234567" })).toHaveAttribute(
      "href",
      "/w/shop/runs/0123456789",
    );
    expect(broken).toHaveTextContent("Errorrelation does not exist");
  });

  it("are those of one trigger, and idle ones too, as the address says", async () => {
    const asked = withJob(job({ triggers: [cron(1), called(2)] }), [tick()]);
    const { user, search } = renderJob("?trigger=2");
    await screen.findByRole("table", { name: "Ticks" });
    expect(asked.at(-1)?.get("trigger")).toBe("2");
    await user.click(screen.getByLabelText("Also looks that found nothing"));
    await waitFor(() => expect(asked.at(-1)?.get("idle")).toBe("true"));
    expect(search().get("idle")).toBe("1");
    await user.selectOptions(screen.getByLabelText("Trigger of the ticks"), "Any trigger");
    await waitFor(() => expect(asked.at(-1)?.has("trigger")).toBe(false));
  });

  it("that cannot be read are not none", async () => {
    withJob(job());
    answer(`${JOBS}/nightly/ticks`, problem("Dagster does not answer."), 503);
    renderJob();
    const ticks = await section("Ticks");
    expect(await ticks.findByText("Dagster does not answer.")).toBeInTheDocument();
    expect(ticks.queryByText("Nothing has come of its triggers yet")).not.toBeInTheDocument();
  });
});

describe("what may be done with a job", () => {
  it("is told to those who only see, with the role that is missing", async () => {
    withJob(job());
    withWorkspace({ role: "viewer", scopes: scopesOf("viewer") });
    answer("/api/roles", roles);
    logInAs(person("viewer"));
    renderJob();
    for (const name of ["Run now", "Edit", "Duplicate", "Archive", "Pause"]) {
      const why = "Needs the role developer in Shop. Yours is viewer.";
      await waitFor(() => expect(screen.getByRole("button", { name })).toHaveAttribute("title", why));
      expect(screen.getByRole("button", { name })).toHaveAttribute("aria-disabled", "true");
    }
  });

  it("includes to archive it, once it is asked, and to see when that fails", async () => {
    withJob(job());
    const refused = accept(`${JOBS}/nightly`, problem("Others wait for it: Load."), 409, "patch");
    const { user } = renderJob();
    await user.click(await screen.findByRole("button", { name: "Archive" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Archive Nightly build?" }));
    expect(refused).toHaveLength(0);
    await user.click(dialog.getByRole("button", { name: "Archive it" }));
    expect(await dialog.findByText("Others wait for it: Load.")).toBeInTheDocument();
    const done = accept(`${JOBS}/nightly`, job(), 200, "patch");
    await user.click(dialog.getByRole("button", { name: "Archive it" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
    expect([refused, done]).toEqual([[{ archived: true }], [{ archived: true }]]);
  });

  it("is only to restore it, once it is archived", async () => {
    const archived: Partial<Job> = { state: "archived", archived_at: "2024-05-01T08:00:00Z", next_at: null };
    withJob(job({ ...archived, triggers: [cron(1, { state: "archived" })] }));
    renderJob();
    expect(await screen.findByText(/nothing makes it run/)).toBeInTheDocument();
    for (const name of ["Run now", "Edit"]) {
      const why = "The job is archived: restore it first.";
      expect(screen.getByRole("button", { name })).toHaveAttribute("title", why);
    }
    expect(screen.getByRole("button", { name: "Restore" })).not.toHaveAttribute("aria-disabled");
  });

  it("is nothing where there is no such job", async () => {
    withJob(job());
    answer(`${JOBS}/nightly`, problem("There is no job nightly."), 404);
    renderJob();
    expect(await screen.findByText("There is no job nightly")).toBeInTheDocument();
    expect(screen.getByRole("link", { name: "All jobs" })).toHaveAttribute("href", "/w/shop/jobs");
  });
});
