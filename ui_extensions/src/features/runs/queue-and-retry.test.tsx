import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import type { Run, RunQueue, WaitingRun } from "@/api/types";
import { run } from "@/test/fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { accept, answer, page, problem } from "@/test/server";
import { aheadWords, queueWords, reasonOf } from "./queue-words";
import { attemptWords, dueWords, endWords, type Retry } from "./retry-words";

const RUNS = "/api/workspaces/shop/runs";
const QUEUED = { status: "queued", started_at: null, finished_at: null, can_cancel: true } as const;

const queue = (changes: Partial<RunQueue> = {}): RunQueue => ({
  ...{ items: [], total: 0, active: 0, active_everywhere: 0, waiting_everywhere: 0 },
  ...{ most: 10, is_served: true },
  ...changes,
});
const waiting = (runId: string, changes: Partial<WaitingRun> = {}): WaitingRun => ({
  run: run({ run_id: runId, ...QUEUED }),
  ahead: 0,
  reason: "The warehouse is busy.",
  blockers: [],
  ...changes,
});
const retry = (changes: Partial<Retry> = {}): Retry => ({
  ...{ of: "cccccccc-3", attempt: 2, max_attempts: 3, next_at: null, given_up: null },
  ...changes,
});

describe("the queue", () => {
  it("tells of each run why it waits and for which, and how many go on", async () => {
    withWorkspace();
    const items = [
      waiting("aaaaaaaa-1", { blockers: ["dddddddd-4"] }),
      waiting("bbbbbbbb-2", { ahead: 4, reason: "10 runs go on." }),
    ];
    answer(
      `${RUNS}/queue`,
      queue({ items, total: 2, active: 2, active_everywhere: 3, waiting_everywhere: 5 }),
    );
    answer(RUNS, page([run()]));
    const { user, search } = renderApp("/w/shop/runs");
    await user.click(await screen.findByRole("link", { name: /^Queue ?2$/ }));
    expect(search().get("view")).toBe("queue");
    expect(
      await screen.findByText("3 of at most 10 runs go on (2 here), 5 wait (2 here)."),
    ).toBeInTheDocument();
    const [first, second] = within(screen.getByRole("list", { name: "Queue" })).getAllByRole("listitem");
    expect(first).toHaveTextContent("The warehouse is busy. Waits for dddddddd.");
    expect(first).toHaveTextContent(/in dev *by ann *waits for .* *It is the next/);
    expect(within(first as HTMLElement).getByRole("link", { name: "dddddddd" })).toHaveAttribute(
      "href",
      "/w/shop/runs/dddddddd-4",
    );
    expect(second).toHaveTextContent("10 runs go on.");
    expect(second).toHaveTextContent("4 runs are ahead of it.");
  });

  it("cancels a run that waits, and then has it no more", async () => {
    withWorkspace();
    answer(`${RUNS}/queue`, queue({ items: [waiting("aaaaaaaa-1")], total: 1, waiting_everywhere: 1 }));
    const sent = accept(`${RUNS}/aaaaaaaa-1/cancel`, run({ run_id: "aaaaaaaa-1", status: "cancelled" }), 200);
    const { user } = renderApp("/w/shop/runs?view=queue");
    await user.click(await screen.findByRole("button", { name: "Cancel run aaaaaaaa" }));
    expect(sent).toEqual([]);
    answer(`${RUNS}/queue`, queue());
    await user.click(await screen.findByRole("button", { name: "Cancel the run" }));
    expect(await screen.findByText("No run waits")).toBeInTheDocument();
    expect(screen.getByText("0 of at most 10 runs go on, none waits.")).toBeInTheDocument();
    expect(sent).toHaveLength(1);
  });

  it("warns where nobody takes runs up, on both views", async () => {
    withWorkspace();
    answer(`${RUNS}/queue`, queue({ is_served: false }));
    answer(RUNS, page([run()]));
    const { user } = renderApp("/w/shop/runs?view=queue");
    expect(await screen.findByText(/Nobody takes runs up now/)).toBeInTheDocument();
    await user.click(screen.getAllByRole("link", { name: "All runs" })[0] as HTMLElement);
    expect(await screen.findByRole("table", { name: "Runs" })).toBeInTheDocument();
    expect(screen.getByText(/Nobody takes runs up now/)).toBeInTheDocument();
  });

  it("that cannot be read is not shown as empty", async () => {
    withWorkspace();
    answer(`${RUNS}/queue`, problem("Dagster does not answer."), 503);
    renderApp("/w/shop/runs?view=queue");
    expect(await screen.findByText("Could not load the queue")).toBeInTheDocument();
    expect(screen.queryByText("No run waits")).not.toBeInTheDocument();
  });

  it("says the same on the page of a run that waits", async () => {
    withRun({ ...QUEUED, run_id: "run-1" });
    const reason = "The warehouse is busy with run dddddddd, and takes one writer at a time.";
    const item = waiting("run-1", { ahead: 1, blockers: ["dddddddd-4"], reason });
    answer(`${RUNS}/queue`, queue({ items: [item], total: 1, active: 1, active_everywhere: 1 }));
    renderApp("/w/shop/runs/run-1");
    const link = await screen.findByRole("link", { name: "dddddddd" });
    expect(link).toHaveAttribute("href", "/w/shop/runs/dddddddd-4");
    const said = link.closest("[role=status]") as HTMLElement;
    expect(said).toHaveTextContent(`${reason} 1 run is ahead of it. The queue`);
    expect(within(said).getByRole("link", { name: "The queue" })).toHaveAttribute(
      "href",
      "/w/shop/runs?view=queue",
    );
  });
});

function withRun(changes: Partial<Run>): void {
  withWorkspace();
  answer(`${RUNS}/run-1`, run(changes));
  answer(`${RUNS}/run-1/nodes`, { ...page([]), statuses: {}, resource_types: {} });
  answer(`${RUNS}/run-1/log`, { items: [], next_line: 1, ended: false });
  answer(`${RUNS}/run-1/artifacts`, page([]));
}

describe("a run that is tried again", () => {
  it("says which attempt it is, of which run, and when the next comes", async () => {
    const next_at = new Date(Date.now() + 600_000).toISOString();
    withRun({ status: "failed", node_counts: {}, retry: retry({ next_at }) });
    renderApp("/w/shop/runs/run-1");
    const link = await screen.findByRole("link", { name: "cccccccc" });
    expect(link).toHaveAttribute("href", "/w/shop/runs/cccccccc-3");
    expect(link.closest("dd")).toHaveTextContent("2 of 3, after cccccccc");
    expect(screen.getByText(/^in (10m 00s|9m 5\ds)$/)).toBeInTheDocument();
    expect(screen.queryByText(/No further attempt/)).not.toBeInTheDocument();
  });

  it("says why retries were given up", async () => {
    withRun({ status: "failed", node_counts: {}, retry: retry({ given_up: "The project is gone." }) });
    renderApp("/w/shop/runs/run-1");
    expect(await screen.findByText("No further attempt: The project is gone.")).toBeInTheDocument();
    expect(screen.queryByText("Next attempt")).not.toBeInTheDocument();
  });

  it("by hand says only of which run it is the retry; a long command is opened on demand", async () => {
    const [step] = run().steps;
    const display = `dbt build --select ${"fqn:shop.orders ".repeat(20)}--indirect-selection empty`;
    const steps = step ? [{ ...step, display }] : [];
    withRun({ steps, retry: retry({ attempt: 1, max_attempts: null }) });
    const { user } = renderApp("/w/shop/runs/run-1");
    const link = await screen.findByRole("link", { name: "cccccccc" });
    expect(link.closest("div")).toHaveTextContent("Retry ofcccccccc");
    const title = screen.getByRole("heading", { level: 1 });
    expect(title).not.toHaveTextContent("--indirect-selection empty");
    await user.click(within(title).getByRole("button", { name: "Show all of it" }));
    expect(title).toHaveTextContent("--indirect-selection empty");
  });

  it("is marked in the list", async () => {
    withWorkspace();
    const given_up = "The project is gone.";
    answer(
      RUNS,
      page([run({ retry: retry() }), run({ run_id: "run-2", status: "failed", retry: retry({ given_up }) })]),
    );
    renderApp("/w/shop/runs");
    expect(await screen.findAllByText("Attempt 2 of 3")).toHaveLength(2);
    await waitFor(() => expect(screen.getAllByText(", given up")).toHaveLength(1));
  });
});

describe("the words", () => {
  it("count runs as people do", () => {
    const one = queue({ active: 1, active_everywhere: 1, total: 1, waiting_everywhere: 1, most: null });
    expect(queueWords(one)).toBe("1 run goes on, 1 waits.");
    expect(queueWords(queue({ active_everywhere: 1 }))).toBe(
      "1 of at most 10 runs goes on (0 here), none waits.",
    );
    expect([0, 1, 2].map(aheadWords)).toEqual([
      "It is the next.",
      "1 run is ahead of it.",
      "2 runs are ahead of it.",
    ]);
  });

  it("of a reason are linked to the runs that it names; of the others the first are named", () => {
    const blockers = ["aaaaaaaa-1", "bbbbbbbb-2", "cccccccc-3", "dddddddd-4", "eeeeeeee-5"];
    expect(reasonOf({ reason: "Busy with aaaaaaaa now.", blockers })).toEqual({
      pieces: [{ text: "Busy with " }, { text: "aaaaaaaa", runId: "aaaaaaaa-1" }, { text: " now." }],
      others: ["bbbbbbbb-2", "cccccccc-3", "dddddddd-4"],
      more: 1,
    });
    expect(reasonOf({ reason: "Soon.", blockers: [] })).toEqual({
      pieces: [{ text: "Soon." }],
      others: [],
      more: 0,
    });
  });

  it("count down to the next attempt, and say that it is late", () => {
    const at = "2024-05-01T08:00:00Z";
    const words = (seconds: number) => dueWords(at, Date.parse(at) + seconds * 1000);
    expect([-90, -0.4, 5, 180].map(words)).toEqual([
      "in 1m 30s",
      "in 1s",
      "any moment now",
      "was due 3 min ago",
    ]);
  });

  it("tell what came of a policy", () => {
    const ended = (changes: Partial<Retry>, status: Run["status"] = "failed") =>
      endWords(run({ status, retry: retry(changes) }));
    expect(ended({ attempt: 3 })).toBe("No further attempt: all 3 are made.");
    expect(ended({})).toBe("It was tried again since.");
    expect(ended({ max_attempts: null })).toBeNull();
    expect(ended({ next_at: "2024-05-01T08:00:00Z" })).toBeNull();
    expect(ended({ attempt: 3 }, "success")).toBeNull();
    expect(endWords(run({ status: "failed" }))).toBeNull();
    expect(attemptWords(retry({ max_attempts: null }))).toBe("Retry");
  });
});
