import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { run } from "@/test/fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { accept, answer, answerWith, page } from "@/test/server";

const RUNS = "/api/workspaces/shop/runs";
const FACETS = {
  environments: ["dev", "prod"],
  actors: ["ann"],
  commands: ["dbt build"],
  schedules: ["nightly"],
  jobs: ["daily"],
  looked_at: 12,
};

describe("the list of runs", () => {
  it("is filtered by what runs carry, and says so to the server", async () => {
    withWorkspace();
    answer(`${RUNS}/facets`, FACETS);
    const asked = answerWith(RUNS, () => page([run()]));
    const { user, search } = renderApp("/w/shop/runs?cursor=old&page=2");
    const filters = await screen.findByRole("group", { name: "Filters" });
    const choose = (label: string, value: string) =>
      user.selectOptions(within(filters).getByLabelText(label), value);
    await within(filters).findByRole("option", { name: "nightly" });
    await choose("Status", "failed");
    await choose("Environment of the runs", "prod");
    await choose("Started by", "ann");
    await choose("Command of the runs", "dbt build");
    await choose("Schedule", "nightly");
    await choose("Time", "24");
    await user.type(within(filters).getByRole("searchbox"), "model.shop.orders");
    await waitFor(() => expect(search().get("node")).toBe("model.shop.orders"));
    await waitFor(() => expect(asked.at(-1)?.get("node")).toBe("model.shop.orders"));
    const last = Object.fromEntries(asked.at(-1) ?? []);
    expect(last).toMatchObject({
      status: "failed",
      environment: "prod",
      actor: "ann",
      command: "dbt build",
      schedule: "nightly",
    });
    const age = Date.now() - Date.parse(last["created_after"] ?? "");
    expect(Math.round(age / 3_600_000)).toBe(24);
    expect(search().has("cursor")).toBe(false);
    await user.click(screen.getByRole("button", { name: "Any node" }));
    expect(search().has("node")).toBe(false);
  });

  it("says that a filter finds nothing, and takes all of them away at once", async () => {
    withWorkspace();
    answer(RUNS, page([]));
    const { user, search } = renderApp("/w/shop/runs?actor=bob&hours=24");
    expect(await screen.findByText("No run matches these filters")).toBeInTheDocument();
    expect(screen.getByLabelText("Started by")).toHaveValue("bob");
    await user.click(screen.getByRole("button", { name: "Clear the filters" }));
    expect(search().toString()).toBe("");
    expect(await screen.findByText("No runs yet")).toBeInTheDocument();
  });

  it("cancels many at once, and tells of each that could not be", async () => {
    withWorkspace();
    const open = { status: "running", finished_at: null, can_cancel: true } as const;
    answer(
      RUNS,
      page([run({ run_id: "aaaaaaaa-1", ...open }), run({ run_id: "bbbbbbbb-2", ...open }), run()]),
    );
    const sent = accept(
      `${RUNS}/cancel`,
      {
        items: [
          { run_id: "aaaaaaaa-1", cancelling: true, error: null, message: null },
          { run_id: "bbbbbbbb-2", cancelling: false, error: "conflict", message: "It has already ended." },
        ],
      },
      200,
    );
    const { user } = renderApp("/w/shop/runs");
    expect(await screen.findAllByRole("checkbox")).toHaveLength(3);
    await user.click(screen.getByLabelText("Choose all that can be cancelled"));
    expect(screen.getByText("2 runs chosen")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Cancel them" }));
    expect(sent).toEqual([]);
    await user.click(await screen.findByRole("button", { name: "Cancel 2 runs" }));
    await waitFor(() => expect(sent).toEqual([{ run_ids: ["aaaaaaaa-1", "bbbbbbbb-2"] }]));
    expect(await screen.findByText(/It has already ended/)).toBeInTheDocument();
    expect(screen.queryByText("2 runs chosen")).not.toBeInTheDocument();
  });

  it("offers nothing to choose where every run has ended", async () => {
    withWorkspace();
    answer(RUNS, page([run({ schedule: "nightly" })]));
    renderApp("/w/shop/runs");
    expect(await screen.findByText("nightly")).toBeInTheDocument();
    expect(screen.queryByRole("checkbox")).not.toBeInTheDocument();
  });
});
