import { screen, waitFor, within } from "@testing-library/react";
import { beforeEach, describe, expect, it } from "vitest";
import { column, snapshotRef } from "@/test/catalog-fixtures";
import { config } from "@/test/config";
import { FakeStream } from "@/test/fake-stream";
import { nodeDetail, person } from "@/test/fixtures";
import { nodeLineage } from "@/test/lineage-fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { accept, answer, logInAs, page, problem } from "@/test/server";

const ORDERS = "/api/workspaces/shop/models/model.shop.orders";
const project = (changes: object) => ({ owner: null, description: "", tags: [], meta: {}, ...changes });
const at = (tab: string) => renderApp(`/w/shop/catalog/model.shop.orders?tab=${tab}`);

beforeEach(() => answer(`${ORDERS}/lineage/columns`, nodeLineage([])));

describe("the page of a node", () => {
  it("tells unknown from none", async () => {
    withWorkspace();
    answer(ORDERS, nodeDetail("orders", { last_status: null, last_run_at: null, last_run_id: null }));
    answer(`${ORDERS}/history`, { ...page([]), flaky: false, flaky_tests: [] });
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
    answer(
      ORDERS,
      nodeDetail("orders", { columns: [column("id")], columns_known: "partial", columns_note: "Only YAML." }),
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

  it("leads from old addresses to the new", async () => {
    withWorkspace();
    answer(ORDERS, nodeDetail("orders"));
    const { router } = renderApp("/w/shop/models/model.shop.orders?tab=code");
    expect(await screen.findByText("Never compiled")).toBeInTheDocument();
    expect(router.state.location.pathname).toBe("/w/shop/catalog/model.shop.orders");
  });

  it("shows columns with their tests, constraints and types that differ, and marks the one asked for", async () => {
    withWorkspace();
    answer(
      ORDERS,
      nodeDetail("orders", {
        columns: [
          column("id", {
            data_type: "BIGINT",
            declared_type: "integer",
            constraints: [{ type: "not_null" }],
            tests: [{ unique_id: "test.shop.unique_id", name: "unique", status: "fail" }],
          }),
          column("note", { comment: "From the warehouse." }),
        ],
        columns_known: "complete",
      }),
    );
    renderApp("/w/shop/catalog/model.shop.orders?tab=columns&column=ID");
    const row = await screen.findByRole("row", { name: /BIGINT/ });
    expect(row).toHaveAttribute("aria-current", "true");
    expect(row).toHaveTextContent("declared as integer");
    expect(row).toHaveTextContent("not null");
    expect(within(row).getByRole("img", { name: "Failed" })).toBeInTheDocument();
    expect(screen.getByText("comment in the warehouse")).toBeInTheDocument();
  });

  it("shows trust with its reasons, statistics, and what it does not know", async () => {
    withWorkspace();
    answer(
      ORDERS,
      nodeDetail("orders", {
        trust: "caution",
        trust_reasons: ["It has no tests."],
        statistics: [
          { id: "num_rows", label: "Rows", value: 12345, description: null },
          { id: "bytes", label: null, value: null, description: null },
        ],
        extra: { future_field: { a: 1 } },
      }),
    );
    at("overview");
    const reasons = await screen.findByRole("list", { name: "Why it is caution" });
    expect(reasons).toHaveTextContent("It has no tests.");
    expect(screen.getByText("12,345")).toBeInTheDocument();
    expect(screen.getByText("the warehouse did not tell")).toBeInTheDocument();
    expect(screen.getByText("future_field")).toBeInTheDocument();
  });

  it("edits what is said here, beside what the project says", async () => {
    withWorkspace();
    answer(ORDERS, nodeDetail("orders", { owner: "ann", project: project({ owner: "ann" }) }));
    const sent = accept(
      `${ORDERS}/overrides/owner`,
      { field: "owner", value: "bob", changed_by: "local", changed_at: "2024-05-01T08:00:00Z" },
      200,
      "put",
    );
    const { user } = at("overview");
    await user.click(await screen.findByRole("button", { name: "Edit owner" }));
    const input = screen.getByLabelText("Owner in this workspace");
    expect(screen.getByRole("button", { name: "Save" })).toBeDisabled();
    await user.clear(input);
    await user.type(input, "bob");
    answer(
      ORDERS,
      nodeDetail("orders", {
        owner: "bob",
        project: project({ owner: "ann" }),
        overrides: [
          { field: "owner", value: "bob", changed_by: "local", changed_at: "2024-05-01T08:00:00Z" },
        ],
      }),
    );
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText(/Set here by/)).toHaveTextContent("Set here by local");
    expect(screen.getByText(/The project says/)).toHaveTextContent("ann");
    expect(sent).toEqual([{ value: "bob" }]);
    const removed = accept(`${ORDERS}/overrides/owner`, null, 204, "delete");
    await user.click(screen.getByRole("button", { name: "Reset owner to the project's" }));
    await waitFor(() => expect(removed).toHaveLength(1));
  });

  it("keeps what is typed when the node changes, and asks before it is lost", async () => {
    withWorkspace();
    answer(ORDERS, nodeDetail("orders"));
    const { user } = at("overview");
    await user.click(await screen.findByRole("button", { name: "Edit description" }));
    await user.type(screen.getByLabelText("Description in this workspace"), "All orders");
    answer(ORDERS, nodeDetail("orders", { owner: "carol" }));
    await waitFor(() => expect(FakeStream.events).toHaveLength(1));
    FakeStream.events[0]?.send("catalog", { environment: "dev", snapshot_id: 2, kinds: ["nodes"] });
    expect((await screen.findAllByText("carol"))[0]).toBeInTheDocument();
    expect(screen.getByLabelText("Description in this workspace")).toHaveValue("All orders");
    await user.click(
      within(screen.getByRole("navigation", { name: "Parts of this node" })).getByRole("link", {
        name: "Code",
      }),
    );
    expect(await screen.findByRole("dialog", { name: "Leave without saving?" })).toBeInTheDocument();
  });

  it("says what is wrong with metadata, and that edits are switched off", async () => {
    withWorkspace();
    answer(ORDERS, nodeDetail("orders"));
    accept(
      `${ORDERS}/overrides/meta`,
      { error: { code: "edits_disabled", message: "What the catalog says cannot be changed here." } },
      403,
      "put",
    );
    const { user } = at("overview");
    await user.click(await screen.findByRole("button", { name: "Edit metadata" }));
    const input = screen.getByLabelText("Metadata in this workspace");
    await user.clear(input);
    await user.type(input, "[[1]");
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText(/This is no JSON object/)).toBeInTheDocument();
    await user.clear(input);
    await user.type(input, '{{"tier": 1}');
    await user.click(screen.getByRole("button", { name: "Save" }));
    expect(await screen.findByText("What the catalog says cannot be changed here.")).toBeInTheDocument();
  });

  it("offers no edit to those who only see, nor of the past", async () => {
    withWorkspace({ role: "viewer", scopes: ["workspace:read", "catalog:read"] });
    logInAs(person("viewer"));
    answer(ORDERS, nodeDetail("orders"));
    at("overview");
    const edit = await screen.findByRole("button", { name: "Edit owner" }).catch(() => null);
    expect(edit ?? (await screen.findAllByTitle(/Needs the role developer/))[0]).toBeInTheDocument();
  });

  it("offers no edit where the server has turned edits off", async () => {
    withWorkspace();
    answer("/config", config({ metadata_edits: false }));
    answer(ORDERS, nodeDetail("orders"));
    at("overview");
    expect(
      (await screen.findAllByTitle(/This server does not let metadata be changed/))[0],
    ).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Edit owner" })).not.toBeInTheDocument();
  });

  it("lists what the node was before", async () => {
    withWorkspace();
    answer(ORDERS, nodeDetail("orders"));
    answer(
      `${ORDERS}/changes`,
      page([
        {
          snapshot: snapshotRef(2),
          kind: "changed",
          changes: [
            { aspect: "sql", what: "SQL", before: "select 1", after: "select 2", breaking: false, why: null },
          ],
        },
        { snapshot: snapshotRef(1), kind: "added", changes: [] },
      ]),
    );
    at("changes");
    expect(await screen.findByText("It came into the project.")).toBeInTheDocument();
    expect(await screen.findByText("select 2")).toBeInTheDocument();
    expect(screen.getAllByRole("link", { name: "See it as of then" })[0]).toHaveAttribute(
      "href",
      "/w/shop/catalog/model.shop.orders?snapshot=2",
    );
  });

  it("shows where failing rows are stored", async () => {
    withWorkspace();
    answer(
      ORDERS,
      nodeDetail("orders", {
        test_results: [
          {
            unique_id: "test.shop.t",
            name: "unique_orders_id",
            kind: "unique",
            column_name: "id",
            severity: "ERROR",
            last_status: "fail",
            last_message: "Got 3 results",
            failures: 3,
            failures_relation: '"db"."audit"."unique_orders_id"',
            last_run_id: "run-1",
            last_run_at: "2024-05-01T08:00:00Z",
          },
        ],
      }),
    );
    at("tests");
    expect(await screen.findByText('"db"."audit"."unique_orders_id"')).toBeInTheDocument();
    expect(screen.getByText("Got 3 results")).toBeInTheDocument();
  });

  it.each([
    [
      "exposure",
      { url: "https://bi.example/1", maturity: "high", type: "dashboard" },
      ["https://bi.example/1", "high"],
    ],
    ["exposure", { url: "javascript:alert(1)" }, ["javascript:alert(1)"]],
    ["metric", { type: "ratio", type_params: { numerator: "revenue" } }, ["ratio", "numerator"]],
    [
      "semantic_model",
      { entities: [{ name: "order", type: "primary" }], measures: [{ name: "total", agg: "sum" }] },
      ["order", "total", "sum"],
    ],
    ["macro", { arguments: [{ name: "column", type: "string" }] }, ["column", "string"]],
    ["group", { owner: { name: "Finance", email: "fin@example.org" } }, ["Everything in this group"]],
    [
      "unit_test",
      {
        model: "orders",
        given: [{ input: "ref('raw')", rows: [{ id: 1 }] }],
        expect: { rows: "id\n1", format: "csv" },
      },
      ["Given ref('raw')", "Expect"],
    ],
    ["hologram", { shines: true }, ["shines", "hologram"]],
  ])("shows a %s readably", async (type, extra, words) => {
    withWorkspace();
    answer(ORDERS, nodeDetail("orders", { resource_type: type, extra }));
    at("overview");
    for (const word of words) expect((await screen.findAllByText(word))[0]).toBeInTheDocument();
    expect(screen.queryByRole("link", { name: "javascript:alert(1)" })).not.toBeInTheDocument();
  });

  it("shows a block of documentation as text", async () => {
    withWorkspace();
    answer(ORDERS, nodeDetail("orders", { resource_type: "doc", raw_code: "All about orders." }));
    at("overview");
    expect(await screen.findByText("All about orders.")).toBeInTheDocument();
  });

  it("draws how it did over time, and marks what is flaky", async () => {
    withWorkspace();
    answer(ORDERS, nodeDetail("orders"));
    const point = (runId: string, changes: object) => ({
      run_id: runId,
      external: false,
      step: 1,
      command: "build",
      status: "success",
      started_at: "2024-05-01T08:00:02Z",
      finished_at: "2024-05-01T08:00:04Z",
      execution_time: 2,
      rows_affected: 10,
      bytes_processed: null,
      failures: null,
      message: null,
      same_code: true,
      flaky: false,
      ...changes,
    });
    answer(`${ORDERS}/history`, {
      ...page([
        point("run-3", { status: "error", flaky: true }),
        point("run-2", { same_code: false, rows_affected: null }),
        point("external-1", { external: true, same_code: null }),
      ]),
      flaky: true,
      flaky_tests: [],
    });
    at("runs");
    expect(await screen.findByText(/Duration of the last 3 runs, at most 2.0s/)).toBeInTheDocument();
    expect(screen.getByText("Rows, at most 10")).toBeInTheDocument();
    expect(screen.getByRole("link", { name: /Error, 2.0s, 10 rows, flaky/ })).toHaveAttribute(
      "href",
      "/w/shop/runs/run-3?node=model.shop.orders",
    );
    expect(screen.getByRole("link", { name: /other SQL than the time before/ })).toBeInTheDocument();
    expect(screen.getByRole("img", { name: /Succeeded/ })).toBeInTheDocument();
    expect(screen.getAllByText("Flaky")).toHaveLength(2);
  });
});
