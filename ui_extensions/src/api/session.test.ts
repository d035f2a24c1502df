import { renderHook, waitFor } from "@testing-library/react";
import { HttpResponse, http } from "msw";
import { afterEach, describe, expect, it, vi } from "vitest";
import { client } from "@/api/client";
import { ApiError, unwrap } from "@/api/errors";
import { logIn, logOut, startSession, useSession } from "@/api/session";
import { me, person } from "@/test/fixtures";
import { answer, page, problem, server, setCsrfCookie, tokenOf } from "@/test/server";

const at = (path: string) => `${window.location.origin}${path}`;
const who = person("viewer");
const session = () => renderHook(() => useSession()).result.current;
const health = () => client.GET("/api/workspaces");

/** Counts the refreshes, each of which gives another token. */
function refreshes(more: { expires_in?: number } = {}): Request[] {
  const asked: Request[] = [];
  server.use(
    http.post(at("/auth/refresh"), ({ request }) => {
      asked.push(request);
      setCsrfCookie(`csrf-${asked.length + 1}`);
      return HttpResponse.json(tokenOf(who, { access_token: `access-${asked.length}`, ...more }));
    }),
  );
  return asked;
}

/** Answers only the tokens that are good; keeps what was sent. */
function guarded(good: () => string): (string | null)[] {
  const sent: (string | null)[] = [];
  server.use(
    http.get(at("/api/workspaces"), ({ request }) => {
      const header = request.headers.get("authorization");
      sent.push(header);
      return header === `Bearer ${good()}`
        ? HttpResponse.json(page([]))
        : HttpResponse.json(problem("Log in."), { status: 401 });
    }),
  );
  return sent;
}

async function started(): Promise<Request[]> {
  setCsrfCookie("csrf-1");
  const asked = refreshes();
  await startSession();
  return asked;
}

afterEach(() => vi.unstubAllGlobals());

describe("the start", () => {
  it("asks who is there where the browser keeps no login, and sends no token when login is off", async () => {
    await startSession();
    expect(session()).toEqual({ state: "in", me: me() });
    const sent: (string | null)[] = [];
    server.use(
      http.get(at("/api/workspaces"), ({ request }) => {
        sent.push(request.headers.get("authorization"));
        return HttpResponse.json(page([]));
      }),
    );
    await health();
    expect(sent).toEqual([null]);
  });

  it("finds nobody", async () => {
    answer("/auth/me", problem("Log in."), 401);
    await startSession();
    expect(session()).toEqual({ state: "out", why: "absent" });
  });

  it("renews a kept login with the CSRF header, and nothing else", async () => {
    server.use(http.get(at("/auth/me"), () => HttpResponse.error()));
    const kept: boolean[] = [];
    const fetched = globalThis.fetch;
    vi.stubGlobal("fetch", (request: Request) => {
      kept.push(request.keepalive);
      return fetched(request);
    });
    const asked = await started();
    expect(asked.map((request) => request.headers.get("x-csrf-token"))).toEqual(["csrf-1"]);
    // The cookie that comes with the answer is needed even when the page is left meanwhile.
    expect(kept).toEqual([true]);
    expect(session()).toEqual({ state: "in", me: who });
  });

  it("repeats a renewal whose answer was lost under the same name, and takes another name for the next", async () => {
    setCsrfCookie("csrf-1");
    const names: (string | null)[] = [];
    let lost = true;
    server.use(
      http.post(at("/auth/refresh"), ({ request }) => {
        names.push(request.headers.get("x-refresh-attempt"));
        return lost ? HttpResponse.error() : HttpResponse.json(tokenOf(who));
      }),
    );
    await startSession();
    lost = false;
    await startSession();
    setCsrfCookie("csrf-2");
    await startSession();
    expect(names[0]).toMatch(/^[a-z0-9-]{20,}$/);
    expect(names[1]).toBe(names[0]);
    expect(names[2]).not.toBe(names[0]);
  });

  it("asks who is there when the kept login is over", async () => {
    setCsrfCookie("csrf-1");
    server.use(http.post(at("/auth/refresh"), () => HttpResponse.json(problem("Over."), { status: 401 })));
    await startSession();
    expect(session()).toEqual({ state: "in", me: me() });
  });

  it("says that it failed when nobody answers", async () => {
    server.use(http.get(at("/auth/me"), () => HttpResponse.error()));
    await startSession();
    expect(session()).toMatchObject({ state: "failed" });
  });
});

describe("a request", () => {
  it("carries the token, which is nowhere but in memory", async () => {
    await started();
    const sent = guarded(() => "access-1");
    await health();
    expect(sent).toEqual(["Bearer access-1"]);
    const kept =
      JSON.stringify({ ...localStorage }) + JSON.stringify({ ...sessionStorage }) + document.cookie;
    expect(kept).not.toContain("access-1");
    expect(localStorage.getItem("workbench.refreshing")).toBeNull();
  });

  it("is repeated once after a 401, with one refresh for many", async () => {
    const asked = await started();
    const sent = guarded(() => "access-2");
    const answers = await Promise.all(Array.from({ length: 6 }, health));
    expect(answers.map(({ response }) => response.status)).toEqual([200, 200, 200, 200, 200, 200]);
    expect(asked).toHaveLength(2);
    expect(asked[1]?.headers.get("x-csrf-token")).toBe("csrf-2");
    expect(sent.filter((header) => header === "Bearer access-2")).toHaveLength(6);
  });

  it("is sent again with its body", async () => {
    await started();
    const bodies: unknown[] = [];
    server.use(
      http.patch(at("/auth/me"), async ({ request }) => {
        bodies.push(await request.json());
        return request.headers.get("authorization") === "Bearer access-2"
          ? HttpResponse.json(who)
          : HttpResponse.json(problem("Log in."), { status: 401 });
      }),
    );
    await unwrap(client.PATCH("/auth/me", { body: { full_name: "Ann" } }));
    expect(bodies).toEqual([{ full_name: "Ann" }, { full_name: "Ann" }]);
  });

  it("is not repeated for ever", async () => {
    const asked = await started();
    const sent = guarded(() => "none");
    const { response } = await health();
    expect(response.status).toBe(401);
    expect([sent.length, asked.length]).toEqual([2, 2]);
  });

  it("ends the session when the refresh is refused", async () => {
    await started();
    guarded(() => "none");
    server.use(http.post(at("/auth/refresh"), () => HttpResponse.json(problem("Over."), { status: 401 })));
    const { response } = await health();
    expect(response.status).toBe(401);
    expect(session()).toEqual({ state: "out", why: "ended" });
  });

  it("keeps the session when the refresh cannot be asked for", async () => {
    await started();
    guarded(() => "none");
    server.use(http.post(at("/auth/refresh"), () => HttpResponse.error()));
    await expect(unwrap(health())).rejects.toMatchObject({ code: "unreachable" });
    expect(session()).toMatchObject({ state: "in" });
  });

  it("renews the token first when it is about to end", async () => {
    setCsrfCookie("csrf-1");
    const asked = refreshes({ expires_in: 2 });
    await startSession();
    const sent = guarded(() => "access-2");
    await health();
    expect(sent).toEqual(["Bearer access-2"]);
    expect(asked).toHaveLength(2);
  });

  it("renews the token beside the request in the last part of its life", async () => {
    setCsrfCookie("csrf-1");
    const asked = refreshes({ expires_in: 60 });
    await startSession();
    const sent = guarded(() => "access-1");
    await health();
    expect(asked).toHaveLength(1);
    const clock = vi.spyOn(Date, "now").mockReturnValue(Date.now() + 50_000);
    await health();
    expect(sent).toEqual(["Bearer access-1", "Bearer access-1"]);
    await waitFor(() => expect(asked).toHaveLength(2));
    clock.mockRestore();
  });
});

describe("logging in and out", () => {
  it("asks for cookies and keeps the token", async () => {
    const sent: unknown[] = [];
    server.use(
      http.post(at("/auth/login"), async ({ request }) => {
        sent.push(await request.json());
        return HttpResponse.json(tokenOf(who));
      }),
    );
    await logIn("ann", "secret");
    expect(sent).toEqual([{ username: "ann", password: "secret", delivery: "cookie" }]);
    expect(session()).toEqual({ state: "in", me: who });
  });

  it("says how long to wait after too many attempts", async () => {
    server.use(
      http.post(at("/auth/login"), () =>
        HttpResponse.json(problem("Too many."), { status: 429, headers: { "retry-after": "40" } }),
      ),
    );
    const error = await logIn("ann", "secret").catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({ status: 429, retryAfter: 40 });
  });

  it("ends the session on the server and tells the other tabs", async () => {
    await started();
    const heard: unknown[] = [];
    const tab = new BroadcastChannel("workbench.session");
    tab.addEventListener("message", (event: MessageEvent<unknown>) => heard.push(event.data));
    const sent: Request[] = [];
    server.use(
      http.post(at("/auth/logout"), ({ request }) => {
        sent.push(request);
        return new HttpResponse(null, { status: 204 });
      }),
    );
    await logOut();
    expect(sent[0]?.headers.get("x-csrf-token")).toBe("csrf-2");
    expect(session()).toEqual({ state: "out", why: "left" });
    await waitFor(() => expect(heard).toEqual(["out"]));
    tab.close();
  });

  it("leaves when another tab does", async () => {
    await started();
    const tab = new BroadcastChannel("workbench.session");
    const { result } = renderHook(() => useSession());
    tab.postMessage("out");
    await waitFor(() => expect(result.current).toEqual({ state: "out", why: "left" }));
    tab.close();
  });

  it("does not say that it is over while the server cannot be reached", async () => {
    await started();
    server.use(http.post(at("/auth/logout"), () => HttpResponse.error()));
    await expect(logOut()).rejects.toMatchObject({ code: "unreachable" });
    expect(session()).toMatchObject({ state: "in" });
  });
});
