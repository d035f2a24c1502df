import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it, vi } from "vitest";
import * as save from "@/lib/save";
import { auditEntry, person, workspace } from "@/test/fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { answer, answerWith, answerWorkspaces, logInAs, page, problem, server } from "@/test/server";

const FACETS = { actors: ["ann", "bob"], tags: ["login.failed", "member.changed"] };

function withAudit(entries = [auditEntry(1)]): URLSearchParams[] {
  logInAs(person("admin", { is_instance_admin: true, scopes: ["audit:read-all"] }));
  withWorkspace();
  answer("/api/workspaces/shop/audit/facets", FACETS);
  answer("/api/admin/audit/facets", FACETS);
  answerWith("/api/admin/audit", () => page(entries));
  return answerWith("/api/workspaces/shop/audit", () => page(entries, { next_cursor: "c2" }));
}

describe("the audit log", () => {
  it("keeps its filters in the address and asks the server by them", async () => {
    const asked = withAudit();
    const { user, search } = renderApp("/w/shop/settings?tab=audit&actor=bob");
    await screen.findByRole("cell", { name: "member.changed" });
    expect(Object.fromEntries(asked.at(-1) ?? [])).toEqual({ actor: "bob", limit: "50" });
    expect(screen.getByLabelText("Actor")).toHaveValue("bob");

    await user.selectOptions(screen.getByLabelText("Action"), "login.failed");
    expect(search().get("tag")).toBe("login.failed");
    await user.selectOptions(screen.getByLabelText("Time"), "Last 24 hours");
    expect(search().get("range")).toBe("24h");
    await waitFor(() => expect(asked.at(-1)?.get("from")).toMatch(/^\d{4}-.*Z$/));
    expect(asked.at(-1)?.get("tag")).toBe("login.failed");
    await user.type(screen.getByRole("searchbox"), "role");
    await waitFor(() => expect(search().get("q")).toBe("role"));
    await user.click(await screen.findByRole("button", { name: "Next" }));
    expect(search().get("cursor")).toBe("c2");
    await waitFor(() => expect(asked.at(-1)?.get("cursor")).toBe("c2"));
  });

  it("shows what a change changed", async () => {
    withAudit();
    const { user, search } = renderApp("/w/shop/settings?tab=audit");
    const toggle = await screen.findByRole("button", { name: /Details of member.changed by ann/ });
    expect(toggle).toHaveAttribute("aria-expanded", "false");
    await user.click(toggle);
    expect(search().get("event")).toBe("1");
    const table = await screen.findByRole("table", { name: "What changed" });
    expect(within(table).getByRole("row", { name: /role/ })).toHaveTextContent("role- viewer+ admin");
    expect(within(table).queryByText("since")).not.toBeInTheDocument();
    expect(screen.getByText("req-1")).toBeInTheDocument();
  });

  it("of everything can be of one workspace", async () => {
    withAudit();
    const asked = answerWith("/api/admin/audit", () => page([]));
    answerWorkspaces([workspace()]);
    const { user } = renderApp("/admin/audit");
    await screen.findByText("Nothing has happened yet");
    await waitFor(() => expect(screen.getByRole("option", { name: "shop" })).toBeInTheDocument());
    await user.selectOptions(screen.getByLabelText("Workspace"), "shop");
    await waitFor(() => expect(asked.at(-1)?.get("workspace")).toBe("shop"));
    expect(await screen.findByText("Nothing matches these filters")).toBeInTheDocument();
  });

  it("is exported as whoever is logged in, by the same filters", async () => {
    withAudit();
    const saved = vi.spyOn(save, "saveFile").mockReturnValue();
    const sent: Request[] = [];
    server.use(
      http.get(`${window.location.origin}/api/workspaces/shop/audit/export`, ({ request }) => {
        sent.push(request);
        return HttpResponse.text("a,b\n");
      }),
    );
    const { user } = renderApp("/w/shop/settings?tab=audit&actor=bob");
    await user.click(await screen.findByRole("button", { name: "CSV" }));
    await waitFor(() => expect(saved).toHaveBeenCalledTimes(1));
    expect(saved.mock.calls[0]?.[1]).toMatch(/^audit-shop-.*\.csv$/);
    expect(sent[0]?.headers.get("authorization")).toBe("Bearer access-1");
    expect(new URL(sent[0]?.url ?? "").search).toBe("?format=csv&actor=bob");

    answer("/api/workspaces/shop/audit/export", problem("The disk is full."), 500);
    await user.click(screen.getByRole("button", { name: "JSON lines" }));
    expect(await screen.findByRole("alert")).toHaveTextContent("The disk is full.");
    expect(saved).toHaveBeenCalledTimes(1);
  });
});
