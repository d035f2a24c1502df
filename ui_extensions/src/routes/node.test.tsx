import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { nodeDetail } from "@/test/fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { answer, page, problem } from "@/test/server";

const ORDERS = "/api/workspaces/shop/models/model.shop.orders";
const at = (tab: string) => renderApp(`/w/shop/models/model.shop.orders?tab=${tab}`);

describe("the page of a node", () => {
  it("tells unknown from none", async () => {
    withWorkspace();
    answer(ORDERS, nodeDetail("orders", { last_status: null, last_run_at: null, last_run_id: null }));
    answer(`${ORDERS}/runs`, page([]));
    const { user } = at("overview");
    expect(await screen.findByText("Never run")).toBeInTheDocument();
    const tab = (name: string) =>
      within(screen.getByRole("navigation", { name: "Parts of this node" })).getByRole("link", { name });
    expect(screen.getByText("Nobody has described this model yet.")).toBeInTheDocument();
    await user.click(tab("Columns"));
    expect(await screen.findByText("Columns not known")).toBeInTheDocument();
    await user.click(tab("Tests"));
    expect(await screen.findByText("It has no tests")).toBeInTheDocument();
    await user.click(tab("Runs"));
    expect(await screen.findByText("It has never run here")).toBeInTheDocument();
    await user.click(tab("Code"));
    expect(await screen.findByText("Never compiled")).toBeInTheDocument();
    expect(screen.getByRole("link", { name: "Compile it" })).toHaveAttribute(
      "href",
      "/w/shop/runs?new=1&command=compile&select=orders",
    );
  });

  it("says how complete the columns are", async () => {
    withWorkspace();
    const column = {
      name: "id",
      data_type: null,
      description: "",
      known_from: "yaml" as const,
      tests: [],
      tags: [],
    };
    answer(
      ORDERS,
      nodeDetail("orders", { columns: [column], columns_known: "partial", columns_note: "Only YAML." }),
    );
    at("columns");
    expect(await screen.findByText("Only YAML.")).toBeInTheDocument();
    expect(screen.getByText("type not known")).toBeInTheDocument();
  });

  it("says that a node is gone", async () => {
    withWorkspace();
    answer(ORDERS, problem("There is no node."), 404);
    at("overview");
    expect(await screen.findByText(/is not in the catalog of Shop/)).toBeInTheDocument();
  });
});
