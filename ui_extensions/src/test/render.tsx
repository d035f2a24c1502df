import { QueryClientProvider } from "@tanstack/react-query";
import { render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createMemoryRouter, RouterProvider } from "react-router";
import { makeQueryClient } from "@/api/query-client";
import { startSession } from "@/api/session";
import { routes } from "@/routes/router";
import { workspace } from "@/test/fixtures";
import { answer, answerWorkspaces } from "@/test/server";

/** The whole app at an address, with one workspace "shop" unless the test answers otherwise. */
export function renderApp(address: string) {
  const queries = makeQueryClient();
  queries.setDefaultOptions({ queries: { ...queries.getDefaultOptions().queries, retry: false } });
  void startSession();
  const router = createMemoryRouter(routes, { initialEntries: [address] });
  render(
    <QueryClientProvider client={queries}>
      <RouterProvider router={router} />
    </QueryClientProvider>,
  );
  return {
    router,
    queries,
    user: userEvent.setup(),
    search: () => new URLSearchParams(router.state.location.search),
  };
}

export function withWorkspace(changes: Parameters<typeof workspace>[0] = {}): void {
  const one = workspace(changes);
  answerWorkspaces([one]);
  answer("/api/workspaces/shop", one);
}
