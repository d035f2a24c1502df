import { screen, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { difference, differenceItem, snapshot } from "@/test/catalog-fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { answer, answerWith, page, problem } from "@/test/server";

const SNAPSHOTS = "/api/workspaces/shop/snapshots";

describe("the changes page", () => {
  it("compares the two newest unless others are chosen", async () => {
    withWorkspace();
    answer(SNAPSHOTS, page([snapshot(3, { is_current: true }), snapshot(2), snapshot(1, { added: 2 })]));
    answer(`${SNAPSHOTS}/2/diff/3`, difference([differenceItem("orders")]));
    answer(`${SNAPSHOTS}/1/diff/3`, difference([differenceItem("customers")]));
    const { user, search } = renderApp("/w/shop/changes");
    expect(await screen.findByRole("link", { name: "orders" })).toHaveAttribute(
      "href",
      "/w/shop/catalog/model.shop.orders?snapshot=2",
    );
    await user.click(screen.getByRole("radio", { name: /^From 1 May/ }));
    expect(await screen.findByRole("link", { name: "customers" })).toBeInTheDocument();
    expect(search().get("from")).toBe("1");
  });

  it("shows what breaks, why, and the difference of the SQL", async () => {
    withWorkspace();
    answer(SNAPSHOTS, page([snapshot(2, { is_current: true }), snapshot(1)]));
    const orders = differenceItem("orders", {
      breaking: true,
      reasons: ["Column total is gone."],
      changes: [
        { aspect: "sql", what: "SQL", before: "select 1\n", after: "select 2\n", breaking: false, why: null },
        {
          aspect: "column",
          what: "column total",
          before: "integer",
          after: null,
          breaking: true,
          why: "Two models read it.",
        },
      ],
    });
    const renamed = differenceItem("new_name", { kind: "renamed", renamed_from: "model.shop.old_name" });
    const asked = answerWith(`${SNAPSHOTS}/1/diff/2`, () =>
      difference([orders, renamed], {
        summary: { added: 0, removed: 0, renamed: 1, changed: 1, breaking: 1 },
      }),
    );
    const { user, search } = renderApp("/w/shop/changes");
    expect(await screen.findByText("Column total is gone.")).toBeInTheDocument();
    expect(screen.getByText("old_name")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "What changed in orders" }));
    const changes = await screen.findByRole("list", { name: "What changed" });
    const [first] = within(changes).getAllByRole("listitem");
    expect(first).toHaveTextContent("breaking");
    expect(first).toHaveTextContent("Two models read it.");
    expect(await within(changes).findByText("select 2")).toBeInTheDocument();
    expect(search().getAll("open")).toEqual(["model.shop.orders"]);
    await user.click(screen.getByRole("button", { name: /^breaking/ }));
    expect(asked.at(-1)?.get("breaking")).toBe("true");
    await user.click(screen.getByRole("button", { name: /^renamed/ }));
    expect(asked.at(-1)?.getAll("kind")).toEqual(["renamed"]);
    expect(asked.at(-1)?.get("breaking")).toBeNull();
  });

  it("says that nothing is different", async () => {
    withWorkspace();
    answer(SNAPSHOTS, page([snapshot(2), snapshot(1)]));
    answer(`${SNAPSHOTS}/1/diff/2`, difference([]));
    renderApp("/w/shop/changes");
    expect(await screen.findByText("Nothing is different")).toBeInTheDocument();
  });

  it("says why there is nothing to compare", async () => {
    withWorkspace();
    answer(SNAPSHOTS, page([snapshot(1)]));
    renderApp("/w/shop/changes");
    expect(await screen.findByText("There is only one snapshot")).toBeInTheDocument();
  });

  it("offers a way to the first snapshot", async () => {
    withWorkspace();
    answer(SNAPSHOTS, page([]));
    renderApp("/w/shop/changes");
    expect(await screen.findByText("There is no snapshot yet")).toBeInTheDocument();
    expect(screen.getByRole("link", { name: "Bring artifacts" })).toBeInTheDocument();
  });

  it("shows an error with its request id", async () => {
    withWorkspace();
    answer(SNAPSHOTS, page([snapshot(2), snapshot(1)]));
    answer(`${SNAPSHOTS}/1/diff/2`, problem("Snapshot 1 is kept no more."), 404);
    renderApp("/w/shop/changes");
    expect(await screen.findByText("Could not load the difference")).toBeInTheDocument();
    expect(screen.getByText("Snapshot 1 is kept no more.")).toBeInTheDocument();
  });
});
