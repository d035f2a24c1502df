import { act, screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Run, RunNode } from "@/api/types";
import { FakeStream } from "@/test/fake-stream";
import { logLine, run, runNode } from "@/test/fixtures";
import { setWide } from "@/test/media";
import { renderApp, withWorkspace } from "@/test/render";
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
  answer(`${RUN}/nodes`, page(nodes));
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

  it("shows the first failure before everything else", async () => {
    withRun({ status: "failed", status_message: "2 nodes failed" }, [
      runNode("late", { status: "error", message: "later", finished_at: "2024-05-01T08:00:09Z" }),
      runNode("orders", {
        status: "error",
        message: "Division by zero",
        finished_at: "2024-05-01T08:00:03Z",
      }),
      runNode("child", { status: "skipped", started_at: null, finished_at: null, execution_time: null }),
    ]);
    const { user, search } = renderApp("/w/shop/runs/run-1");
    const failure = await screen.findByRole("alert");
    expect(failure).toHaveTextContent("First of 2 failures: orders");
    expect(failure).toHaveTextContent("Division by zero");
    await user.click(within(failure).getByRole("button", { name: "orders" }));
    expect(search().get("node")).toBe("model.shop.orders");
    expect(await screen.findByRole("button", { name: "Only its log lines" })).toBeInTheDocument();
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
