import { screen, waitFor, within } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import type { FileStatus } from "@/api/types";
import { drop } from "@/test/catalog-fixtures";
import { FakeStream } from "@/test/fake-stream";
import { person } from "@/test/fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { accept, answer, answerWith, logInAs, page, problem, server } from "@/test/server";

const ARTIFACTS = "/api/workspaces/shop/artifacts";

const status = (name: string, changes: Partial<FileStatus> = {}): FileStatus => ({
  name,
  in_effect: null,
  refused: null,
  ...changes,
});
const inEffect = {
  digest: "d1",
  at: "2024-05-01T08:00:00Z",
  ingested_at: "2024-05-01T08:00:05Z",
  origin: "upload",
  run_id: null,
  drop_id: 4,
};

function withArtifacts(drops = [drop(4)]): URLSearchParams[] {
  withWorkspace();
  answer(`${ARTIFACTS}/status`, {
    environment: "dev",
    files: [
      status("manifest.json", { in_effect: inEffect }),
      status("catalog.json", {
        in_effect: inEffect,
        refused: { at: "2024-05-02T08:00:00Z", reason: "It is cut off.", run_id: null, drop_id: 5 },
      }),
      status("sources.json"),
    ],
  });
  answer(
    `${ARTIFACTS}/places`,
    page([{ kind: "folder", address: "/data/drops/shop", looked_at: null, problem: null, waiting: 1 }]),
  );
  return answerWith(`${ARTIFACTS}/drops`, () => page(drops));
}

const chosen = (name: string) => new File(['{"metadata": {}}'], name, { type: "application/json" });

describe("the artifacts page", () => {
  it("says of each file what is in effect", async () => {
    withArtifacts();
    renderApp("/w/shop/artifacts");
    const table = await screen.findByRole("table", { name: "Artifacts in effect" });
    const row = (name: RegExp) => within(table).getByRole("row", { name });
    expect(row(/manifest/)).toHaveTextContent("In the catalog");
    expect(row(/catalog.json/)).toHaveTextContent("A newer one was refused");
    expect(row(/catalog.json/)).toHaveTextContent("It is cut off.");
    expect(row(/sources/)).toHaveTextContent("Never brought");
    expect(screen.getByText(/^workbench artifacts push --url/)).toHaveTextContent("--workspace shop target/");
    expect(await screen.findByText("/data/drops/shop")).toBeInTheDocument();
  });

  it("lists what was refused with its reason, and tries again", async () => {
    const asked = withArtifacts([
      drop(5, {
        state: "refused",
        reason: "catalog.json is not valid JSON: it is cut off.",
        hint: "Run the dbt command again.",
        snapshot_id: null,
      }),
    ]);
    const sent = accept(`${ARTIFACTS}/drops/5/retry`, drop(5, { state: "waiting" }), 200);
    const { user, search } = renderApp("/w/shop/artifacts");
    expect(await screen.findByText("catalog.json is not valid JSON: it is cut off.")).toBeInTheDocument();
    await user.click(screen.getByRole("button", { name: "Try again" }));
    await waitFor(() => expect(sent).toHaveLength(1));
    await user.click(screen.getByRole("button", { name: "refused" }));
    expect(search().get("state")).toBe("refused");
    await waitFor(() => expect(asked.at(-1)?.getAll("state")).toEqual(["refused"]));
  });

  it("uploads files together, with a label", async () => {
    withArtifacts();
    let body = "";
    let address = "";
    server.use(
      http.post(`${window.location.origin}${ARTIFACTS}`, async ({ request }) => {
        address = request.url;
        body = await request.text();
        return HttpResponse.json(drop(9, { state: "waiting" }), { status: 201 });
      }),
    );
    const { user } = renderApp("/w/shop/artifacts?environment=prod");
    await screen.findByRole("button", { name: "Choose files" });
    await user.upload(screen.getByLabelText("Artifacts", { selector: "input" }), [
      chosen("manifest.json"),
      chosen("catalog.json"),
    ]);
    await user.type(screen.getByLabelText("Label"), "abc123");
    await user.click(screen.getByRole("button", { name: "Upload 2 files" }));
    expect(await screen.findByText(/^Received\./)).toBeInTheDocument();
    expect(new URL(address).search).toBe("?environment=prod&label=abc123");
    const names = [...body.matchAll(/name="files"; filename="([^"]+)"/g)].map(([, name]) => name);
    expect(names).toEqual(["manifest.json", "catalog.json"]);
  });

  it("says of which file what is wrong", async () => {
    withArtifacts();
    server.use(
      http.post(`${window.location.origin}${ARTIFACTS}`, () =>
        HttpResponse.json(
          problem("catalog.json is cut off.", [{ field: "catalog.json", message: "is cut off" }]),
          { status: 422 },
        ),
      ),
    );
    const { user } = renderApp("/w/shop/artifacts");
    await screen.findByRole("button", { name: "Choose files" });
    await user.upload(screen.getByLabelText("Artifacts", { selector: "input" }), chosen("catalog.json"));
    await user.click(screen.getByRole("button", { name: "Upload it" }));
    expect(await screen.findByText("Nothing was taken in")).toBeInTheDocument();
    const files = screen.getByRole("list", { name: "Chosen files" });
    expect(within(files).getByRole("alert")).toHaveTextContent("is cut off");
  });

  it("offers no upload to those who only see", async () => {
    withArtifacts();
    withWorkspace({ role: "viewer", scopes: ["workspace:read", "catalog:read", "artifact:read"] });
    logInAs(person("viewer"));
    renderApp("/w/shop/artifacts");
    const button = await screen.findByRole("button", { name: "Choose files" });
    await waitFor(() => expect(button).toHaveAttribute("aria-disabled", "true"));
  });

  it("shows a new drop as it comes", async () => {
    withArtifacts([]);
    renderApp("/w/shop/artifacts");
    expect(await screen.findByText("Nothing was brought yet")).toBeInTheDocument();
    await waitFor(() => expect(FakeStream.events).toHaveLength(1));
    answer(`${ARTIFACTS}/drops`, page([drop(8, { label: "from-ci" })]));
    FakeStream.events[0]?.send("catalog", { environment: "dev", snapshot_id: null, kinds: ["drops"] });
    expect(await screen.findByText("from-ci")).toBeInTheDocument();
  });
});
