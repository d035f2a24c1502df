import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { searchHit, understood } from "@/test/catalog-fixtures";
import { overview } from "@/test/fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { answer, answerWith } from "@/test/server";

const hits = (items: ReturnType<typeof searchHit>[]) => ({ items, total: null, query: understood() });

async function openPalette() {
  withWorkspace();
  answer("/api/workspaces/shop/overview", overview());
  const app = renderApp("/w/shop?environment=prod");
  await screen.findByText("Everything is fine");
  await app.user.keyboard("{Control>}k{/Control}");
  return { ...app, input: await screen.findByPlaceholderText(/^Search nodes, columns/) };
}

describe("the command palette", () => {
  it("groups what it finds, marks why, and leads to the column", async () => {
    const asked = answerWith("/api/workspaces/shop/search", () =>
      hits([
        searchHit("customers", {
          rank: "exact",
          match: { field: "name", text: "customers", ranges: [[0, 6]], column: null },
        }),
        searchHit("orders", {
          rank: "column",
          column: "customer_id",
          match: { field: "column", text: "customer_id", ranges: [[0, 6]], column: "customer_id" },
        }),
      ]),
    );
    const { user, input, router } = await openPalette();
    await user.type(input, "custom");
    const option = await screen.findByRole("option", { name: /orders/ });
    expect(within(option).getByText("custom").tagName).toBe("MARK");
    expect(screen.getByText("Columns")).toBeInTheDocument();
    expect(asked.at(-1)?.get("q")).toBe("custom");
    expect(asked.at(-1)?.get("environment")).toBe("prod");
    expect(asked.length).toBeLessThan(6);
    await user.keyboard("{ArrowDown}");
    answer("/api/workspaces/shop/models/model.shop.orders", { error: { code: "x", message: "x" } }, 404);
    await user.keyboard("{Enter}");
    await waitFor(() =>
      expect(router.state.location.pathname + router.state.location.search).toBe(
        "/w/shop/catalog/model.shop.orders?environment=prod&tab=columns&column=customer_id",
      ),
    );
  });

  it("says that nothing was found, and keeps its pages", async () => {
    answer("/api/workspaces/shop/search", hits([]));
    const { user, input } = await openPalette();
    await user.type(input, "changes");
    expect(await screen.findByText(/^Nothing in the catalog has this/)).toBeInTheDocument();
    expect(screen.getByRole("option", { name: "Changes" })).toBeInTheDocument();
  });

  it("takes a selection without words", async () => {
    answer("/api/workspaces/shop/search", hits([searchHit("orders", { rank: null, match: null })]));
    const { user, input } = await openPalette();
    await user.type(input, "tag:daily");
    expect(await screen.findByRole("option", { name: /orders/ })).toBeInTheDocument();
  });
});
