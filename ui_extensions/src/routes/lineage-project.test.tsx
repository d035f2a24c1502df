import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { facets, snapshot } from "@/test/catalog-fixtures";
import { columnEdge, coverage, trace, wholeGraph } from "@/test/lineage-fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { answer, answerWith, page, problem } from "@/test/server";

const LINEAGE = "/api/workspaces/shop/lineage";
const ref = (name: string) => ({
  unique_id: `model.shop.${name}`,
  name,
  resource_type: "model",
  materialization: "table",
  last_status: "success",
});

describe("the coverage of lineage", () => {
  const covered = (name: string, changes: object = {}) => ({
    node: ref(name),
    status: "complete",
    reason: "",
    columns: 4,
    columns_resolved: 4,
    seconds: 0.2,
    kept_since: null,
    ...changes,
  });

  it("shows shares, the slowest, and each node with its reason", async () => {
    withWorkspace();
    answer(`${LINEAGE}/coverage`, coverage({ slowest: [{ node: ref("slow"), seconds: 3, share: 0.25 }] }));
    const asked = answerWith(`${LINEAGE}/coverage/nodes`, () =>
      page([
        covered("odd", { status: "unknown", reason: "MATCH_RECOGNIZE is not supported.", kept_since: 5 }),
        covered("bare", { columns: 0, columns_resolved: 0, seconds: null }),
      ]),
    );
    const { user, search } = renderApp("/w/shop/lineage/coverage");
    expect(await screen.findByText("44 of 50")).toBeInTheDocument();
    expect(screen.getByText("25.0% of all")).toBeInTheDocument();
    expect(await screen.findByText("MATCH_RECOGNIZE is not supported.")).toBeInTheDocument();
    expect(screen.getByText(/what is known is as of snapshot 5/)).toBeInTheDocument();
    expect(screen.getByText("no columns known")).toBeInTheDocument();
    expect(screen.getByText("never read")).toBeInTheDocument();
    const statuses = screen.getByRole("group", { name: "Status" });
    await user.click(within(statuses).getByRole("button", { name: "Partly known" }));
    await waitFor(() => expect(asked.at(-1)?.getAll("status")).toEqual(["partial"]));
    expect(search().get("status")).toBe("partial");
  });

  it("of what was never read is not known, not nothing", async () => {
    withWorkspace();
    answer(
      `${LINEAGE}/coverage`,
      coverage({
        resolved: null,
        trace: trace({ state: "never", snapshot: null, current: false }),
        nodes: { complete: 0, partial: 0, unknown: 0, not_applicable: 0, not_traced: 10 },
        columns: { complete: 0, none: 0, partial: 0, unknown: 0, not_applicable: 0 },
        known_from: {},
        transforms: {},
        edges: { value: 0, influence: 0 },
      }),
    );
    answer(`${LINEAGE}/coverage/nodes`, page([]));
    renderApp("/w/shop/lineage/coverage");
    expect(await screen.findByText(/Columns have never been read here/)).toBeInTheDocument();
    expect(screen.getByText("not known")).toBeInTheDocument();
  });
});

describe("the changes of lineage", () => {
  const two = () =>
    answer("/api/workspaces/shop/snapshots", page([snapshot(2, { is_current: true }), snapshot(1)]));
  const changes = (items: ReturnType<typeof columnEdge>[]) => ({
    ...page(items),
    from: 1,
    to: null,
    totals: { nodes: 1, added: 0, removed: 1, changed: 1 },
  });

  it("lists edges that went, came or do something else", async () => {
    withWorkspace();
    two();
    const asked = answerWith(`${LINEAGE}/changes`, () =>
      changes([
        columnEdge("stg.a", "orders.b", { change: "changed", transform: "aggregated", before: "copied" }),
        columnEdge("stg.c", "orders.*", { change: "removed", kind: "influence", transform: "filter" }),
      ]),
    );
    const { user } = renderApp("/w/shop/lineage/changes");
    const table = await screen.findByRole("table", { name: "Edges that changed" });
    expect(within(table).getByText("before: copied as it is")).toBeInTheDocument();
    expect(asked[0]?.get("from")).toBe("1");
    const [first] = within(table).getAllByRole("link", { name: "In the graph" });
    expect(first?.getAttribute("href")).toContain("lens=evolution&since=1");
    await user.click(screen.getByRole("button", { name: /^removed/ }));
    await waitFor(() => expect(asked.at(-1)?.getAll("change")).toEqual(["removed"]));
  });

  it("says that nothing is different, and that one snapshot is not enough", async () => {
    withWorkspace();
    two();
    answer(`${LINEAGE}/changes`, { ...changes([]), totals: { nodes: 0, added: 0, removed: 0, changed: 0 } });
    renderApp("/w/shop/lineage/changes");
    expect(await screen.findByText("No edge between columns is different")).toBeInTheDocument();
  });

  it("needs two snapshots", async () => {
    withWorkspace();
    answer("/api/workspaces/shop/snapshots", page([snapshot(1)]));
    renderApp("/w/shop/lineage/changes");
    expect(await screen.findByText("There is only one snapshot")).toBeInTheDocument();
  });
});

describe("the whole graph", () => {
  beforeEach(() => {
    // The page of the tests draws nothing.
    vi.spyOn(HTMLCanvasElement.prototype, "getContext").mockReturnValue(null);
  });

  it("counts what it shows, says what colours mean, and asks for what is filtered by", async () => {
    withWorkspace();
    answer("/api/workspaces/shop/models/facets", facets());
    const asked = answerWith(`${LINEAGE}/graph`, () => wholeGraph());
    const { user, search } = renderApp("/w/shop/lineage/graph?lens=lineage");
    expect(await screen.findByText("4 nodes, 3 edges")).toBeInTheDocument();
    const legend = screen.getByRole("region", { name: "Column lineage" });
    expect(within(legend).getByText("Not read yet")).toBeInTheDocument();
    expect(screen.getByText("This browser cannot draw the graph")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Filters" }));
    await user.selectOptions(await screen.findByRole("combobox", { name: "Tag" }), "daily");
    await waitFor(() => expect(asked.at(-1)?.getAll("tag")).toEqual(["daily"]));
    expect(search().get("tag")).toBe("daily");
  });

  it("closes groups from the legend", async () => {
    withWorkspace();
    answer(`${LINEAGE}/graph`, wholeGraph());
    const { user, search } = renderApp("/w/shop/lineage/graph?group=schema");
    const legend = await screen.findByRole("region", { name: "Groups by schema" });
    await user.click(within(legend).getByRole("button", { name: "marts" }));
    expect(search().getAll("fold")).toEqual(["marts"]);
    expect(within(legend).getByRole("button", { name: "marts" })).toHaveAttribute("aria-expanded", "false");
  });

  it("of an empty project says so, and errors can be tried again", async () => {
    withWorkspace();
    const none = { ...wholeGraph().nodes, id: [], name: [], x: [], y: [] };
    answer(`${LINEAGE}/graph`, wholeGraph({ nodes: none, edges: [] }));
    renderApp("/w/shop/lineage/graph");
    expect(await screen.findByText("There is nothing to draw")).toBeInTheDocument();
  });

  it("says what went wrong", async () => {
    withWorkspace();
    answer(`${LINEAGE}/graph`, problem("The database is away."), 500);
    renderApp("/w/shop/lineage/graph");
    expect(await screen.findByText("The database is away.")).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Try again" })).toBeInTheDocument();
  });
});
