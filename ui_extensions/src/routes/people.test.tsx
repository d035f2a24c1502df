import { act, screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { user as account, apiToken, member, person, workspace } from "@/test/fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { accept, answer, answerWith, answerWorkspaces, logInAs, page, problem, server } from "@/test/server";

const MEMBERS = "/api/workspaces/shop/members";

function asInstanceAdmin(): void {
  logInAs(
    person("admin", {
      is_instance_admin: true,
      scopes: ["user:manage", "workspace:manage", "audit:read-all"],
    }),
  );
  withWorkspace();
}

describe("a new token", () => {
  it("is shown once, with what it was given", async () => {
    logInAs(person("developer"));
    withWorkspace();
    answer("/auth/tokens", page([]));
    const { user } = renderApp("/profile?tab=tokens");
    await user.click(await screen.findByRole("button", { name: "New token" }));
    const dialog = await screen.findByRole("dialog", { name: "New personal token" });
    await user.type(await within(dialog).findByLabelText("Name"), "nightly");
    await user.selectOptions(within(dialog).getByLabelText("Workspace"), "Shop");
    await user.selectOptions(within(dialog).getByLabelText("Ends after"), "30 days");
    const make = within(dialog).getByRole("button", { name: "Make the token" });
    expect(make).toBeDisabled();
    await user.click(within(dialog).getByRole("checkbox", { name: /run:start/ }));
    // Rights that no token may have are not there; those one does not have cannot be given.
    expect(within(dialog).queryByRole("checkbox", { name: /account:manage/ })).not.toBeInTheDocument();
    expect(within(dialog).getByRole("checkbox", { name: /member:manage/ })).toBeDisabled();

    const made = { token: "dbtwb_pat_secret", item: apiToken() };
    const sent = accept("/auth/tokens", made);
    answer("/auth/tokens", page([apiToken()]));
    await user.click(make);
    expect(await screen.findByText("dbtwb_pat_secret")).toBeInTheDocument();
    expect(screen.getByText(/It is not shown again/)).toBeInTheDocument();
    expect(sent).toEqual([
      { name: "nightly", scopes: ["run:start"], expires_in_days: 30, workspace: "shop" },
    ]);
    await user.click(screen.getByRole("button", { name: "I have copied it" }));
    expect(await screen.findByText("nightly")).toBeInTheDocument();
    expect(document.body.textContent).not.toContain("dbtwb_pat_secret");

    await user.click(screen.getByRole("button", { name: "New token" }));
    expect(await screen.findByRole("dialog", { name: "New personal token" })).toBeInTheDocument();
  });

  it("of a workspace belongs to it, and can be revoked", async () => {
    logInAs(person("admin"));
    withWorkspace();
    answer("/api/workspaces/shop/tokens", page([apiToken({ id: 7 })]));
    const gone: string[] = [];
    server.use(
      http.delete(`${window.location.origin}/api/workspaces/shop/tokens/:id`, ({ params }) => {
        gone.push(String(params["id"]));
        return new HttpResponse(null, { status: 204 });
      }),
    );
    const { user } = renderApp("/w/shop/settings?tab=tokens");
    await user.click(await screen.findByRole("button", { name: "Revoke nightly" }));
    answer("/api/workspaces/shop/tokens", page([]));
    await user.click(screen.getByRole("button", { name: "Revoke it" }));
    expect(await screen.findByText("No tokens")).toBeInTheDocument();
    expect(gone).toEqual(["7"]);
  });
});

describe("a new service token", () => {
  it("is offered nothing that reaches beyond its workspace", async () => {
    asInstanceAdmin();
    answer("/api/workspaces/shop/tokens", page([]));
    answer("/auth/tokens", page([]));
    const { user, router } = renderApp("/w/shop/settings?tab=tokens");
    await user.click(await screen.findByRole("button", { name: "New token" }));
    expect(await screen.findByRole("checkbox", { name: /^run:start/ })).toBeInTheDocument();
    expect(screen.queryByRole("checkbox", { name: /^audit:read-all/ })).not.toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Not now" }));
    await act(() => router.navigate("/profile?tab=tokens"));
    await user.click(await screen.findByRole("button", { name: "New token" }));
    expect(await screen.findByRole("checkbox", { name: /^audit:read-all/ })).toBeInTheDocument();
  });
});

describe("members", () => {
  it("are added by name or address, and their role is changed", async () => {
    logInAs(person("admin"));
    withWorkspace();
    answer(MEMBERS, page([member("ann", { role: "admin" })]));
    const { user } = renderApp("/w/shop/settings?tab=members");
    const table = await screen.findByRole("table", { name: "Members" });
    expect(within(table).getByText("you")).toBeInTheDocument();

    const added = accept(`${MEMBERS}/bob%40example.org`, member("bob"), 200, "put");
    answer(MEMBERS, page([member("ann", { role: "admin" }), member("bob")]));
    await user.type(screen.getByLabelText("Username or e-mail address"), "bob@example.org");
    await user.click(screen.getByRole("button", { name: "Add" }));
    expect(await screen.findByText("bob is viewer now.")).toBeInTheDocument();
    expect(added).toEqual([{ role: "viewer" }]);

    const changed = accept(`${MEMBERS}/bob`, member("bob", { role: "developer" }), 200, "put");
    await user.selectOptions(await screen.findByLabelText("Role of bob"), "Developer");
    await waitFor(() => expect(changed).toEqual([{ role: "developer" }]));
  });

  it("say what is wrong with a name, at the field", async () => {
    logInAs(person("admin"));
    withWorkspace();
    answer(MEMBERS, page([]));
    accept(
      `${MEMBERS}/bo`,
      problem("Not so.", [{ field: "username", message: "No such user." }]),
      422,
      "put",
    );
    const { user } = renderApp("/w/shop/settings?tab=members");
    await user.type(await screen.findByLabelText("Username or e-mail address"), "bo");
    await user.click(screen.getByRole("button", { name: "Add" }));
    expect(await screen.findByText("No such user.")).toBeInTheDocument();
    expect(screen.getByLabelText("Username or e-mail address")).toBeInvalid();
  });

  it("are removed after asking", async () => {
    logInAs(person("admin"));
    withWorkspace();
    answer(MEMBERS, page([member("bob")]));
    const gone = accept(`${MEMBERS}/bob`, null, 204, "delete");
    const { user } = renderApp("/w/shop/settings?tab=members");
    await user.click(await screen.findByRole("button", { name: "Remove bob" }));
    expect(gone).toEqual([]);
    answer(MEMBERS, page([]));
    await user.click(screen.getByRole("button", { name: "Remove" }));
    expect(await screen.findByText("No members")).toBeInTheDocument();
    expect(gone).toHaveLength(1);
  });

  it("cannot be changed by a viewer", async () => {
    logInAs(person("viewer"));
    withWorkspace({ role: "viewer", scopes: ["workspace:read", "member:read"] });
    answer(MEMBERS, page([member("bob")]));
    renderApp("/w/shop/settings?tab=members");
    await screen.findByRole("table", { name: "Members" });
    expect((await screen.findAllByText(/Needs the role admin in Shop/)).length).toBeGreaterThan(0);
    expect(screen.queryByLabelText("Role of bob")).not.toBeInTheDocument();
  });
});

describe("the settings of a workspace", () => {
  it("are saved when changed, and ask before they are left", async () => {
    logInAs(person("admin"));
    withWorkspace();
    const { user, router } = renderApp("/w/shop/settings");
    await user.type(await screen.findByLabelText("Name"), " 2");
    await user.click(screen.getByRole("link", { name: "Members" }));
    await user.click(await screen.findByRole("button", { name: "Stay here" }));
    expect(router.state.location.search).toBe("");
    const sent = accept("/api/workspaces/shop", workspace({ name: "Shop 2" }), 200, "patch");
    answer("/api/workspaces/shop", workspace({ name: "Shop 2" }));
    await user.click(screen.getByRole("button", { name: "Save" }));
    await waitFor(() => expect(sent).toEqual([{ name: "Shop 2", description: "" }]));
    await waitFor(() => expect(screen.getByRole("button", { name: "Save" })).toBeDisabled());
  });

  it("archive the workspace after asking", async () => {
    asInstanceAdmin();
    const archived = workspace({ archived_at: "2024-05-01T08:00:00Z" });
    const sent = accept("/api/workspaces/shop/archive", archived, 200);
    const { user } = renderApp("/w/shop/settings");
    await user.click(await screen.findByRole("button", { name: "Archive Shop" }));
    answer("/api/workspaces/shop", archived);
    await user.click(screen.getByRole("button", { name: "Archive it" }));
    expect(await screen.findByRole("button", { name: "Restore Shop" })).toBeInTheDocument();
    expect(sent).toHaveLength(1);
  });
});

describe("users", () => {
  it("are searched in the address, and made with a password that is shown once", async () => {
    asInstanceAdmin();
    const asked = answerWith("/api/admin/users", () => page([account("bob")]));
    const { user, search } = renderApp("/admin/users");
    await screen.findByText("bob");
    await user.type(screen.getByRole("searchbox"), "bo");
    await waitFor(() => expect(search().get("q")).toBe("bo"));
    await waitFor(() => expect(asked.at(-1)?.get("q")).toBe("bo"));
    await user.selectOptions(screen.getByLabelText("State"), "Active");
    await waitFor(() => expect(asked.at(-1)?.get("active")).toBe("true"));

    const sent = accept("/api/admin/users", { user: account("cy"), password: "made-up" });
    await user.click(screen.getByRole("button", { name: "New user" }));
    await user.type(screen.getByLabelText("Username"), "cy");
    await user.click(screen.getByRole("button", { name: "Create" }));
    expect(await screen.findByText("made-up")).toBeInTheDocument();
    expect(sent).toEqual([{ username: "cy", is_instance_admin: false }]);
    await user.click(screen.getByRole("button", { name: "I have copied it" }));
    expect(document.body.textContent).not.toContain("made-up");
  });

  it("are deleted only when their name is typed", async () => {
    asInstanceAdmin();
    answer("/api/admin/users", page([account("bob")]));
    const gone = accept("/api/admin/users/bob", null, 204, "delete");
    const { user } = renderApp("/admin/users");
    await user.click(await screen.findByRole("button", { name: "Actions for bob" }));
    await user.click(screen.getByRole("menuitem", { name: "Delete" }));
    const button = await screen.findByRole("button", { name: "Delete the user" });
    expect(button).toBeDisabled();
    await user.type(screen.getByLabelText(/to go on/), "bob");
    await user.click(button);
    await waitFor(() => expect(gone).toHaveLength(1));
  });

  it("are not offered what would lock oneself out", async () => {
    asInstanceAdmin();
    answer("/api/admin/users", page([account("ann")]));
    const { user } = renderApp("/admin/users");
    await user.click(await screen.findByRole("button", { name: "Actions for ann" }));
    expect(screen.getByRole("menuitem", { name: "Delete" })).toHaveAttribute("aria-disabled", "true");
  });
});

describe("workspaces", () => {
  it("are all listed, those in the archive last", async () => {
    asInstanceAdmin();
    const archived = workspace({ key: "old", name: "Old", archived_at: "2024-05-01T08:00:00Z" });
    answerWorkspaces([workspace(), archived]);
    renderApp("/admin/workspaces");
    expect(await screen.findByRole("button", { name: "Archive Shop" })).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Restore Old" })).toBeInTheDocument();
  });

  it("are made with a key that follows the name", async () => {
    asInstanceAdmin();
    const { user, router } = renderApp("/admin/workspaces");
    await user.click(await screen.findByRole("button", { name: "New workspace" }));
    await user.type(screen.getByLabelText("Name"), "Sales Réports");
    expect(screen.getByLabelText("Key")).toHaveValue("sales_reports");
    const sent = accept("/api/workspaces", workspace({ key: "sales_reports" }));
    answer("/api/workspaces/sales_reports", workspace({ key: "sales_reports" }));
    answer("/api/workspaces/sales_reports/members", page([]));
    await user.click(screen.getByRole("button", { name: "Create" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/w/sales_reports/settings"));
    expect(sent).toEqual([{ key: "sales_reports", name: "Sales Réports", description: "" }]);
  });
});
