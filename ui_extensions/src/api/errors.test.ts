import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { client } from "@/api/client";
import { ApiError, unwrap } from "@/api/errors";
import { normaliseField } from "@/lib/field-names";
import { workspace } from "@/test/fixtures";
import { answer, problem, server } from "@/test/server";

const ask = (signal?: AbortSignal) =>
  unwrap(
    client.GET("/api/workspaces/{workspace}", {
      params: { path: { workspace: "shop" } },
      signal: signal ?? null,
    }),
  );
const failure = () =>
  ask().then(
    () => null,
    (error: unknown) => error,
  );
const raw = (make: () => Response) =>
  server.use(http.get(`${window.location.origin}/api/workspaces/shop`, make));

describe("unwrap", () => {
  it("gives the body of a good answer", async () => {
    answer("/api/workspaces/shop", workspace());
    expect((await ask()).name).toBe("Shop");
  });

  it("turns the API's error into an ApiError with everything it said", async () => {
    answer("/api/workspaces/shop", problem("No.", [{ field: "a", message: "b" }], "Try c."), 422);
    const error = (await failure()) as ApiError;
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      code: "invalid",
      message: "No.",
      hint: "Try c.",
      requestId: "req-1",
      status: 422,
    });
    expect(error.details).toEqual([{ field: "a", message: "b" }]);
    expect(error.unreachable).toBe(false);
  });

  it("keeps the request id of an error in another shape", async () => {
    raw(() => HttpResponse.text("Bad gateway", { status: 502, headers: { "x-request-id": "req-2" } }));
    expect(await failure()).toMatchObject({ code: "http_502", requestId: "req-2", unreachable: true });
  });

  it("says that the server cannot be reached", async () => {
    raw(() => HttpResponse.error());
    expect(await failure()).toMatchObject({ code: "unreachable", status: null, unreachable: true });
  });

  it("says that a good status with a broken body cannot be read", async () => {
    raw(() => new HttpResponse("<html>", { status: 200, headers: { "content-type": "application/json" } }));
    expect(await failure()).toMatchObject({ code: "unreadable_answer", unreachable: false });
  });

  it("leaves a cancelled call what it is", async () => {
    answer("/api/workspaces/shop", workspace());
    const controller = new AbortController();
    controller.abort();
    await expect(ask(controller.signal)).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("normaliseField", () => {
  it.each([
    ["steps.0.options.vars", "steps.0.options.vars"],
    ["body.steps[0].options.vars", "steps.0.options.vars"],
    ["environment", "environment"],
  ])("%s is %s", (field, expected) => expect(normaliseField(field)).toBe(expected));
});
