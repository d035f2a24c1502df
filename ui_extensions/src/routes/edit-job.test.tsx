import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { person, roles, scopesOf } from "@/test/fixtures";
import { afterJob, called, cron, JOBS, job, renderJob, withCron, withJob } from "@/test/job-fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { accept, answer, logInAs, problem } from "@/test/server";

const ONE = `${JOBS}/nightly`;
const expression = () => screen.findByLabelText("Cron expression");
const send = (name = "Save") => screen.getByRole("button", { name });

const lost = {
  error: {
    ...{ code: "conflict", message: "bob has changed the job since.", hint: null, request_id: "req-1" },
    details: [{ field: "version", message: "is 4 by now" }],
  },
};

function newJob(query = "") {
  withJob(job());
  withCron();
  return renderApp(`/w/shop/jobs/new${query}`);
}

function editJob(one = job()) {
  withJob(one);
  withCron();
  return renderJob("/edit");
}

describe("a new job", () => {
  it("is made of what was typed, and leads to its page", async () => {
    const { user, router } = newJob();
    const made = accept(JOBS, job());
    await user.type(await screen.findByLabelText("Name"), "Nightly build");
    expect(screen.getByLabelText("Key")).toHaveAttribute("placeholder", "nightly_build");
    await user.type(screen.getByLabelText("Tags"), "finance, , nightly");
    await user.selectOptions(screen.getByLabelText("Environment"), "prod");
    await user.click(send("At set times"));
    await user.type(await expression(), "30 2 * * *");
    await user.type(screen.getByLabelText("Timezone"), "Europe/Berlin");
    expect(await screen.findByTestId("cron-words")).toHaveTextContent("At 02:30");
    await user.selectOptions(screen.getByLabelText("Times that were missed"), "run");
    await user.clear(screen.getByLabelText("At most"));
    await user.type(screen.getByLabelText("At most"), "3");
    await user.click(send("After a job"));
    await user.selectOptions(screen.getByLabelText("When this job"), "load");
    await user.click(send("When it is called"));
    await user.type(screen.getByLabelText("Timeout"), "3600");
    await user.click(send("Make the job"));
    await waitFor(() => expect(router.state.location.pathname).toBe("/w/shop/jobs/nightly"));
    expect(made).toEqual([
      {
        ...{ name: "Nightly build", key: null, description: "", environment: "prod", owner: "" },
        steps: [{ command: "build", options: {}, on_failure: "stop" }],
        ...{ retry: null, timeout_seconds: 3600, overlap: "skip", priority: 0 },
        ...{ retention_days: null, late_after_minutes: null, tags: ["finance", "nightly"] },
        triggers: [
          {
            ...{ kind: "cron", id: null, expression: "30 2 * * *", timezone: "Europe/Berlin" },
            ...{ missed: "run", missed_limit: 3 },
          },
          { kind: "job", id: null, job: "load", on: "success" },
          { kind: "api", id: null },
        ],
      },
    ]);
  });

  it("cannot be sent without a name, or with a number out of bounds", async () => {
    const { user } = newJob();
    const name = await screen.findByLabelText("Name");
    expect(send("Make the job")).toBeDisabled();
    await user.type(name, "Nightly");
    expect(send("Make the job")).toBeEnabled();
    await user.type(screen.getByLabelText("Timeout"), "59");
    expect(screen.getByText("A whole number from 60 to 604800, or nothing.")).toHaveAttribute(
      "role",
      "alert",
    );
    expect(send("Make the job")).toBeDisabled();
  });

  it("like another one may be sent as it is, under its own key", async () => {
    const { user } = newJob("?like=nightly");
    const made = accept(JOBS, job());
    expect(await screen.findByLabelText("Name")).toHaveValue("Nightly build (copy)");
    await user.click(send("Make the job"));
    await waitFor(() => expect(made).toHaveLength(1));
    expect(made[0]).toMatchObject({ key: null, triggers: [{ id: null, expression: "30 2 * * *" }] });
  });
});

describe("a cron expression", () => {
  it("is refused at its field as it is typed, and told in words once it is right", async () => {
    const { user } = newJob();
    const said = "31 February is on no calendar. Use L for the last day of a month.";
    const asked = withCron(problem(said, [{ field: "expression", message: said }]), 422);
    await user.click(await screen.findByRole("button", { name: "At set times" }));
    await user.type(await expression(), "0 0 31 2 *");
    expect(await screen.findByText(said)).toHaveAttribute("role", "alert");
    expect(await expression()).toHaveAttribute("aria-invalid", "true");
    expect(asked.at(-1)).toEqual({ expression: "0 0 31 2 *", timezone: null });
    withCron();
    await user.clear(await expression());
    await user.type(await expression(), "30 2 * * *");
    expect(await screen.findByTestId("cron-words")).toHaveTextContent("At 02:30");
    expect(screen.queryByText(said)).not.toBeInTheDocument();
    expect(screen.getByText("02:30 does not exist on this day: clocks go forward.")).toBeInTheDocument();
  });

  it("that cannot be looked at is not said to be wrong", async () => {
    const { user } = newJob();
    withCron(problem("The database is away."), 503);
    await user.click(await screen.findByRole("button", { name: "At set times" }));
    await user.type(await expression(), "30 2 * * *");
    expect(await screen.findByText(/It cannot be looked at: The database is away/)).toBeInTheDocument();
    expect(await expression()).not.toHaveAttribute("aria-invalid", "true");
  });
});

describe("a job that is changed", () => {
  it("sends what was changed, with the version it was read in", async () => {
    const { user, router } = editJob(job({ triggers: [cron(1), afterJob(2), called(3)] }));
    const sent = accept(ONE, job(), 200, "patch");
    expect(await screen.findByLabelText("Key")).toBeDisabled();
    expect(send()).toBeDisabled();
    await user.click(send("Remove trigger 2. After a job"));
    await user.type(screen.getByLabelText("Owner"), "!");
    await user.click(send());
    await waitFor(() => expect(router.state.location.pathname).toBe("/w/shop/jobs/nightly"));
    expect(sent).toEqual([
      {
        owner: "ann!",
        triggers: [
          {
            ...{ kind: "cron", id: 1, expression: "30 2 * * *", timezone: "Europe/Berlin" },
            ...{ missed: "skip", missed_limit: 1 },
          },
          { kind: "api", id: 3 },
        ],
        version: 3,
      },
    ]);
  });

  it("says at the fields of its triggers what the server refuses, and the rest below", async () => {
    const { user } = editJob(job({ triggers: [cron(1), cron(2, { expression: "0 9 * * *" })] }));
    const details = [
      { field: "triggers.0.expression", message: "runs backwards: 5-1" },
      { field: "triggers", message: "are too many" },
    ];
    accept(ONE, problem("The job is not valid.", details), 422, "patch");
    await user.type(await screen.findByLabelText("Owner"), "!");
    await user.click(send());
    const first = within(screen.getByRole("group", { name: /^1\. At set times/ }));
    expect(await first.findByText("runs backwards: 5-1")).toHaveAttribute("role", "alert");
    expect(first.getByLabelText("Cron expression")).toHaveAttribute("aria-invalid", "true");
    const second = within(screen.getByRole("group", { name: /^2\. At set times/ }));
    expect(second.getByLabelText("Cron expression")).not.toHaveAttribute("aria-invalid", "true");
    expect(screen.getByText("triggers are too many")).toBeInTheDocument();
    await user.type(first.getByLabelText("Cron expression"), "{Backspace}1");
    expect(screen.queryByText("runs backwards: 5-1")).not.toBeInTheDocument();
  });

  it("does not say of a trigger or step what was refused of one that is gone", async () => {
    const steps = ["orders", "customers"].map((name) => ({
      ...{ command: "build", options: { select: [name] }, on_failure: "stop" as const },
    }));
    const triggers = [cron(1), cron(2, { expression: "0 9 * * *" })];
    const { user } = editJob(job({ steps, triggers }));
    const details = [
      { field: "triggers.0.expression", message: "runs backwards: 5-1" },
      { field: "steps.0.options.select", message: "selects nothing" },
    ];
    accept(ONE, problem("The job is not valid.", details), 422, "patch");
    await user.type(await screen.findByLabelText("Owner"), "!");
    await user.click(send());
    expect(await screen.findByText("runs backwards: 5-1")).toBeInTheDocument();
    expect(screen.getByText("selects nothing")).toBeInTheDocument();
    await user.click(send("Remove step 1"));
    expect(screen.getByLabelText("Select")).toHaveValue("customers");
    expect(screen.queryByText(/selects nothing/)).not.toBeInTheDocument();
    await user.click(send("Remove trigger 1. At set times"));
    expect(screen.getByLabelText("Cron expression")).toHaveValue("0 9 * * *");
    expect(screen.queryByText(/runs backwards: 5-1/)).not.toBeInTheDocument();
    expect(send()).toBeEnabled();
  });

  it("is not overwritten: what somebody else changed is told, and loaded when it is asked for", async () => {
    const { user } = editJob();
    const sent = accept(ONE, lost, 409, "patch");
    const owner = await screen.findByLabelText("Owner");
    await user.type(owner, "!");
    await user.click(send());
    expect(await screen.findByText(/Nothing was saved. bob has changed the job since/)).toBeInTheDocument();
    expect(sent).toEqual([{ owner: "ann!", version: 3 }]);
    expect(owner).toHaveValue("ann!");
    expect(screen.getByRole("link", { name: "the job as it is now" })).toHaveAttribute("target", "_blank");
    answer(ONE, job({ version: 4, owner: "bob" }));
    await user.click(send("Load it, and drop my changes"));
    await waitFor(() => expect(screen.getByLabelText("Owner")).toHaveValue("bob"));
    expect(screen.queryByText(/Nothing was saved/)).not.toBeInTheDocument();
  });

  it("asks before what was typed is left behind", async () => {
    const { user, router } = editJob();
    await user.type(await screen.findByLabelText("Owner"), "!");
    await user.click(screen.getByRole("link", { name: "Back to the job" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Leave without saving?" }));
    await user.click(dialog.getByRole("button", { name: "Stay here" }));
    expect(router.state.location.pathname).toBe("/w/shop/jobs/nightly/edit");
    expect(screen.getByLabelText("Owner")).toHaveValue("ann!");
  });

  it("can only be seen by those who may not", async () => {
    withJob(job());
    withCron();
    withWorkspace({ role: "viewer", scopes: scopesOf("viewer") });
    answer("/api/roles", roles);
    logInAs(person("viewer"));
    renderJob("/edit");
    const why = "Needs the role developer in Shop. Yours is viewer.";
    expect(await screen.findByText(why)).toBeInTheDocument();
    expect(send()).toHaveAttribute("aria-disabled", "true");
    expect(screen.getByLabelText("Owner")).toBeDisabled();
  });
});
