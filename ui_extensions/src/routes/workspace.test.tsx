import { screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { overview, run, workspace } from "@/test/fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { accept, answer, page, problem, server } from "@/test/server";

const BROKEN = {
  state: "broken" as const,
  state_message: "Compilation Error\n  unexpected '}'",
  state_hint: "Mend it, then run `dbt parse`.",
};

describe("a workspace", () => {
  it("that is broken and was never read says what dbt said, and can be parsed again", async () => {
    withWorkspace({ ...BROKEN, manifest_at: null, node_counts: {} });
    const sent = accept("/api/workspaces/shop/runs", run({ run_id: "parse-1", status: "queued" }));
    const { user } = renderApp("/w/shop/catalog");
    await screen.findByText("dbt could not read this project");
    expect(screen.getByText(/unexpected '\}'/)).toBeInTheDocument();
    expect(screen.getByText("dbt parse")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Parse again" }));
    expect(await screen.findByRole("link", { name: "Watch it" })).toHaveAttribute(
      "href",
      "/w/shop/runs/parse-1",
    );
    expect(sent).toEqual([{ steps: [{ command: "parse" }] }]);
  });

  it("that is broken still shows its runs", async () => {
    withWorkspace({ ...BROKEN, manifest_at: null });
    answer("/api/workspaces/shop/runs", page([run({ status: "failed" })]));
    renderApp("/w/shop/runs");
    expect(await screen.findByText("dbt build")).toBeInTheDocument();
  });

  it("that broke after it was read shows what was known, marked", async () => {
    withWorkspace(BROKEN);
    answer("/api/workspaces/shop/overview", overview());
    renderApp("/w/shop");
    expect(await screen.findByText(/dbt can no longer read this project/)).toBeInTheDocument();
    expect(await screen.findByText("Everything is fine")).toBeInTheDocument();
  });

  it("that was never read is unknown, not empty", async () => {
    withWorkspace({ state: "new", manifest_at: null });
    renderApp("/w/shop");
    expect(await screen.findByText("This project has not been read yet")).toBeInTheDocument();
  });

  it("that does not exist says so", async () => {
    answer("/api/workspaces", page([]));
    answer("/api/workspaces/gone", problem("There is no workspace 'gone'."), 404);
    renderApp("/w/gone");
    expect(await screen.findByText("There is no workspace gone")).toBeInTheDocument();
  });
});

describe("the start", () => {
  it("leads to the workspace one was in last", async () => {
    localStorage.setItem("workbench.workspace", "shop");
    answer("/api/workspaces", page([workspace({ key: "aaa" }), workspace()]));
    answer("/api/workspaces/shop", workspace());
    answer("/api/workspaces/shop/overview", overview());
    const { router } = renderApp("/");
    await waitFor(() => expect(router.state.location.pathname).toBe("/w/shop"));
  });

  it("says that there is no page at an unknown address", async () => {
    renderApp("/nowhere");
    expect(await screen.findByText("There is no page at this address")).toBeInTheDocument();
  });

  it("says that the server cannot be reached", async () => {
    withWorkspace();
    server.use(
      http.get(`${window.location.origin}/api/workspaces/shop/overview`, () => HttpResponse.error()),
    );
    renderApp("/w/shop");
    expect(await screen.findByText(/The server does not answer/)).toBeInTheDocument();
    expect(screen.getByText("Could not load the dashboard")).toBeInTheDocument();
  });
});

describe("the keyboard", () => {
  it("goes to pages, shows its shortcuts and opens the search", async () => {
    withWorkspace();
    answer("/api/workspaces/shop/overview", overview());
    answer("/api/workspaces/shop/runs", page([]));
    const { user, router } = renderApp("/w/shop");
    await screen.findByText("Everything is fine");
    await user.keyboard("gr");
    await screen.findByText("No runs yet");
    expect(router.state.location.pathname).toBe("/w/shop/runs");
    await user.keyboard("?");
    expect(await screen.findByRole("dialog", { name: "Keyboard shortcuts" })).toBeInTheDocument();
    await user.keyboard("{Escape}");
    await user.keyboard("{Control>}k{/Control}");
    expect(await screen.findByPlaceholderText("Search nodes, columns, pages, workspaces")).toHaveFocus();
  });
});
