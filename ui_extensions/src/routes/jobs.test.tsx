import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { person, roles, run, scopesOf } from "@/test/fixtures";
import {
  called,
  cron,
  DEFINITIONS,
  definitions,
  JOBS,
  job,
  withCron,
  withJob,
  withJobs,
} from "@/test/job-fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { accept, answer, logInAs, problem } from "@/test/server";

const RUNS_OF = `${JOBS}/nightly/runs`;
const open = (query = "") => renderApp(`/w/shop/jobs${query}`);
const table = () => screen.findByRole("table", { name: "Jobs" });
const rowOf = async (name: RegExp) => within(await table()).getByRole("row", { name });

const goesOn = {
  error: {
    ...{ code: "conflict", message: "Run run-7 of this job goes on.", hint: null, request_id: "req-1" },
    details: [{ field: "run", message: "run-7" }],
  },
};

describe("the list of jobs", () => {
  it("says of each where it stands, why, and when it comes next", async () => {
    const reason = "ModuleNotFoundError: No module named 'shop'";
    const since = new Date(Date.now() - 20_000).toISOString();
    withJobs([
      job(),
      job({
        key: "new",
        name: "Fresh",
        state: "applying",
        triggers: [cron(2, { state: "applying", since })],
      }),
      job({ key: "bad", name: "Broken", state: "failed", triggers: [cron(3, { state: "failed", reason })] }),
      job({ key: "hand", name: "Manual", state: "manual", triggers: [], next_at: null, last_runs: [] }),
    ]);
    open();
    const nightly = await rowOf(/^Nightly build/);
    expect(nightly).toHaveTextContent("Live");
    expect(nightly).toHaveTextContent("Sun, 29 Mar 2099, 03:00 Europe/Berlin (+02:00)");
    expect(nightly).toHaveTextContent("02:30 does not exist on this day");
    expect(await rowOf(/^Fresh/)).toHaveTextContent(/Applying.*since/);
    expect(await rowOf(/^Broken/)).toHaveTextContent(`Failed to load${reason}`);
    const manual = await rowOf(/^Manual/);
    expect(manual).toHaveTextContent("By hand only");
    expect(manual).toHaveTextContent("never run");
  });

  it("shows the latest runs, oldest first, each with its words and the way to it", async () => {
    withJobs([job()]);
    open();
    const bars = within(await screen.findByRole("list", { name: "Last 2 runs of Nightly build" }));
    const links = bars.getAllByRole("link");
    expect(links.map((link) => link.getAttribute("href"))).toEqual([
      "/w/shop/runs/run-1",
      "/w/shop/runs/run-2",
    ]);
    expect(links[1]).toHaveAccessibleName(/^Failed, .*took 50/);
  });

  it("does not take what Dagster cannot tell for none", async () => {
    const reason = "Dagster does not answer.";
    const triggers = [cron(1, { state: "unknown", reason })];
    withJobs(
      [job({ state: "unknown", last_runs: null, triggers })],
      definitions({ state: "unknown", reason }),
    );
    open();
    const row = await rowOf(/^Nightly build/);
    expect(row).toHaveTextContent(`Unknown${reason}`);
    expect(row).toHaveTextContent("not known: Dagster does not answer");
    expect(row).not.toHaveTextContent("never run");
    expect(screen.getByText(/Whether the triggers are loaded is not known/)).toBeInTheDocument();
  });

  it("says what to do where there is none, and that none matches", async () => {
    withJobs([]);
    const { user, search } = open("?owner=zoe");
    expect(await screen.findByText("No job matches these filters")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Clear the filters" }));
    expect(await screen.findByText("There is no job yet")).toBeInTheDocument();
    expect([...search().keys()]).toEqual([]);
    for (const link of screen.getAllByRole("link", { name: "New job" }))
      expect(link).toHaveAttribute("href", "/w/shop/jobs/new");
  });

  it("says that it cannot be read, and not that there is none", async () => {
    withJobs([]);
    answer(JOBS, problem("The database is away."), 503);
    open();
    expect(await screen.findByText("The database is away.")).toBeInTheDocument();
    expect(screen.queryByText("There is no job yet")).not.toBeInTheDocument();
  });

  it("is filtered by what is in the address", async () => {
    const asked = withJobs([job()]);
    const { user, search } = open("?tag=gone&state=failed");
    await table();
    expect(Object.fromEntries(asked.at(-1) ?? [])).toEqual({ limit: "50", tag: "gone", state: "failed" });
    expect(screen.getByLabelText("Tag")).toHaveValue("gone");
    await user.selectOptions(screen.getByLabelText("State"), "Any state");
    await user.selectOptions(await screen.findByLabelText("Owner"), "bob");
    await waitFor(() =>
      expect(Object.fromEntries(asked.at(-1) ?? [])).toEqual({ limit: "50", tag: "gone", owner: "bob" }),
    );
    expect(search().get("state")).toBeNull();
  });
});

describe("what Dagster has not loaded", () => {
  const since = "2024-05-01T08:00:00Z";
  const waiting = [{ trigger_id: 2, job: "nightly", words: "At 02:30", since, reason: null }];

  it("is told with the triggers that wait", async () => {
    withJobs([job()], definitions({ state: "applying", waiting, leaving: ["a", "b"] }));
    open();
    expect(await screen.findByText(/is loading 1 trigger and the end of 2 triggers/)).toBeInTheDocument();
    expect(screen.getByText(/: At 02:30/)).toBeInTheDocument();
  });

  it("is told with the reason once, and loaded again", async () => {
    const reason = "SyntaxError in definitions.py";
    const [one] = waiting;
    if (!one) throw new Error("no trigger to fail");
    const failed = [{ ...one, reason: `The code location does not load: ${reason}` }];
    withJobs([job()], definitions({ state: "failed", reason, failed }));
    const sent = accept("/api/workspaces/shop/definitions/reload", definitions({ state: "applying" }), 202);
    const { user } = open();
    expect(
      await screen.findByText(/could not load the triggers: none ticks until it can/),
    ).toBeInTheDocument();
    expect(screen.getAllByText((text) => text.includes(reason))).toHaveLength(1);
    await user.click(screen.getByRole("button", { name: "Load them again" }));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(await screen.findByText("Asked for.")).toBeInTheDocument();
  });

  it("does not serve where it is a trigger that could not be built", async () => {
    const reason = "There is no job load any more.";
    const failed = waiting.map((one) => ({ ...one, reason }));
    withJobs([job()], definitions({ state: "failed", reason, failed }));
    open();
    expect(await screen.findByText(/could not load 1 trigger: .* does not tick/)).toBeInTheDocument();
    expect(screen.queryByText(/none ticks/)).not.toBeInTheDocument();
  });

  it("is not known where nobody can be asked", async () => {
    withJobs([job()]);
    answer(DEFINITIONS, problem("The database is away."), 503);
    open();
    const words = "Whether the triggers are loaded is not known: The database is away.";
    expect(await screen.findByText(words)).toBeInTheDocument();
  });
});

describe("run now", () => {
  it("asks before it runs beside a run that goes on, and then does", async () => {
    withJobs([job()]);
    const refused = accept(RUNS_OF, goesOn, 409);
    const { user } = open();
    await table();
    await user.click(screen.getByRole("button", { name: "Run Nightly build now" }));
    const dialog = within(await screen.findByRole("dialog"));
    expect(dialog.getByText("Run run-7 of this job goes on.")).toBeInTheDocument();
    expect(dialog.getByRole("link", { name: "The run that goes on" })).toHaveAttribute(
      "href",
      "/w/shop/runs/run-7",
    );
    const forced = accept(RUNS_OF, run({ run_id: "run-8", status: "queued" }), 202);
    await user.click(dialog.getByRole("button", { name: "Run beside it" }));
    expect(await screen.findByRole("link", { name: "the run" })).toHaveAttribute(
      "href",
      "/w/shop/runs/run-8",
    );
    expect(screen.queryByRole("dialog")).not.toBeInTheDocument();
    expect([refused, forced]).toEqual([[{ force: false }], [{ force: true }]]);
  });

  it("runs nothing when it is not wanted, and says any other error as it is", async () => {
    withJobs([job()]);
    const sent = accept(RUNS_OF, goesOn, 409);
    const { user } = open();
    await table();
    const button = screen.getByRole("button", { name: "Run Nightly build now" });
    await user.click(button);
    await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Not now" }));
    await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
    expect(sent).toEqual([{ force: false }]);
    accept(RUNS_OF, problem("The environment prod has no connection."), 409);
    await user.click(button);
    const dialog = within(await screen.findByRole("dialog", { name: "Nightly build was not run" }));
    expect(dialog.getByText("The environment prod has no connection.")).toBeInTheDocument();
  });
});

describe("the menu of a job", () => {
  const menu = async (user: ReturnType<typeof open>["user"]) => {
    await table();
    await user.click(screen.getByRole("button", { name: "More for Nightly build" }));
    return within(await screen.findByRole("menu"));
  };

  it("pauses those of its triggers that are live, one after the other", async () => {
    withJobs([job({ triggers: [cron(1), cron(2, { state: "paused" }), called(3)] })]);
    const sent = [1, 2, 3].map((id) => accept(`${JOBS}/nightly/triggers/${id}/pause`, cron(id), 200));
    const { user } = open();
    await user.click((await menu(user)).getByRole("menuitem", { name: "Pause its triggers" }));
    await waitFor(() => expect(sent.map((bodies) => bodies.length)).toEqual([1, 0, 1]));
  });

  it("says when they were not paused", async () => {
    withJobs([job()]);
    accept(`${JOBS}/nightly/triggers/1/pause`, problem("Dagster does not answer."), 503);
    const { user } = open();
    await user.click((await menu(user)).getByRole("menuitem", { name: "Pause its triggers" }));
    expect(await screen.findByText("nightly was not changed")).toBeInTheDocument();
    expect(screen.getByText("Dagster does not answer.")).toBeInTheDocument();
  });

  it("cannot pause what is not there to be paused, and says so", async () => {
    withJobs([job({ triggers: [] })]);
    const { user } = open();
    const items = await menu(user);
    for (const [name, why] of [
      ["Pause its triggers", "No trigger is live."],
      ["Resume its triggers", "No trigger is paused."],
    ] as const) {
      const item = items.getByRole("menuitem", { name });
      expect(item).toHaveAttribute("aria-disabled", "true");
      expect(item).toHaveAttribute("title", why);
    }
  });

  it("leads to a copy", async () => {
    withJob(job());
    withCron();
    const { user, router, search } = open();
    await user.click((await menu(user)).getByRole("menuitem", { name: "Duplicate" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/w/shop/jobs/new"));
    expect(search().get("like")).toBe("nightly");
    expect(await screen.findByLabelText("Name")).toHaveValue("Nightly build (copy)");
  });

  it("tells those who only see why they may not", async () => {
    withJobs([job()]);
    withWorkspace({ role: "viewer", scopes: scopesOf("viewer") });
    answer("/api/roles", roles);
    logInAs(person("viewer"));
    const { user } = open();
    const items = await menu(user);
    const pause = items.getByRole("menuitem", { name: "Pause its triggers" });
    await waitFor(() => expect(pause).toHaveAttribute("title", expect.stringContaining("role developer")));
    expect(pause).toHaveAttribute("aria-disabled", "true");
  });
});
