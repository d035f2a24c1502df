import { screen, waitFor, within } from "@testing-library/react";
import { describe, expect, it } from "vitest";
import { nodeItem } from "@/test/fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { answer, answerWith, page, problem } from "@/test/server";

const MODELS = "/api/workspaces/shop/models";

function withFacets(): void {
  withWorkspace();
  answer(`${MODELS}/facets`, {
    resource_types: { model: 2, seed: 1 },
    tags: ["daily"],
    schemas: ["marts"],
    materializations: ["table"],
  });
}

describe("the models page", () => {
  it("asks for what the address says and shows what it gets", async () => {
    withFacets();
    const asked = answerWith(MODELS, () =>
      page([nodeItem("orders", { tests: { total: 3, passed: 1, failed: 1, warned: 0, unknown: 1 } })]),
    );
    renderApp(
      "/w/shop/models?q=ord&resource_type=model&resource_type=seed&tag=daily&status=failing&sort=-name",
    );
    const row = await screen.findByRole("row", { name: /orders/ });
    expect(within(row).getByTitle("1 failed")).toBeInTheDocument();
    expect(within(row).getByTitle("1 never run")).toBeInTheDocument();
    expect(asked[0]?.getAll("resource_type")).toEqual(["model", "seed"]);
    expect(asked[0]?.getAll("status")).toEqual(["error", "fail", "runtime error"]);
    expect(asked[0]?.get("q")).toBe("ord");
    expect(asked[0]?.get("sort")).toBe("-name");
    expect(screen.getByRole("columnheader", { name: "Name" })).toHaveAttribute("aria-sort", "descending");
    expect(screen.getByRole("button", { name: /^seeds/ })).toHaveAttribute("aria-pressed", "true");
  });

  it("keeps filters, sort and page in the address", async () => {
    withFacets();
    const asked = answerWith(MODELS, (query) =>
      page([nodeItem(query.get("cursor") ? "second" : "first")], {
        total: 51,
        next_cursor: query.get("cursor") ? null : "c1",
      }),
    );
    const { user, search } = renderApp("/w/shop/models");
    await screen.findByText("first");
    await user.click(screen.getByRole("button", { name: "Next" }));
    await screen.findByText("second");
    expect(search().get("cursor")).toBe("c1");
    expect(screen.getByText("51 to 51 of 51")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Previous" }));
    await screen.findByText("first");
    expect(search().get("cursor")).toBeNull();

    await user.click(screen.getByRole("button", { name: /^seeds/ }));
    expect(search().getAll("resource_type")).toEqual(["model", "seed"]);
    await user.click(screen.getByRole("button", { name: "Duration" }));
    expect(search().get("sort")).toBe("-last_execution_time");
    await user.type(screen.getByRole("searchbox"), "abc");
    await waitFor(() => expect(search().get("q")).toBe("abc"));
    await waitFor(() => expect(asked.at(-1)?.get("q")).toBe("abc"));
  });

  it("says why it is empty and offers to clear the filters", async () => {
    withFacets();
    answer(MODELS, page([]));
    const { user, search } = renderApp("/w/shop/models?q=nothing");
    await screen.findByText("Nothing matches these filters");
    await user.click(screen.getByRole("button", { name: "Clear the filters" }));
    await waitFor(() => expect(search().get("q")).toBeNull());
    await user.click(await screen.findByRole("button", { name: "Show everything" }));
    expect(search().get("resource_type")).toBe("all");
  });

  it("shows the error with its request id, and tries again", async () => {
    withFacets();
    answer(MODELS, problem("The database is away."), 503);
    const { user } = renderApp("/w/shop/models");
    await screen.findByText("Could not load the models");
    expect(screen.getByText("req-1")).toBeInTheDocument();
    answer(MODELS, page([nodeItem("orders")]));
    await user.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByText("orders")).toBeInTheDocument();
  });
});
