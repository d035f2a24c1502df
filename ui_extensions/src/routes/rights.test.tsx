import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import type { RoleName } from "@/api/types";
import { overview, person, run, scopesOf, workspace } from "@/test/fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { accept, answer, logInAs, page, problem, refusal, server } from "@/test/server";

function withRole(role: RoleName): void {
  logInAs(person(role));
  withWorkspace({ role, scopes: scopesOf(role) });
}

describe("what one may not do", () => {
  it("is not offered, and says which role it needs", async () => {
    withRole("viewer");
    answer("/api/workspaces/shop/runs", page([]));
    const { user, search } = renderApp("/w/shop/runs");
    const button = await screen.findByRole("button", {
      name: "New run",
      description: "Needs the role developer in Shop. Yours is viewer.",
    });
    expect(button).toHaveAttribute("aria-disabled", "true");
    await user.click(button);
    expect(search().has("new")).toBe(false);
    expect(screen.getByRole("link", { name: /Dagster/ })).toBeInTheDocument();
  });

  it("is not offered by its address either", async () => {
    withRole("viewer");
    answer("/api/workspaces/shop/runs", page([]));
    renderApp("/w/shop/runs?new=1");
    const dialog = await screen.findByRole("dialog", { name: "New run" });
    expect(await within(dialog).findByText(/Needs the role developer/)).toBeInTheDocument();
  });

  it("is offered to who may", async () => {
    withRole("developer");
    answer("/api/workspaces/shop/runs", page([]));
    const { user, search } = renderApp("/w/shop/runs");
    answer("/api/workspaces/shop/runs/options", { commands: [], options: [] });
    await user.click(await screen.findByRole("button", { name: "New run" }));
    expect(search().get("new")).toBe("1");
  });

  it("is nothing where login is off", async () => {
    withWorkspace();
    const path = "/api/workspaces/shop/runs/run-1";
    answer(path, run({ status: "running", finished_at: null, can_cancel: true }));
    answer(`${path}/nodes`, page([]));
    answer(`${path}/log`, { items: [], next_line: 1, ended: false });
    answer(`${path}/artifacts`, page([]));
    renderApp("/w/shop/runs/run-1");
    expect(await screen.findByRole("button", { name: "Cancel" })).toBeEnabled();
    expect(screen.getByRole("link", { name: "In Dagster" })).toBeInTheDocument();
    expect(document.querySelector("[aria-disabled=true]")).toBeNull();
  });

  it("is nothing but reading in an archived workspace", async () => {
    logInAs(person("admin"));
    withWorkspace({ archived_at: "2024-05-01T08:00:00Z" });
    answer("/api/workspaces/shop/runs", page([]));
    renderApp("/w/shop/runs");
    expect(await screen.findByText(/This workspace was archived/)).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "New run" })).toHaveAccessibleDescription(
      "The workspace is archived: it can only be read.",
    );
  });
});

describe("a workspace without a project", () => {
  it("starts no run, and says why", async () => {
    logInAs(person("admin"));
    withWorkspace({ has_project: false, project_dir: null });
    answer("/api/workspaces/shop/runs", page([]));
    renderApp("/w/shop/runs");
    await waitFor(() =>
      expect(screen.getByRole("button", { name: "New run" })).toHaveAccessibleDescription(
        "The workspace has no dbt project to run.",
      ),
    );
  });
});

describe("a refusal", () => {
  it("says which role in which workspace is missing, which one there is, and the request", async () => {
    withRole("viewer");
    answer("/api/workspaces/shop/audit", refusal("audit:read", "admin", "viewer"), 403);
    answer("/api/workspaces/shop/audit/facets", refusal("audit:read", "admin", "viewer"), 403);
    renderApp("/w/shop/settings?tab=audit");
    const alert = await screen.findByRole("alert");
    expect(alert).toHaveTextContent("It needs the role admin in the workspace shop.");
    expect(alert).toHaveTextContent("Your role there is viewer.");
    expect(alert).toHaveTextContent("audit:read");
    expect(alert).toHaveTextContent("req-403");
    expect(within(alert).getByRole("link", { name: "What roles may do" })).toHaveAttribute("href", "/roles");
  });

  it("makes the page ask again who one is", async () => {
    withRole("developer");
    answer("/api/workspaces/shop/runs", page([]));
    const { user } = renderApp("/w/shop");
    answer("/api/workspaces/shop/overview", overview({ recent_runs: [] }));
    await screen.findByRole("link", { name: "New run" });
    let asked = 0;
    server.use(
      http.get(`${window.location.origin}/auth/me`, () => {
        asked += 1;
        return HttpResponse.json(person("viewer"));
      }),
    );
    answer("/api/workspaces/shop/runs", refusal("run:read", "viewer", "none"), 403);
    withWorkspace({ role: "viewer", scopes: ["run:read"] });
    await user.keyboard("gr");
    expect(await screen.findByText("You may not do this")).toBeInTheDocument();
    await waitFor(() => expect(asked).toBe(1));
    await waitFor(() =>
      expect(screen.getByRole("button", { name: "New run" })).toHaveAttribute("aria-disabled"),
    );
  });

  it("of a change is shown where the change was asked for", async () => {
    logInAs(person("admin"));
    withWorkspace();
    accept("/api/workspaces/shop", refusal("workspace:edit", "admin", "developer"), 403, "patch");
    const { user } = renderApp("/w/shop/settings");
    await user.type(await screen.findByLabelText("Name"), " 2");
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText("Your role there is developer.")).toBeInTheDocument();
  });

  it("of a workspace looks as if it did not exist", async () => {
    logInAs(person("viewer"));
    answer("/api/workspaces", page([]));
    answer("/api/workspaces/other", problem("There is no workspace 'other'."), 404);
    renderApp("/w/other");
    expect(await screen.findByText(/or you are not a member of it/)).toBeInTheDocument();
  });
});

describe("somebody in no workspace", () => {
  it("is told whom to ask", async () => {
    logInAs(person("viewer", { memberships: [] }));
    answer("/api/workspaces", page([]));
    renderApp("/");
    expect(await screen.findByText("You are in no workspace yet")).toBeInTheDocument();
    expect(screen.getByText("ann")).toBeInTheDocument();
  });
});

describe("the start", () => {
  it("is the default workspace in a browser that knows of no other", async () => {
    logInAs(person("viewer", { default_workspace: "shop" }));
    answer("/api/workspaces", page([workspace({ key: "aaa" }), workspace()]));
    answer("/api/workspaces/shop", workspace());
    answer("/api/workspaces/shop/overview", overview());
    const { router } = renderApp("/");
    await waitFor(() => expect(router.state.location.pathname).toBe("/w/shop"));
  });
});

describe("what roles may do", () => {
  it("is a table, with one's own roles marked", async () => {
    logInAs(person("developer"));
    answer("/api/workspaces", page([workspace()]));
    renderApp("/roles");
    const table = await screen.findByRole("table", { name: "Rights of each role" });
    const row = within(table).getByRole("row", { name: /run:start/ });
    expect(within(row).getAllByRole("img", { name: "yes" })).toHaveLength(4);
    expect(screen.getByText("You, in Shop")).toBeInTheDocument();
  });
});
