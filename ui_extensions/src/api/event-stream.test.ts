import { waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { describe, expect, it } from "vitest";
import { EventStream } from "@/api/event-stream";
import { startSession } from "@/api/session";
import { FakeStream } from "@/test/fake-stream";
import { person } from "@/test/fixtures";
import { logInAs, refusal, server } from "@/test/server";

const PATH = "/api/workspaces/shop/runs/run-1/log/stream";

function listen(stream: EventStream) {
  const told: string[] = [];
  for (const name of ["open", "line", "error"]) {
    stream.addEventListener(name, (event) =>
      told.push(event instanceof MessageEvent ? `${name} ${event.data}` : name),
    );
  }
  return told;
}

describe("EventStream", () => {
  it("sends the token, tells events by name, and the loss of the connection", async () => {
    logInAs(person("viewer"));
    await startSession();
    const headers: (string | null)[] = [];
    server.use(
      http.get(`${window.location.origin}${PATH}`, ({ request }) => {
        headers.push(request.headers.get("authorization"), request.headers.get("accept"));
        return new HttpResponse(new FakeStream(request.url).body);
      }),
    );
    const stream = new EventStream(`${PATH}?from=3`);
    const told = listen(stream);
    await waitFor(() => expect(FakeStream.opened).toHaveLength(1));
    expect(headers).toEqual(["Bearer access-1", "text/event-stream"]);
    FakeStream.last.send("line", { line: 3 });
    FakeStream.last.send("line", { line: 4 });
    await waitFor(() => expect(told).toHaveLength(3));
    FakeStream.last.drop();
    await waitFor(() => expect(told).toEqual(["open", 'line {"line":3}', 'line {"line":4}', "error"]));
  });

  it("says that it was refused, and why", async () => {
    await startSession();
    server.use(
      http.get(`${window.location.origin}${PATH}`, () =>
        HttpResponse.json(refusal("run:read", "viewer", "none"), { status: 403 }),
      ),
    );
    const stream = new EventStream(PATH);
    const told = listen(stream);
    const error = await new Promise((resolve) =>
      stream.addEventListener("refused", (event) => resolve((event as CustomEvent).detail)),
    );
    expect(error).toMatchObject({ code: "forbidden", status: 403 });
    expect(told).toEqual([]);
  });

  it("tells nothing after it was closed", async () => {
    await startSession();
    const stream = new EventStream(PATH);
    const told = listen(stream);
    await waitFor(() => expect(FakeStream.opened).toHaveLength(1));
    FakeStream.last.send("line", 1);
    await waitFor(() => expect(told).toEqual(["open", "line 1"]));
    stream.close();
    FakeStream.last.send("line", 2);
    await waitFor(() => expect(FakeStream.last.closed).toBe(true));
    expect(told).toEqual(["open", "line 1"]);
  });
});
