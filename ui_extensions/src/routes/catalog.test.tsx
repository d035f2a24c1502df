import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { facets, nodePage, snapshot, understood } from "@/test/catalog-fixtures";
import { FakeStream } from "@/test/fake-stream";
import { nodeItem } from "@/test/fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { answer, answerWith, page, problem } from "@/test/server";

const MODELS = "/api/workspaces/shop/models";
const SNAPSHOTS = "/api/workspaces/shop/snapshots";

function withFacets(changes: Parameters<typeof facets>[0] = {}): URLSearchParams[] {
  withWorkspace();
  return answerWith(`${MODELS}/facets`, () => facets(changes));
}

describe("the catalog", () => {
  it("asks for what the address says and shows what it gets", async () => {
    withFacets();
    const asked = answerWith(MODELS, () =>
      nodePage([
        nodeItem("orders", {
          tests: { total: 3, passed: 1, failed: 1, warned: 0, unknown: 1 },
          trust: "broken",
          trust_reasons: ["1 of its tests fail."],
          columns_total: 12,
          columns_documented: 3,
        }),
      ]),
    );
    const { user } = renderApp(
      "/w/shop/catalog?q=ord&resource_type=model&resource_type=seed&tag=daily&status=failing&trust=broken&sort=-name",
    );
    const row = await screen.findByRole("row", { name: /orders/ });
    expect(within(row).getByTitle("1 failed")).toBeInTheDocument();
    expect(within(row).getByTitle("1 never run")).toBeInTheDocument();
    expect(within(row).getByText("3 of 12")).toBeInTheDocument();
    expect(asked[0]?.getAll("resource_type")).toEqual(["model", "seed"]);
    expect(asked[0]?.getAll("status")).toEqual(["error", "fail", "runtime error"]);
    expect(asked[0]?.getAll("trust")).toEqual(["broken"]);
    expect(asked[0]?.get("q")).toBe("ord");
    expect(asked[0]?.get("sort")).toBe("-name");
    expect(screen.getByRole("columnheader", { name: "Name" })).toHaveAttribute("aria-sort", "descending");
    await user.click(within(row).getByRole("button", { name: "Broken" }));
    expect((await screen.findAllByText("1 of its tests fail."))[0]).toBeInTheDocument();
  });

  it("tells unknown from none", async () => {
    withFacets();
    answer(
      MODELS,
      nodePage([
        nodeItem("a", { trust: "unknown", last_status: null, last_run_at: null, last_run_id: null }),
        nodeItem("b", { resource_type: "macro", trust: null, last_status: null }),
        nodeItem("c", { resource_type: "hologram", trust: null }),
      ]),
    );
    renderApp("/w/shop/catalog?resource_type=all");
    const row = await screen.findByRole("row", { name: /^a / });
    expect(within(row).getByText("Unknown")).toBeInTheDocument();
    expect(within(row).getByText("Never run")).toBeInTheDocument();
    expect(within(row).getByText("columns not known")).toBeInTheDocument();
    expect(within(row).getByText("nobody")).toBeInTheDocument();
    const macro = screen.getByRole("row", { name: /^b / });
    expect(within(macro).getByText("has no columns")).toBeInTheDocument();
    expect(within(macro).getByText("is not tested")).toBeInTheDocument();
    expect(screen.getByRole("row", { name: /^c / })).toBeInTheDocument();
  });

  it("keeps filters, sort and page in the address", async () => {
    const facetsAsked = withFacets();
    const asked = answerWith(MODELS, (query) =>
      nodePage([nodeItem(query.get("cursor") ? "second" : "first")], {
        total: 51,
        next_cursor: query.get("cursor") ? null : "c1",
      }),
    );
    const { user, search } = renderApp("/w/shop/catalog");
    await screen.findByText("first");
    await user.click(screen.getByRole("button", { name: "Next" }));
    await screen.findByText("second");
    expect(search().get("cursor")).toBe("c1");
    expect(screen.getByText("51 to 51 of 51")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Previous" }));
    await screen.findByText("first");
    expect(search().get("cursor")).toBeNull();

    await user.click(screen.getByRole("checkbox", { name: /^seeds/ }));
    expect(search().getAll("resource_type")).toEqual(["model", "seed"]);
    await waitFor(() => expect(facetsAsked.at(-1)?.getAll("resource_type")).toEqual(["model", "seed"]));
    await user.click(screen.getByRole("checkbox", { name: /^daily/ }));
    expect(search().getAll("tag")).toEqual(["daily"]);
    await user.click(screen.getByRole("button", { name: "Remove tag daily" }));
    expect(search().get("tag")).toBeNull();
    await user.click(screen.getByRole("button", { name: "Last run" }));
    expect(search().get("sort")).toBe("-last_run_at");
    await user.type(screen.getByRole("searchbox"), "abc");
    await waitFor(() => expect(search().get("q")).toBe("abc"));
    await waitFor(() => expect(asked.at(-1)?.get("q")).toBe("abc"));
  });

  it("says at least how many there are where more was found than is counted", async () => {
    withFacets();
    answerWith(MODELS, (query) =>
      nodePage([nodeItem("orders")], { total: null, next_cursor: query.get("cursor") ? null : "c1" }),
    );
    const { user } = renderApp("/w/shop/catalog?q=o");
    expect(await screen.findByText("1 to 1 of 1+")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Next" }));
    expect(await screen.findByText("51 to 51 of 51+")).toBeInTheDocument();
  });

  it("marks what was found, and leads to the column that has it", async () => {
    withFacets();
    answer(
      MODELS,
      nodePage([
        nodeItem("orders", {
          match: { field: "column", text: "customer_id", ranges: [[0, 8]], column: "customer_id" },
        }),
      ]),
    );
    renderApp("/w/shop/catalog?q=customer");
    const mark = await screen.findByText("customer");
    expect(mark.tagName).toBe("MARK");
    expect(mark.closest("a")).toHaveAttribute(
      "href",
      "/w/shop/catalog/model.shop.orders?tab=columns&column=customer_id",
    );
  });

  it("says at the search box what is wrong with a selector", async () => {
    withFacets();
    answer(
      MODELS,
      problem("The search cannot be read.", [{ field: "q", message: "'+' stands alone here." }]),
      422,
    );
    renderApp("/w/shop/catalog?q=%2B");
    expect(await screen.findByText("'+' stands alone here.")).toHaveAttribute("role", "alert");
    expect(screen.getByRole("searchbox")).toHaveAttribute("aria-invalid", "true");
    expect(screen.getByText("This selector cannot be read")).toBeInTheDocument();
  });

  it("shows examples of selectors, and tries them", async () => {
    withFacets();
    answer(MODELS, nodePage([nodeItem("orders")]));
    const { user, search } = renderApp("/w/shop/catalog");
    await screen.findByText("orders");
    await user.click(screen.getByRole("button", { name: "What can be searched" }));
    await user.click(await screen.findByRole("button", { name: /tag:daily everything with a tag/ }));
    expect(search().get("q")).toBe("tag:daily");
  });

  it("says why it is empty and offers the next step", async () => {
    withFacets();
    answer(MODELS, { ...nodePage([]), query: understood({ selector: "tag:x" }) });
    const { user, search } = renderApp("/w/shop/catalog?q=tag:x");
    await screen.findByText("Nothing matches these filters");
    await user.click(screen.getByRole("button", { name: "Look among all types" }));
    expect(search().get("resource_type")).toBe("all");
    await user.click(await screen.findByRole("button", { name: "Clear the filters" }));
    await waitFor(() => expect(search().get("q")).toBeNull());
    expect(await screen.findByText("This project has no models")).toBeInTheDocument();
  });

  it("shows the error with its request id, and tries again", async () => {
    withFacets();
    answer(MODELS, problem("The database is away."), 503);
    const { user } = renderApp("/w/shop/catalog");
    await screen.findByText("Could not load the catalog");
    expect(screen.getByText("req-1")).toBeInTheDocument();
    answer(MODELS, nodePage([nodeItem("orders")]));
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByText("orders")).toBeInTheDocument();
  });

  it("remembers which columns are wanted", async () => {
    withFacets();
    answer(MODELS, nodePage([nodeItem("orders", { schema_name: "marts_schema" })]));
    const { user } = renderApp("/w/shop/catalog");
    await screen.findByText("orders");
    expect(screen.queryByText("marts_schema")).not.toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Columns" }));
    await user.click(await screen.findByRole("checkbox", { name: "Schema" }));
    expect(await screen.findByText("marts_schema")).toBeInTheDocument();
    expect(localStorage.getItem("workbench.columns.catalog")).toContain("schema");
  });

  it("searches long facets and holds long names", async () => {
    const long = `dim_${"very_".repeat(40)}long`;
    withFacets({ tags: Array.from({ length: 30 }, (_, index) => ({ value: `tag_${index}`, count: 1 })) });
    answer(MODELS, nodePage([nodeItem(long)]));
    const { user } = renderApp("/w/shop/catalog");
    await screen.findByText(long);
    expect(screen.queryByRole("checkbox", { name: /^tag_29/ })).not.toBeInTheDocument();
    await user.type(screen.getByRole("textbox", { name: "Search tag" }), "29");
    expect(screen.getByRole("checkbox", { name: /^tag_29/ })).toBeInTheDocument();
  });

  it("keeps the old address alive", async () => {
    withFacets();
    answer(MODELS, nodePage([nodeItem("orders")]));
    const { router } = renderApp("/w/shop/models?tag=daily");
    await screen.findByText("orders");
    expect(router.state.location.pathname + router.state.location.search).toBe("/w/shop/catalog?tag=daily");
  });

  it("looks at a snapshot, says so, and leads back to now", async () => {
    withFacets();
    answer(SNAPSHOTS, page([snapshot(2, { is_current: true }), snapshot(1, { changed: 3 })]));
    const asked = answerWith(MODELS, () => nodePage([nodeItem("orders")]));
    const { user, search } = renderApp("/w/shop/catalog?environment=prod");
    await screen.findByText("orders");
    expect(asked.at(-1)?.get("environment")).toBe("prod");
    await user.click(screen.getByRole("button", { name: "Now" }));
    await user.click(await screen.findByRole("button", { name: /1 May 2024/ }));
    await waitFor(() => expect(asked.at(-1)?.get("snapshot")).toBe("1"));
    expect(screen.getByRole("link", { name: "orders" })).toHaveAttribute(
      "href",
      "/w/shop/catalog/model.shop.orders?environment=prod&snapshot=1",
    );
    expect(await screen.findByText("As of")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Back to now" }));
    expect(search().get("snapshot")).toBeNull();
  });

  it("changes the environment", async () => {
    withFacets();
    answer(MODELS, nodePage([nodeItem("orders")]));
    const { user, search } = renderApp("/w/shop/catalog?snapshot=");
    await screen.findByText("orders");
    await user.click(screen.getByRole("button", { name: /Environment/ }));
    await user.click(await screen.findByRole("menuitem", { name: "Production" }));
    expect(search().get("environment")).toBe("prod");
    expect(screen.getByRole("link", { name: "Changes" })).toHaveAttribute(
      "href",
      "/w/shop/changes?environment=prod",
    );
  });

  it("follows what changes without losing what is typed", async () => {
    withFacets();
    answer(MODELS, nodePage([nodeItem("orders")]));
    const { user } = renderApp("/w/shop/catalog");
    await screen.findByText("orders");
    await waitFor(() => expect(FakeStream.events).toHaveLength(1));
    await user.type(screen.getByRole("searchbox"), "o");
    answer(MODELS, nodePage([nodeItem("orders"), nodeItem("payments")]));
    FakeStream.events[0]?.send("catalog", { environment: "dev", snapshot_id: 3, kinds: ["nodes"] });
    expect(await screen.findByText("payments")).toBeInTheDocument();
    expect(screen.getByRole("searchbox")).toHaveFocus();
    expect(screen.getByRole("searchbox")).toHaveValue("o");
  });
});
