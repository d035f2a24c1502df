import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createMemoryRouter, RouterProvider } from "react-router";
import { describe, expect, it } from "vitest";
import { makeQueryClient } from "@/api/query-client";
import { startSession } from "@/api/session";
import type { Run } from "@/api/types";
import { person, run } from "@/test/fixtures";
import { withWorkspace } from "@/test/render";
import { accept, logInAs, problem } from "@/test/server";
import { RetryButtons } from "./retry-buttons";

const RETRY = "/api/workspaces/shop/runs/run-1/retry";

function open(changes: Partial<Run> = { status: "failed" }) {
  withWorkspace();
  void startSession();
  const buttons = <RetryButtons run={run(changes)} />;
  const router = createMemoryRouter([{ path: "*", element: buttons }], { initialEntries: ["/"] });
  render(
    <QueryClientProvider client={makeQueryClient()}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return { router, user: userEvent.setup() };
}

describe("retrying a run", () => {
  it("asks for what failed, and leads to the run that does it", async () => {
    const { router, user } = open();
    const sent = accept(RETRY, run({ run_id: "run-2", status: "queued" }));
    await user.click(await screen.findByRole("button", { name: "Retry what failed" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/w/shop/runs/run-2"));
    expect(sent).toEqual([{ what: "failed" }]);
  });

  it("asks for all of it", async () => {
    const { router, user } = open();
    const sent = accept(RETRY, run({ run_id: "run-2", status: "queued" }));
    await user.click(await screen.findByRole("button", { name: "Retry all" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/w/shop/runs/run-2"));
    expect(sent).toEqual([{ what: "all" }]);
  });

  it("offers a run that succeeded only as a whole", async () => {
    open({ status: "success" });
    expect(await screen.findByRole("button", { name: "Retry all" })).toBeInTheDocument();
    expect(screen.queryByRole("button", { name: "Retry what failed" })).not.toBeInTheDocument();
  });

  it("says why there is nothing to retry, and stays", async () => {
    const { router, user } = open();
    accept(RETRY, problem("Nothing of run run-1 failed.", [], "Run all of it again instead."), 409);
    await user.click(await screen.findByRole("button", { name: "Retry what failed" }));
    expect(await screen.findByText("Nothing of run run-1 failed.")).toBeInTheDocument();
    expect(router.state.location.pathname).toBe("/");
    const [close] = screen.getAllByRole("button", { name: "Close" });
    if (close) await user.click(close);
    await waitFor(() => expect(screen.queryByRole("dialog")).not.toBeInTheDocument());
  });

  it("is not for those who may not start runs, and says whom", async () => {
    logInAs(person("viewer"));
    const { user } = open();
    const sent = accept(RETRY, run({ run_id: "run-2" }));
    await waitFor(() =>
      expect(screen.getByRole("button", { name: "Retry what failed" })).toHaveAttribute("aria-disabled"),
    );
    await user.click(screen.getByRole("button", { name: "Retry what failed" }));
    expect(sent).toEqual([]);
  });
});
