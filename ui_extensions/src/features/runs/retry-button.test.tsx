import { QueryClientProvider } from "@tanstack/react-query";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createMemoryRouter, RouterProvider } from "react-router";
import { describe, expect, it } from "vitest";
import { makeQueryClient } from "@/api/query-client";
import { startSession } from "@/api/session";
import { run } from "@/test/fixtures";
import { withWorkspace } from "@/test/render";
import { accept, problem } from "@/test/server";
import { RetryButton } from "./retry-button";

const RETRY = "/api/workspaces/shop/runs/run-1/retry";

function open() {
  withWorkspace();
  void startSession();
  const button = <RetryButton workspace="shop" run={run({ status: "failed" })} />;
  const router = createMemoryRouter([{ path: "*", element: button }], { initialEntries: ["/"] });
  render(
    <QueryClientProvider client={makeQueryClient()}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return { router, user: userEvent.setup() };
}

describe("retrying a run", () => {
  it("asks which part of it, and leads to the run that does it", async () => {
    const { router, user } = open();
    const sent = accept(RETRY, run({ run_id: "run-2", status: "queued" }));
    await user.click(await screen.findByRole("button", { name: "Retry" }));
    expect(sent).toEqual([]);
    await user.click(screen.getByRole("button", { name: "Only what failed or was skipped" }));
    await waitFor(() => expect(router.state.location.pathname).toBe("/w/shop/runs/run-2"));
    expect(sent).toEqual([{ what: "failed" }]);
  });

  it("says why there is nothing to retry", async () => {
    const { user } = open();
    const sent = accept(
      RETRY,
      problem("Nothing of run run-1 failed.", [], "Run all of it again instead."),
      409,
    );
    await user.click(await screen.findByRole("button", { name: "Retry" }));
    await user.click(screen.getByRole("button", { name: "Run all of it" }));
    expect(await screen.findByText("Nothing of run run-1 failed.")).toBeInTheDocument();
    expect(sent).toEqual([{ what: "all" }]);
  });
});
