import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Run, RunNode } from "@/api/types";
import { FakeStream } from "@/test/fake-stream";
import { logLine, run } from "@/test/fixtures";
import { setWide } from "@/test/media";
import { renderApp, withWorkspace } from "@/test/render";
import { nodePage, runNode, runNodeDetail, timeline } from "@/test/run-fixtures";
import { accept, answer, answerWith, page, problem } from "@/test/server";

const RUN = "/api/workspaces/shop/runs/run-1";

function withRun(changes: Partial<Run>, nodes: RunNode[] = []): void {
  withWorkspace();
  update(changes, nodes);
  answer(`${RUN}/log`, { items: [], next_line: 1, ended: false });
  answer(
    `${RUN}/artifacts`,
    page([{ step: 1, name: "manifest.json", size: 1500, digest: "abc", refused: null }]),
  );
}

function update(changes: Partial<Run>, nodes: RunNode[]): void {
  answer(RUN, run(changes));
  answer(`${RUN}/nodes`, nodePage(nodes));
  for (const node of nodes)
    answer(`${RUN}/nodes/${node.unique_id}`, { ...runNodeDetail(node.name), ...node });
}

const stream = async () => {
  await waitFor(() => expect(FakeStream.opened.length).toBeGreaterThan(0));
  return FakeStream.last;
};

describe("the page of a run", () => {
  it("follows the run: lines come, nodes come, and it ends", async () => {
    withRun({ status: "running", finished_at: null, can_cancel: true, node_counts: {} });
    renderApp("/w/shop/runs/run-1");
    expect(await screen.findByText("No node has started yet")).toBeInTheDocument();
    expect(screen.getByText("No log line so far.")).toBeInTheDocument();

    update({ status: "running", finished_at: null, can_cancel: true }, [
      runNode("orders", { status: "running", finished_at: null, execution_time: null }),
    ]);
    const source = await stream();
    act(() => {
      source.send("line", logLine(1, "START orders", { unique_id: "model.shop.orders" }));
      source.send("line", logLine(2, "a detail", { level: "debug" }));
    });
    expect(await screen.findByText("START orders")).toBeInTheDocument();
    expect(screen.queryByText("a detail")).not.toBeInTheDocument();
    expect(screen.getByText("1 line, 1 hidden by filters")).toBeInTheDocument();
    const table = await screen.findByRole("table", { name: "Nodes" });
    expect(within(table).getByText("Running")).toBeInTheDocument();

    update({ status: "success" }, [runNode("orders")]);
    act(() => source.send("end", { status: "success", status_message: null }));
    await waitFor(() => expect(within(table).getByText("Succeeded")).toBeInTheDocument());
    expect(screen.getByText("Complete")).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Cancel" })).not.toBeInTheDocument();
    expect(screen.getByRole("link", { name: "Run again" })).toHaveAttribute(
      "href",
      "/w/shop/runs?new=1&again=run-1",
    );
  });

  it("reads of a log what comes in sight, and opens the stream from where it ends", async () => {
    withRun({ status: "running", finished_at: null });
    const asked = answerWith(`${RUN}/log`, (query) => {
      const from = Number(query.get("from"));
      const items = Array.from({ length: Number(query.get("limit")) }, (_, index) =>
        logLine(from + index, `line ${from + index}`),
      );
      return {
        ...{ items, next_line: from + items.length, ended: false },
        ...{ total: 1_000_000, levels: { info: 1_000_000 }, matches: 1_000_000 },
      };
    });
    renderApp("/w/shop/runs/run-1?line=523456");
    const source = await stream();
    expect(source.url).toContain("from=1000001");
    expect(await screen.findByText("1,000,000 lines")).toBeInTheDocument();
    expect(await screen.findByRole("button", { name: "Lines 600,001 to 700,000" })).toBeInTheDocument();
    await waitFor(() => expect(asked.length).toBeGreaterThan(1));
    // The first lines, and then only those that are in sight.
    expect(asked.length).toBeLessThan(5);
  });

  it("opens no stream for a run that has ended", async () => {
    withRun({});
    answer(`${RUN}/log`, { items: [logLine(1, "all there was")], next_line: 2, ended: true });
    renderApp("/w/shop/runs/run-1");
    expect(await screen.findByText("all there was")).toBeInTheDocument();
    expect(screen.getByText("Complete")).toBeInTheDocument();
    expect(FakeStream.opened).toEqual([]);
  });

  it("shows what it failed of before everything else", async () => {
    withRun({ status: "failed", status_message: "2 nodes failed", node_counts: { error: 1, skipped: 2 } }, [
      runNode("orders", { status: "error", message: "Division by zero" }),
      runNode("child", { status: "skipped", started_at: null, finished_at: null, execution_time: null }),
    ]);
    answer(`${RUN}/causes`, {
      items: [
        {
          step: 1,
          unique_id: "model.shop.orders",
          name: "orders",
          resource_type: "model",
          status: "error",
          finished_at: null,
          message: "Division by zero",
          skipped: { items: ["model.shop.child"], total: 2 },
          stale_exposures: { items: ["exposure.shop.board"], total: 1 },
        },
      ],
      failed_total: 1,
      skipped_total: 2,
      unexplained: { items: [], total: 0 },
    });
    const { user, search } = renderApp("/w/shop/runs/run-1");
    const causes = await screen.findByRole("region", { name: "Causes" });
    expect(causes).toHaveTextContent("1 node failed, and 2 skipped");
    expect(causes).toHaveTextContent("Division by zero");
    expect(causes).toHaveTextContent("2 skipped because of it");
    expect(causes).toHaveTextContent("and 1 more");
    expect(within(causes).getByRole("link", { name: "exposure.shop.board" })).toBeInTheDocument();
    await user.click(within(causes).getByRole("button", { name: "orders" }));
    expect(search().get("node")).toBe("model.shop.orders");
    expect(await screen.findByRole("button", { name: "Only its log lines" })).toBeInTheDocument();
  });

  it("has the SQL of a node one click away", async () => {
    withRun({}, [runNode("orders")]);
    answer(
      `${RUN}/nodes/model.shop.orders`,
      runNodeDetail("orders", { message: "OK", flaky: true, adapter_response: { _message: "INSERT 5" } }),
    );
    const { user } = renderApp("/w/shop/runs/run-1?node=model.shop.orders");
    expect(await screen.findByText("Flaky")).toBeInTheDocument();
    expect(screen.getByText("INSERT 5")).toBeInTheDocument();
    expect(screen.getByText("Compiling")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "SQL of this run" }));
    expect(screen.getByText("As dbt ran it in step 1")).toBeInTheDocument();
  });

  it("shows the node that an address names though the page of the list has it not", async () => {
    withRun({}, [runNode("orders")]);
    answer(`${RUN}/nodes/model.shop.far`, runNodeDetail("far", { message: "from far away" }));
    renderApp("/w/shop/runs/run-1?node=model.shop.far");
    expect(await screen.findByText("from far away")).toBeInTheDocument();
  });

  it("filters and sorts nodes on the server", async () => {
    withRun({}, [runNode("orders"), runNode("bad", { status: "error" })]);
    const asked = answerWith(`${RUN}/nodes`, () => nodePage([runNode("bad", { status: "error" })]));
    const { user } = renderApp("/w/shop/runs/run-1");
    await user.selectOptions(await screen.findByLabelText("Status of the node"), "error");
    await user.click(screen.getByRole("button", { name: "Duration" }));
    await waitFor(() => expect(asked.at(-1)?.toString()).toBe("status=error&sort=-duration&limit=100"));
  });

  it("draws the timeline, and says in words what is on the critical path", async () => {
    withRun({});
    answer(`${RUN}/timeline`, timeline());
    const { user, search } = renderApp("/w/shop/runs/run-1?view=timeline");
    expect(
      await screen.findByRole("img", { name: /3 nodes on 2 threads; the critical path, 2 nodes/ }),
    ).toBeInTheDocument();
    const path = screen.getByRole("table", { name: "Critical path" });
    expect(within(path).getAllByRole("row")).toHaveLength(3);
    expect(within(path).getByText("its parent")).toBeInTheDocument();
    expect(screen.getByText(/1 node without times/)).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Zoom in" }));
    expect(search().get("t")).toBe("1.52-4.54");
    await user.click(within(path).getByRole("button", { name: /c$/ }));
    expect(search().get("node")).toBe("model.shop.c");
  });

  it("says what differs from the run before, or that there is none", async () => {
    withRun({});
    const pairs = (...names: string[]) => ({
      items: names.map((name) => ({
        step: 1,
        unique_id: `model.shop.${name}`,
        name,
        resource_type: "model",
        status: "success",
        status_before: "success",
        seconds: 5,
        seconds_before: 2,
      })),
      total: names.length,
    });
    const none = { items: [], total: 0 };
    answer(`${RUN}/compare`, {
      before: { run_id: "run-0", status: "success", created_at: "2024-05-01T07:00:00Z", duration_seconds: 4 },
      newly_failing: none,
      fixed: none,
      left_out: none,
      resumed: none,
      slower: pairs("orders"),
      faster: none,
      added: none,
      removed: none,
      unchanged: 7,
    });
    renderApp("/w/shop/runs/run-1?view=compare");
    expect(await screen.findByRole("heading", { name: /Slower 1/ })).toBeInTheDocument();
    expect(screen.getByText("2.0s, now 5.0s (+3.0s)")).toBeInTheDocument();
    expect(screen.getByText(/7 others/)).toBeInTheDocument();
    expect(screen.queryByRole("heading", { name: /Faster/ })).not.toBeInTheDocument();
  });

  it("asks before it cancels", async () => {
    withRun({ status: "running", finished_at: null, can_cancel: true });
    const sent = accept(`${RUN}/cancel`, run({ status: "cancelling", finished_at: null }), 200);
    const { user } = renderApp("/w/shop/runs/run-1");
    await user.click(await screen.findByRole("button", { name: "Cancel" }));
    expect(sent).toEqual([]);
    answer(RUN, run({ status: "cancelling", finished_at: null }));
    await user.click(await screen.findByRole("button", { name: "Cancel the run" }));
    await waitFor(() => expect(sent).toHaveLength(1));
    expect((await screen.findAllByText("Cancelling")).length).toBeGreaterThan(0);
  });

  it("says a status it does not know as its own word", async () => {
    withRun({ status: "rescheduling" as Run["status"] });
    renderApp("/w/shop/runs/run-1");
    expect(await screen.findByText("Rescheduling")).toHaveAttribute("data-tone", "unknown");
  });

  it("has the log as a tab where there is no room beside", async () => {
    setWide(false);
    withRun({});
    const { user, search } = renderApp("/w/shop/runs/run-1");
    await user.click(await screen.findByRole("link", { name: "Log" }));
    expect(search().get("view")).toBe("log");
    const source = await stream();
    act(() => source.send("line", logLine(1, "hello")));
    expect(await screen.findByText("hello")).toBeInTheDocument();
    await user.click(screen.getByRole("link", { name: /Artifacts\s*\d/ }));
    expect(await screen.findByText("manifest.json")).toBeInTheDocument();
  });

  it("says that there is no such run", async () => {
    withWorkspace();
    answer(RUN, problem("There is no run."), 404);
    renderApp("/w/shop/runs/run-1");
    expect(await screen.findByText("There is no run run-1")).toBeInTheDocument();
  });
});
