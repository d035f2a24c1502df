import { fireEvent, screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { trendPoint, validation } from "@/test/catalog-fixtures";
import { nodeItem } from "@/test/fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { answer, answerWith, problem } from "@/test/server";

const VALIDATION = "/api/workspaces/shop/validation";

describe("the validation page", () => {
  it("counts each check, and lists one when it is chosen", async () => {
    withWorkspace();
    answer(`${VALIDATION}/trend`, { items: [trendPoint(1), trendPoint(2, { documented: 8 })] });
    const asked = answerWith(VALIDATION, () =>
      validation({
        items: [{ ...nodeItem("orders"), checks: ["untested", "ownerless"] }],
        total: 1,
        summary: { ...validation().summary, untested: { count: 3, of: 12 } },
      }),
    );
    const { user, search } = renderApp("/w/shop/validation");
    const checks = await screen.findByRole("list", { name: "Checks" });
    const untested = within(checks).getByRole("button", { name: /^Untested/ });
    expect(untested).toHaveTextContent("3");
    expect(untested).toHaveTextContent("75% tested");
    expect(within(checks).getByRole("button", { name: /^Stale/ })).toHaveTextContent("nothing to check");
    const row = screen.getByRole("row", { name: /orders/ });
    expect(within(row).getByRole("link", { name: "untested" })).toHaveAttribute(
      "href",
      "/w/shop/catalog/model.shop.orders?tab=tests",
    );
    await user.click(untested);
    expect(search().get("check")).toBe("untested");
    expect(asked.at(-1)?.getAll("check")).toEqual(["untested"]);
  });

  it("draws how coverage moved, readable by keyboard", async () => {
    withWorkspace();
    answer(VALIDATION, validation());
    answer(`${VALIDATION}/trend`, { items: [trendPoint(1), trendPoint(2, { documented: 8 })] });
    const { router } = renderApp("/w/shop/validation");
    const chart = await screen.findByRole("slider", { name: /Coverage over time/ });
    expect(chart).toHaveAttribute("aria-valuetext", expect.stringContaining("Described 80%"));
    expect(chart).toHaveAttribute("aria-valuetext", expect.stringContaining("Columns described not known"));
    fireEvent.keyDown(chart, { key: "ArrowLeft" });
    expect(chart).toHaveAttribute("aria-valuetext", expect.stringContaining("Described 50%"));
    answer("/api/workspaces/shop/snapshots", { items: [], total: 0, next_cursor: null });
    fireEvent.keyDown(chart, { key: "Enter" });
    expect(router.state.location.search).toBe("?snapshot=1");
  });

  it("says that everything is in order", async () => {
    withWorkspace();
    answer(VALIDATION, validation());
    answer(`${VALIDATION}/trend`, { items: [] });
    renderApp("/w/shop/validation");
    expect(await screen.findByText("Nothing: everything is in order")).toBeInTheDocument();
    expect(await screen.findByText("Not known yet: no snapshot has been counted.")).toBeInTheDocument();
  });

  it("shows an error with its request id", async () => {
    withWorkspace();
    answer(VALIDATION, problem("The database is away."), 503);
    renderApp("/w/shop/validation");
    expect(await screen.findByText("Could not load the checks")).toBeInTheDocument();
  });
});
