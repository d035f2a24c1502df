import { screen, waitFor } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { searchHit, understood } from "@/test/catalog-fixtures";
import { nodeDetail } from "@/test/fixtures";
import { lineage } from "@/test/lineage-fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { answer, answerWith } from "@/test/server";

const ORDERS = "/api/workspaces/shop/models/model.shop.orders";

describe("the lineage page", () => {
  it("opens a node in the address, and closes it again", async () => {
    withWorkspace();
    answer(ORDERS, nodeDetail("orders"));
    const asked = answerWith(`${ORDERS}/lineage`, () => lineage());
    const { user, search } = renderApp("/w/shop/lineage?node=model.shop.orders&up=2");
    expect(await screen.findByText("9 ancestors, 0 descendants")).toBeInTheDocument();
    expect(asked[0]?.get("up")).toBe("2");

    await user.click(await screen.findByRole("button", { name: /more parents of stg_orders/ }));
    expect(search().getAll("expand_up")).toEqual(["model.shop.stg_orders"]);
    await waitFor(() => expect(asked.at(-1)?.getAll("expand_up")).toEqual(["model.shop.stg_orders"]));
    await user.click(await screen.findByRole("button", { name: "Hide the opened parents of stg_orders" }));
    expect(search().getAll("expand_up")).toEqual([]);
  });

  it("shows a node's facts beside the graph and can put it in the middle", async () => {
    withWorkspace();
    answer(ORDERS, nodeDetail("orders"));
    answer(`${ORDERS}/lineage`, lineage());
    const stg = "/api/workspaces/shop/models/model.shop.stg_orders";
    answer(stg, nodeDetail("stg_orders", { description: "Cleaned orders." }));
    answer(`${stg}/lineage`, lineage({ focus: "model.shop.stg_orders" }));
    const { user, search } = renderApp("/w/shop/lineage?node=model.shop.orders");
    await user.click(await screen.findByRole("button", { name: /^stg_orders/ }));
    expect(search().get("selected")).toBe("model.shop.stg_orders");
    expect(await screen.findByText("Cleaned orders.")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Put in the middle" }));
    expect(search().get("node")).toBe("model.shop.stg_orders");
    expect(search().get("selected")).toBeNull();
  });

  it("begins with a search", async () => {
    withWorkspace();
    const asked = answerWith("/api/workspaces/shop/search", () => ({
      items: [searchHit("orders"), searchHit("orders", { column: "id", rank: "column" })],
      total: 2,
      query: understood(),
    }));
    answer(ORDERS, nodeDetail("orders"));
    answer(`${ORDERS}/lineage`, lineage());
    const { user, search } = renderApp("/w/shop/lineage");
    await user.type(await screen.findByRole("combobox"), "ord");
    await screen.findByRole("option", { name: /orders/ });
    expect(asked.at(-1)?.get("q")).toBe("ord");
    await user.keyboard("{Enter}");
    await waitFor(() => expect(search().get("node")).toBe("model.shop.orders"));
  });
});
