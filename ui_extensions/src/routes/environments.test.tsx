import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Environment } from "@/api/types";
import { environment, environmentCheck, environmentList, variable } from "@/test/environment-fixtures";
import { logLine, person, roles, run } from "@/test/fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { accept, answer, logInAs, page, problem } from "@/test/server";

const ENVIRONMENTS = "/api/workspaces/shop/environments";
const DEV = `${ENVIRONMENTS}/dev`;

function withEnvironments(
  items: Environment[] = [environment("dev", { is_default: true }), environment("prod")],
) {
  withWorkspace();
  answer(ENVIRONMENTS, environmentList(items));
  answer(`${DEV}/check`, environmentCheck());
  answer(`${DEV}/variables`, page([variable("REGION"), variable("TOKEN", { is_secret: true, value: null })]));
}

function asViewer() {
  withWorkspace({ role: "viewer", scopes: ["workspace:read", "catalog:read", "run:read"] });
  answer("/api/roles", roles);
  logInAs(person("viewer"));
}

describe("the environments", () => {
  it("say of each whether dbt connects", async () => {
    withEnvironments([
      environment("dev", { is_default: true, variables: 1, secrets: 2, defer_to: "prod" }),
      environment("prod", {
        last_test: { run_id: "r", at: "2024-05-01T08:00:00Z", status: "failed", message: "refused" },
        adapter_type: "snowflake",
        adapter_missing: true,
      }),
      environment("old", { is_runnable: false, in_profile: false }),
    ]);
    renderApp("/w/shop/environments");
    const table = await screen.findByRole("table", { name: "Environments" });
    const dev = within(table).getByRole("row", { name: /^dev/ });
    expect(dev).toHaveTextContent("default");
    expect(dev).toHaveTextContent("Never tested");
    expect(dev).toHaveTextContent("1 variable, 2 secrets");
    const prod = within(table).getByRole("row", { name: /^prod/ });
    expect(prod).toHaveTextContent("Does not connect");
    expect(prod).toHaveTextContent("not installed");
    expect(within(table).getByRole("row", { name: /^old/ })).toHaveTextContent("has no target old");
  });

  it("say that the profile cannot be read, and not that there are none", async () => {
    withEnvironments([]);
    answer(
      ENVIRONMENTS,
      environmentList([], { repository_targets: [], repository_problem: "It is no YAML." }),
    );
    renderApp("/w/shop/environments");
    expect(await screen.findByText(/cannot be read: It is no YAML/)).toBeInTheDocument();
  });

  it("can be made with a profile that is kept here", async () => {
    withEnvironments();
    const made = accept(ENVIRONMENTS, environment("pg"));
    const { user, router } = renderApp("/w/shop/environments?new=1");
    const dialog = within(await screen.findByRole("dialog", { name: "New environment" }));
    const send = dialog.getByRole("button", { name: "Make the environment" });
    expect(send).toBeDisabled();
    await user.type(dialog.getByLabelText("Key"), "pg");
    await user.selectOptions(dialog.getByLabelText("Profile"), "kept here");
    await user.type(dialog.getByLabelText("Output"), "type: postgres");
    await user.click(send);
    await waitFor(() => expect(router.state.location.pathname).toBe("/w/shop/environments/pg"));
    expect(made).toEqual([{ key: "pg", name: "pg", dbt_target: "pg", profile_yaml: "type: postgres" }]);
  });

  it("offer nothing to change to those who only see", async () => {
    withEnvironments();
    asViewer();
    renderApp("/w/shop/environments/dev");
    const save = await screen.findByRole("button", { name: "Save" });
    await waitFor(() => expect(save).toHaveAttribute("aria-disabled", "true"));
    expect(screen.getByLabelText("Name")).toBeDisabled();
    for (const name of ["Add", "Archive", "Delete", "Test connection", "Replace TOKEN"]) {
      const button = await screen.findByRole("button", {
        name: name.startsWith("Replace") ? "Replace" : name,
      });
      expect(button).toHaveAttribute("aria-disabled", "true");
    }
    expect(await screen.findByText("north")).toBeInTheDocument();
  });
});

describe("an environment", () => {
  it("is changed by what was typed, and nothing else", async () => {
    withEnvironments();
    const sent = accept(DEV, environment("dev"), 200, "patch");
    const { user } = renderApp("/w/shop/environments/dev");
    const save = await screen.findByRole("button", { name: "Save" });
    expect(save).toBeDisabled();
    await user.type(screen.getByLabelText("Threads"), "8");
    await user.selectOptions(screen.getByLabelText("Defers to"), "prod");
    await user.click(save);
    await waitFor(() => expect(sent).toEqual([{ threads: 8, defer_to: "prod" }]));
  });

  it("shows at the field what the server refuses", async () => {
    withEnvironments([environment("dev", { has_own_profile: true, profile_yaml: "type: duckdb" })]);
    const refused = problem("No.", [{ field: "profile_yaml", message: "holds a secret: password." }]);
    accept(DEV, refused, 422, "patch");
    const { user } = renderApp("/w/shop/environments/dev");
    await user.type(await screen.findByLabelText("Output"), " x");
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText("holds a secret: password.")).toHaveAttribute("role", "alert");
    expect(screen.getByLabelText("Output")).toHaveAttribute("aria-invalid", "true");
  });

  it("never shows a secret, and sends one that replaces it", async () => {
    withEnvironments();
    const sent = accept(
      `${DEV}/variables/TOKEN`,
      variable("TOKEN", { is_secret: true, value: null }),
      200,
      "put",
    );
    const { user } = renderApp("/w/shop/environments/dev");
    const table = await screen.findByRole("table", { name: "Variables and secrets" });
    expect(within(table).getByRole("row", { name: /REGION/ })).toHaveTextContent("north");
    expect(within(table).getByRole("row", { name: /TOKEN/ })).toHaveTextContent("•••••••• secret");
    expect(within(table).getByRole("row", { name: /TOKEN/ })).toHaveTextContent("by ann");
    await user.click(within(table).getByRole("button", { name: "Replace TOKEN" }));
    const dialog = within(await screen.findByRole("dialog", { name: "Replace TOKEN" }));
    expect(dialog.getByLabelText("Value")).toHaveValue("");
    expect(dialog.queryByLabelText(/^Secret/)).not.toBeInTheDocument();
    await user.type(dialog.getByLabelText("Value"), "hunter22");
    await user.click(dialog.getByRole("button", { name: "Set it" }));
    await waitFor(() => expect(sent).toEqual([{ value: "hunter22", secret: true }]));
    await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  });

  it("says of a secret whose key is lost that it is broken", async () => {
    withEnvironments();
    const lost = variable("TOKEN", { is_secret: true, value: null, is_readable: false });
    answer(`${DEV}/variables`, page([lost]));
    renderApp("/w/shop/environments/dev");
    expect(await screen.findByText(/Its key is lost/)).toBeInTheDocument();
  });

  it("adds a secret, and removes what is asked about first", async () => {
    withEnvironments();
    const put = accept(`${DEV}/variables/PG`, variable("PG"), 200, "put");
    const removed = accept(`${DEV}/variables/REGION`, null, 204, "delete");
    const { user } = renderApp("/w/shop/environments/dev");
    await user.click(await screen.findByRole("button", { name: "Add" }));
    const dialog = within(await screen.findByRole("dialog"));
    await user.type(dialog.getByLabelText("Name"), "PG");
    await user.type(dialog.getByLabelText("Value"), "hunter22");
    await user.click(dialog.getByLabelText(/^Secret/));
    await user.click(dialog.getByRole("button", { name: "Set it" }));
    await waitFor(() => expect(put).toEqual([{ value: "hunter22", secret: true }]));
    await user.click(await screen.findByRole("button", { name: "Remove REGION" }));
    expect(removed).toHaveLength(0);
    await user.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Remove" }));
    await waitFor(() => expect(removed).toHaveLength(1));
  });

  it("is tested, and dbt's words are shown as they come", async () => {
    withEnvironments();
    answer(`${DEV}/check`, environmentCheck({ variables_missing: ["PG"] }));
    const started = accept(`${DEV}/test`, run({ run_id: "run-9", status: "queued" }), 202);
    const { user } = renderApp("/w/shop/environments/dev");
    expect(await screen.findByText(/The profile reads PG, which is not set here/)).toBeInTheDocument();
    const failed = run({ run_id: "run-9", status: "failed", status_message: "Connection refused" });
    answer("/api/workspaces/shop/runs/run-9", failed);
    answer("/api/workspaces/shop/runs/run-9/log", {
      items: [logLine(1, "Connection:"), logLine(2, "  host: db")],
      next_line: 3,
      ended: true,
    });
    const last_test = { run_id: "run-9", at: "2024-05-01T08:00:00Z", status: "failed", message: "x" };
    answer(ENVIRONMENTS, environmentList([environment("dev", { last_test })]));
    await user.click(screen.getByRole("button", { name: "Test connection" }));
    await waitFor(() => expect(started).toHaveLength(1));
    expect(await screen.findByText("Connection refused")).toBeInTheDocument();
    expect(await screen.findByRole("log", { name: "What dbt says" })).toHaveTextContent(
      "Connection: host: db",
    );
    expect(screen.getByRole("link", { name: "The run" })).toHaveAttribute("href", "/w/shop/runs/run-9");
  });

  it("is deleted only once its key is typed", async () => {
    withEnvironments([
      environment("dev", { is_default: true }),
      environment("pg", { has_own_profile: true, profile_yaml: "type: duckdb" }),
    ]);
    answer(`${ENVIRONMENTS}/pg/check`, environmentCheck());
    answer(`${ENVIRONMENTS}/pg/variables`, page([]));
    const removed = accept(`${ENVIRONMENTS}/pg`, problem("It has a history."), 409, "delete");
    const { user } = renderApp("/w/shop/environments/pg");
    await user.click(await screen.findByRole("button", { name: "Delete" }));
    const dialog = within(await screen.findByRole("dialog"));
    expect(dialog.getByRole("button", { name: "Delete it" })).toBeDisabled();
    await user.type(dialog.getByRole("textbox"), "pg");
    await user.click(dialog.getByRole("button", { name: "Delete it" }));
    await waitFor(() => expect(removed).toHaveLength(1));
    expect(await dialog.findByText("It has a history.")).toBeInTheDocument();
  });

  it("that does not exist is said not to", async () => {
    withEnvironments();
    renderApp("/w/shop/environments/moon");
    expect(await screen.findByText("There is no environment moon")).toBeInTheDocument();
  });
});
