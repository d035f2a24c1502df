import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { run, runOptions } from "@/test/fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { accept, answer, page, problem } from "@/test/server";

const RUNS = "/api/workspaces/shop/runs";

function withOptions(): void {
  withWorkspace();
  answer(RUNS, page([]));
  answer(`${RUNS}/options`, runOptions);
  accept(`${RUNS}/preview`, preview(), 200);
}

/** What the server says that the only step would run. */
const preview = (changes: object = {}) => ({
  environment: "dev",
  step: 1,
  total: 3,
  next_cursor: null,
  items: [
    { unique_id: "model.shop.orders", name: "orders", resource_type: "model", path: "models/orders.sql" },
  ],
  steps: [
    {
      ...{ index: 1, display: "dbt build", total: 3, reason: null, as_of: "2024-05-01T08:00:00Z" },
      ...{ by_type: { model: 1, test: 2 }, ...changes },
    },
  ],
});

describe("the dialog of a new run", () => {
  it("is filled from the address, shows the command line, and leads to the run", async () => {
    withOptions();
    const started = run({ run_id: "run-9", status: "queued" });
    const sent = accept(RUNS, started);
    answer(`${RUNS}/run-9`, started);
    answer(`${RUNS}/run-9/nodes`, page([]));
    answer(`${RUNS}/run-9/log`, { items: [], next_line: 1, ended: false });
    answer(`${RUNS}/run-9/artifacts`, page([]));
    const { user, router } = renderApp("/w/shop/runs?new=1&command=build&select=%2Borders");
    const select = await screen.findByLabelText("Select");
    await user.type(select, " tag:daily");
    await user.click(screen.getByLabelText(/Full refresh/));
    expect(screen.getByTestId("command-line")).toHaveTextContent(
      "dbt build --select +orders tag:daily --full-refresh",
    );
    await user.selectOptions(screen.getByLabelText("Environment"), "prod");
    await user.click(screen.getByRole("button", { name: "Start run" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/w/shop/runs/run-9"));
    expect(sent).toEqual([
      {
        environment: "prod",
        steps: [
          {
            command: "build",
            options: { select: ["+orders", "tag:daily"], full_refresh: true },
            on_failure: "stop",
          },
        ],
        retry: null,
      },
    ]);
    expect(await screen.findByText("Waiting to start")).toBeInTheDocument();
  });

  it("shows what the server refuses at its field", async () => {
    withOptions();
    const details = [{ field: "steps.0.options.select", message: "begins with '-'" }];
    accept(RUNS, problem("Step 1 is wrong.", details), 422);
    const { user } = renderApp("/w/shop/runs?new=1&select=-x");
    await user.click(await screen.findByRole("button", { name: "Start run" }));
    const select = await screen.findByLabelText("Select");
    await waitFor(() => expect(select).toBeInvalid());
    expect(select).toHaveAccessibleDescription("begins with '-'");
    await user.type(select, "y");
    expect(select).not.toBeInvalid();
  });

  it("checks vars before it asks", async () => {
    withOptions();
    const sent = accept(RUNS, run());
    const { user } = renderApp("/w/shop/runs?new=1");
    await user.type(await screen.findByLabelText("Vars"), "nonsense");
    await user.click(screen.getByRole("button", { name: "Start run" }));
    expect(await screen.findByText(/This is not JSON/)).toBeInTheDocument();
    expect(sent).toEqual([]);
  });

  it("says what belongs to no field, with the request id", async () => {
    withOptions();
    accept(RUNS, problem("Dagster does not answer.", [], "Is it running?"), 503);
    const { user } = renderApp("/w/shop/runs?new=1");
    await user.click(await screen.findByRole("button", { name: "Start run" }));
    expect(await screen.findByText("Dagster does not answer.")).toBeInTheDocument();
    expect(screen.getByText("req-1")).toBeInTheDocument();
  });

  it("has several steps, and can repeat an earlier run", async () => {
    withOptions();
    const [step] = run().steps;
    if (!step) throw new Error("no step");
    const steps = [
      { ...step, options: { select: ["a"] } },
      { ...step, index: 2, command: "parse", display: "dbt parse" },
    ];
    answer(`${RUNS}/run-1`, run({ steps, environment: "prod" }));
    renderApp("/w/shop/runs?new=1&again=run-1");
    await waitFor(() =>
      expect(screen.getByTestId("command-line").textContent).toBe("dbt build --select a\ndbt parse"),
    );
    expect(screen.getByLabelText("Environment")).toHaveValue("prod");
    expect(screen.getByRole("button", { name: "2. parse" })).toBeInTheDocument();
  });

  it("tells how many and which nodes it would run, and unknown where nobody can know", async () => {
    withOptions();
    const asked = accept(`${RUNS}/preview`, preview(), 200);
    const { user } = renderApp("/w/shop/runs?new=1&select=orders");
    const shown = await screen.findByRole("region", { name: "Preview" });
    await waitFor(() => expect(shown).toHaveTextContent("This would run 3 nodes: 1 model, 2 test"));
    expect(shown).toHaveTextContent("orders");
    expect(asked[0]).toMatchObject({ steps: [{ command: "build", options: { select: ["orders"] } }] });
    const reason = "state: compares the project with an earlier one while dbt runs";
    accept(`${RUNS}/preview`, preview({ total: null, by_type: {}, reason }), 200);
    await user.type(screen.getByLabelText("Select"), " x");
    await waitFor(() => expect(shown).toHaveTextContent(`Unknown how many nodes this would run: ${reason}`));
  });

  it("says what happens when a step or the run fails", async () => {
    withOptions();
    const sent = accept(RUNS, problem("No.", []), 409);
    const { user } = renderApp("/w/shop/runs?new=1");
    await user.click(await screen.findByRole("button", { name: "Add a step" }));
    await user.click(screen.getByRole("button", { name: "1. build" }));
    await user.selectOptions(screen.getByLabelText("If this step fails"), "continue");
    await user.selectOptions(screen.getByLabelText("If the run fails"), "failed");
    const attempts = screen.getByLabelText("Attempts");
    await user.clear(attempts);
    await user.type(attempts, "1");
    await user.click(screen.getByRole("button", { name: "Start run" }));
    expect(attempts).toHaveAccessibleDescription("Must be from 2 to 10: the first attempt counts.");
    expect(sent).toEqual([]);
    await user.clear(attempts);
    await user.type(attempts, "4");
    await user.selectOptions(screen.getByLabelText("Later delays"), "exponential");
    await user.click(screen.getByRole("button", { name: "Start run" }));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(sent[0]).toMatchObject({
      steps: [{ on_failure: "continue" }, { on_failure: "stop" }],
      retry: { what: "failed", max_attempts: 4, delay_seconds: 60, backoff: "exponential" },
    });
  });
});
