import { act, screen, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { config } from "@/test/config";
import { overview, person } from "@/test/fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { accept, answer, logInAs, page, problem, server, setCsrfCookie, tokenOf } from "@/test/server";

const nobody = () => answer("/auth/me", problem("Log in.", [], null), 401);

async function fill(user: ReturnType<typeof renderApp>["user"]): Promise<void> {
  await user.type(await screen.findByLabelText("Username or e-mail address"), "ann");
  await user.type(screen.getByLabelText("Password"), "a secret");
}

describe("the login", () => {
  it("is asked for, and leads to where one wanted to go", async () => {
    nobody();
    withWorkspace();
    answer("/api/workspaces/shop/runs", page([]));
    const { user, router, search } = renderApp("/w/shop/runs?status=failed");
    await fill(user);
    expect(router.state.location.pathname).toBe("/login");
    expect(search().get("next")).toBe("/w/shop/runs?status=failed");
    const sent = accept("/auth/login", tokenOf(person("developer")), 200);
    await user.click(screen.getByRole("button", { name: "Log in" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/w/shop/runs"));
    expect(search().get("status")).toBe("failed");
    expect(sent).toEqual([{ username: "ann", password: "a secret", delivery: "cookie" }]);
    expect(await screen.findByText("Ann Lee")).toBeInTheDocument();
  });

  it("says that it was wrong, and keeps what was typed", async () => {
    nobody();
    const { user } = renderApp("/login");
    await fill(user);
    accept("/auth/login", problem("Username or password is wrong."), 401);
    await user.click(screen.getByRole("button", { name: "Log in" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("Username or password is wrong.");
    expect(screen.getByLabelText("Username or e-mail address")).toHaveValue("ann");
  });

  it("says how long to wait after too many attempts", async () => {
    nobody();
    const { user } = renderApp("/login");
    await fill(user);
    server.use(
      http.post(`${window.location.origin}/auth/login`, () =>
        HttpResponse.json(problem("Too many attempts."), { status: 429, headers: { "retry-after": "90" } }),
      ),
    );
    await user.click(screen.getByRole("button", { name: "Log in" }));
    expect(await screen.findByRole("alert")).toHaveTextContent(/Too many attempts.*1m 30s/);
    expect(screen.getByRole("button", { name: "Log in" })).toBeDisabled();
  });

  it("leads to no other site", async () => {
    logInAs(person("viewer"));
    withWorkspace();
    answer("/api/workspaces/shop/overview", overview());
    const { router } = renderApp("/login?next=//elsewhere.example/");
    await waitFor(() => expect(router.state.location.pathname).toBe("/w/shop"));
  });

  it("does not send somebody who is logged in back to Dagster's page by itself", async () => {
    logInAs(person("viewer"));
    renderApp("/login?next=/dagster/runs");
    expect(await screen.findByRole("link", { name: "Go on to /dagster/runs" })).toHaveAttribute(
      "href",
      "/dagster/runs",
    );
  });

  it("is no page where login is off", async () => {
    withWorkspace();
    answer("/api/workspaces/shop/overview", overview());
    const { router } = renderApp("/login");
    await waitFor(() => expect(router.state.location.pathname).toBe("/w/shop"));
  });

  it("is asked for again when the session ends, and says so", async () => {
    logInAs(person("viewer"));
    withWorkspace();
    answer("/api/workspaces/shop/overview", overview());
    const { router, queries } = renderApp("/w/shop");
    await screen.findByText("Everything is fine");
    accept("/auth/refresh", problem("Over."), 401);
    answer("/api/workspaces/shop", problem("Log in."), 401);
    await act(() => queries.invalidateQueries());
    expect(await screen.findByText(/Your session has ended/)).toBeInTheDocument();
    expect(router.state.location.search).toBe("?next=%2Fw%2Fshop");
    expect(queries.getQueryCache().getAll()).toEqual([]);
  });

  it("says that the server cannot be asked, and asks again", async () => {
    withWorkspace();
    answer("/api/workspaces/shop/overview", overview());
    server.use(http.get(`${window.location.origin}/auth/me`, () => HttpResponse.error(), { once: true }));
    const { user } = renderApp("/w/shop");
    await user.click(await screen.findByRole("button", { name: "Try again" }));
    expect(await screen.findByText("Everything is fine")).toBeInTheDocument();
  });
});

describe("a password given by somebody else", () => {
  it("has to be changed before anything else", async () => {
    const who = person("viewer", { must_change_password: true });
    logInAs(who);
    withWorkspace();
    answer("/config", config({ auth_enabled: true }));
    answer("/api/workspaces/shop/overview", overview());
    const { user } = renderApp("/w/shop");
    await screen.findByRole("heading", { name: "Choose a new password" });
    await user.type(screen.getByLabelText("Current password"), "given");
    await user.type(screen.getByLabelText("New password"), "short");
    await user.type(screen.getByLabelText("New password again"), "shor");
    expect(screen.getByText("The two are not the same.")).toBeInTheDocument();
    const button = screen.getByRole("button", { name: "Change it and go on" });
    expect(button).toBeDisabled();
    await user.type(screen.getByLabelText("New password again"), "t");

    accept("/auth/password", problem("Not so.", [{ field: "new_password", message: "Too short." }]), 422);
    await user.click(button);
    expect(await screen.findByText("Too short.")).toBeInTheDocument();

    const sent = accept("/auth/password", null, 204);
    answer("/auth/me", { ...who, must_change_password: false });
    await user.click(button);
    expect(await screen.findByText("Everything is fine")).toBeInTheDocument();
    expect(sent).toEqual([{ current_password: "given", new_password: "short" }]);
  });
});

describe("logging out", () => {
  it("is in the person's menu, and leads to the login", async () => {
    logInAs(person("viewer"));
    withWorkspace();
    answer("/api/workspaces/shop/overview", overview());
    const { user, router } = renderApp("/w/shop");
    await user.click(await screen.findByRole("button", { name: /Ann Lee/ }));
    expect(screen.queryByRole("menuitem", { name: "Users" })).not.toBeInTheDocument();
    server.use(
      http.post(`${window.location.origin}/auth/logout`, () => {
        setCsrfCookie(null);
        return new HttpResponse(null, { status: 204 });
      }),
    );
    await user.click(screen.getByRole("menuitem", { name: "Log out" }));
    await screen.findByLabelText("Password");
    expect(router.state.location.search).toBe("");
  });

  it("is not offered where login is off", async () => {
    withWorkspace();
    answer("/api/workspaces/shop/overview", overview());
    const { user } = renderApp("/w/shop");
    await user.click(await screen.findByRole("button", { name: /Local admin/ }));
    expect(screen.getByRole("menuitem", { name: "Users" })).toBeInTheDocument();
    expect(screen.queryByRole("menuitem", { name: "Log out" })).not.toBeInTheDocument();
  });
});
