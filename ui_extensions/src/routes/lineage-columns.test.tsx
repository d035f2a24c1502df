import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { column } from "@/test/catalog-fixtures";
import { nodeDetail, person } from "@/test/fixtures";
import {
  columnEdge,
  columnLineage,
  lineage,
  lineageNode,
  nodeLineage,
  shownColumn,
  trace,
} from "@/test/lineage-fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { accept, answer, answerWith, logInAs, page, problem } from "@/test/server";

const ORDERS = "/api/workspaces/shop/models/model.shop.orders";
const AT = "/w/shop/lineage?node=model.shop.orders";
const ref = (name: string) => ({
  unique_id: `model.shop.${name}`,
  name,
  resource_type: "model",
  materialization: "table",
  last_status: "success",
});

const edge = columnEdge("stg_orders.amount", "orders.total", {
  transform: "aggregated",
  confidence: 0.8,
  span: [7, 18],
});

function withColumns(changes: Parameters<typeof lineage>[0] = {}) {
  withWorkspace();
  answer(ORDERS, nodeDetail("orders", { compiled_code: "select sum(amount) as total from stg" }));
  return answerWith(`${ORDERS}/lineage`, () =>
    lineage({
      nodes: [
        lineageNode("stg_orders", { columns: [shownColumn("amount")], columns_total: 3 }),
        lineageNode("orders", { layer: 1, x: 320, columns: [shownColumn("total")], columns_total: 1 }),
      ],
      column_edges: [edge],
      column_totals: { ancestors: 4, descendants: 12 },
      ...changes,
    }),
  );
}

const answerColumns = (changes: Parameters<typeof nodeLineage>[1] = {}) =>
  answer(
    `${ORDERS}/lineage/columns`,
    nodeLineage([columnLineage("total", { from: [edge], from_total: 1, parents_total: 1 })], changes),
  );

describe("the lineage of a column", () => {
  it("shows the columns it reaches, and asks for influences only when told to", async () => {
    const asked = withColumns();
    const { user, search } = renderApp(`${AT}&column=total`);
    expect(await screen.findByText("4 columns upstream, 12 downstream")).toBeInTheDocument();
    expect(asked[0]?.get("column")).toBe("total");
    expect(asked[0]?.has("influence")).toBe(false);
    const columns = await screen.findByRole("list", { name: "Columns of stg_orders" });
    expect(within(columns).getByRole("button", { name: "amount" })).toBeInTheDocument();
    await user.click(within(columns).getByRole("button", { name: "Show all 3 columns" }));
    expect(search().getAll("all_columns")).toEqual(["model.shop.stg_orders"]);
    await user.click(screen.getByRole("checkbox", { name: "Influence" }));
    await waitFor(() => expect(asked.at(-1)?.get("influence")).toBe("true"));
  });

  it("leads from a column to the SQL that made it", async () => {
    withColumns();
    answerColumns();
    const { user, search } = renderApp(`${AT}&column=total`);
    const columns = await screen.findByRole("list", { name: "Columns of orders" });
    await user.click(within(columns).getByRole("button", { name: "total" }));
    const panel = await screen.findByRole("complementary", { name: "Chosen column" });
    expect(await within(panel).findByText("aggregated over rows")).toBeInTheDocument();
    expect(within(panel).getByText("likely")).toBeInTheDocument();
    await user.click(within(panel).getByRole("button", { name: "SQL" }));
    const sql = await screen.findByRole("complementary", { name: "Chosen edge" });
    expect(within(sql).getByText("likely: the only relation that can have this column")).toBeInTheDocument();
    await waitFor(() => expect(sql.querySelector(".cm-marked")).toHaveTextContent("sum(amount)"));
    expect(search().get("edge")).toContain("aggregated");
  });

  it("does not mark a place in code that is not the one it was read from", async () => {
    withColumns();
    answerColumns({ code: "older" });
    const key = JSON.stringify([
      "model.shop.stg_orders",
      "amount",
      "model.shop.orders",
      "total",
      "value",
      "aggregated",
    ]);
    renderApp(`${AT}&column=total&edge=${encodeURIComponent(key)}`);
    const sql = await screen.findByRole("complementary", { name: "Chosen edge" });
    expect(await within(sql).findByText(/read from an older version of this SQL/)).toBeInTheDocument();
    expect(sql.querySelector(".cm-marked")).toBeNull();
  });

  it("says that a column is not known, not that it comes from nowhere", async () => {
    withColumns({ nodes: [lineageNode("orders")], column_edges: [] });
    answer(`${ORDERS}/lineage/columns`, nodeLineage([], { status: "not_traced" }));
    renderApp(`${AT}&selected=model.shop.orders&lcolumn=gone`);
    expect(await screen.findByText("This column is not known")).toBeInTheDocument();
    expect(screen.getByText("The columns of this node have not been read yet.")).toBeInTheDocument();
  });

  it("is found by its name", async () => {
    const asked = withColumns({ column_totals: null });
    answerColumns();
    const { user, search } = renderApp(AT);
    await user.click(await screen.findByRole("combobox", { name: "Follow a column" }));
    await user.click(await screen.findByRole("option", { name: "total" }));
    expect(search().get("column")).toBe("total");
    await waitFor(() => expect(asked.at(-1)?.get("column")).toBe("total"));
  });

  it("says what the server makes of a column that is not there", async () => {
    withWorkspace();
    answer(ORDERS, nodeDetail("orders"));
    answer(`${ORDERS}/lineage`, problem("There is no column gone."), 404);
    renderApp(`${AT}&column=gone`);
    expect(await screen.findByText("There is no column gone.")).toBeInTheDocument();
    expect(screen.getByRole("button", { name: "Try again" })).toBeInTheDocument();
  });
});

describe("the lists beside the graph", () => {
  it("count the whole, filter, and give all of it as CSV", async () => {
    withColumns({ column_totals: null });
    const asked = answerWith(`${ORDERS}/lineage/nodes`, (query) => ({
      ...(query.has("cursor")
        ? page([{ node: ref("raw_orders"), steps: 2 }], { total: 1 })
        : page([{ node: ref("stg_orders"), steps: 1 }], { total: 1, next_cursor: "2" })),
      whole: 9,
    }));
    const { user, search } = renderApp(AT);
    await user.click(await screen.findByRole("button", { name: "Upstream" }));
    const list = await screen.findByRole("complementary", { name: "Upstream" });
    expect(await within(list).findByText("9 nodes in all, 1 match")).toBeInTheDocument();
    await user.selectOptions(within(list).getByRole("combobox", { name: "Type" }), "source");
    await waitFor(() => expect(asked.at(-1)?.getAll("resource_type")).toEqual(["source"]));
    expect(search().get("ltype")).toBe("source");
    await user.click(await within(list).findByRole("button", { name: "Show more" }));
    await waitFor(() => expect(asked.at(-1)?.get("cursor")).toBe("2"));
    expect(within(list).getByRole("button", { name: "CSV" })).toBeInTheDocument();
  });

  it("tell what a change would touch, and what is not certain", async () => {
    withColumns();
    const item = {
      node: null,
      column: null,
      steps: null,
      kind: null,
      certain: true,
      test_column: null,
      attached_node: null,
      owner: null,
      nodes: null,
    };
    const asked = answerWith(`${ORDERS}/impact`, (query) => ({
      ...page(
        query.get("kind") === "owners"
          ? [{ ...item, owner: "finance", nodes: 3 }]
          : [{ ...item, node: ref("report"), steps: 2, certain: false }],
      ),
      totals: { columns: 5, nodes: 1, exposures: 0, metrics: 0, tests: 4, owners: 1 },
      trace: trace(),
    }));
    const { user } = renderApp(`${AT}&column=total&list=impact`);
    expect(await screen.findByText(/which columns it reads cannot be told/)).toBeInTheDocument();
    expect(asked[0]?.get("column")).toBe("total");
    await user.click(screen.getByRole("button", { name: /^owners/ }));
    expect(await screen.findByText("finance")).toBeInTheDocument();
    expect(screen.getByText("3 nodes")).toBeInTheDocument();
  });

  it("find a way between two columns", async () => {
    withColumns();
    const asked = answerWith("/api/workspaces/shop/lineage/path", () => ({
      found: true,
      edges: [edge],
      node_edges: [],
      nodes: [],
    }));
    renderApp(`${AT}&column=total&list=path&pnode=model.shop.stg_orders&pcolumn=amount&pdir=up`);
    const way = await screen.findByRole("list", { name: "The way" });
    expect(within(way).getAllByRole("listitem")).toHaveLength(2);
    expect(asked[0]?.get("from_column")).toBe("amount");
    expect(asked[0]?.get("to_column")).toBe("total");
  });
});

describe("tracing", () => {
  it("that failed says why, and those who may have it read again", async () => {
    withColumns({ trace: trace({ state: "failed", error: "the disk is full", current: false }) });
    answerWith("/api/workspaces/shop/lineage/state", () =>
      sent.length > 0
        ? trace({ state: "running", done: 3, total: 10 })
        : trace({ state: "failed", error: "the disk is full" }),
    );
    const sent = accept("/api/workspaces/shop/lineage/trace", trace({ state: "waiting" }), 202);
    const { user } = renderApp(AT);
    expect(await screen.findByText(/the disk is full/)).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Read again" }));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect(await screen.findByText(/Columns wait to be read/)).toBeInTheDocument();
    expect(await screen.findByText(/being read: 3 of 10 nodes/)).toBeInTheDocument();
  });

  it("that failed tells those who may not what is missing", async () => {
    logInAs(person("viewer"));
    withColumns({ trace: trace({ state: "failed", error: "no memory" }) });
    withWorkspace({ role: "viewer", scopes: ["catalog:read"] });
    answer("/api/workspaces/shop/lineage/state", trace({ state: "failed", error: "no memory" }));
    renderApp(AT);
    const button = await screen.findByRole("button", { name: "Read again" });
    await waitFor(() => expect(button).toHaveAttribute("aria-disabled", "true"));
  });

  it("that moves shows how far it is", async () => {
    withColumns({ trace: trace({ state: "running", done: 0, total: 10, snapshot: null }) });
    answer(
      "/api/workspaces/shop/lineage/state",
      trace({ state: "running", done: 3, total: 10, snapshot: null }),
    );
    renderApp(AT);
    expect(await screen.findByText(/being read: 3 of 10 nodes/)).toBeInTheDocument();
    expect(screen.getByRole("progressbar", { name: "Nodes read" })).toHaveAttribute("aria-valuenow", "3");
  });

  it("that never was is said", async () => {
    withColumns({ trace: trace({ state: "never", snapshot: null, current: false }) });
    renderApp(AT);
    expect(await screen.findByText(/Columns have never been read here/)).toBeInTheDocument();
  });
});

describe("the columns of a node", () => {
  it("tell where they come from, what is not known, and what only the SQL tells of", async () => {
    withWorkspace();
    answer(
      ORDERS,
      nodeDetail("orders", {
        columns: [column("total"), column("one"), column("odd")],
        columns_known: "complete",
      }),
    );
    answer(
      `${ORDERS}/lineage/columns`,
      nodeLineage(
        [
          columnLineage("total", { from: [edge], from_total: 1 }),
          columnLineage("one", { status: "none" }),
          columnLineage("odd", { status: "unknown", reason: "A procedure." }),
          columnLineage("further", { known_from: "inferred" }),
        ],
        { status: "partial", reason: "1 of 4 is not known." },
      ),
    );
    renderApp("/w/shop/catalog/model.shop.orders?tab=columns");
    const table = await screen.findByRole("table", { name: "Columns" });
    expect(await within(table).findByText("aggregated over rows")).toBeInTheDocument();
    expect(within(table).getByRole("link", { name: /stg_orders.amount/ })).toHaveAttribute(
      "href",
      "/w/shop/lineage?node=model.shop.stg_orders&column=amount",
    );
    expect(within(table).getByText("Computed from no column, such as a constant.")).toBeInTheDocument();
    expect(within(table).getByText("A procedure.")).toBeInTheDocument();
    expect(screen.getByText(/1 of 4 is not known/)).toBeInTheDocument();
    const further = screen.getByRole("table", { name: "Columns known from the SQL only" });
    expect(within(further).getByText("further")).toBeInTheDocument();
  });
});
