import { HttpResponse, http, type JsonBodyType } from "msw";
import { setupServer } from "msw/node";
import type { Me, Workspace } from "@/api/types";
import { config } from "@/test/config";
import { FakeStream } from "@/test/fake-stream";
import { me, roles } from "@/test/fixtures";

const address = (path: string) => `${window.location.origin}${path}`;

const NO_QUEUE = {
  ...{ items: [], total: 0, active: 0, active_everywhere: 0, waiting_everywhere: 0 },
  ...{ most: 10, is_served: true },
};
const NO_FACETS = { environments: [], actors: [], commands: [], schedules: [], jobs: [], looked_at: 0 };

/**
 * Answers only what a test has said; anything else fails the test. Unless a test says otherwise login is off, and the
 * streams are those of FakeStream.
 */
export const server = setupServer(
  http.get(address("/auth/me"), () => HttpResponse.json(me())),
  http.get(address("/config"), () => HttpResponse.json(config())),
  http.get(address("/api/roles"), () => HttpResponse.json(roles)),
  http.get(address("/api/workspaces/:workspace/runs/:run/log/stream"), ({ request }) =>
    streamed(request.url),
  ),
  http.get(address("/api/workspaces/:workspace/runs/facets"), () => HttpResponse.json(NO_FACETS)),
  http.get(address("/api/workspaces/:workspace/runs/queue"), () => HttpResponse.json(NO_QUEUE)),
  http.get(address("/api/workspaces/:workspace/events"), ({ request }) => streamed(request.url)),
);

function streamed(url: string): HttpResponse<ReadableStream> {
  const stream = new FakeStream(url);
  return new HttpResponse(stream.body, { headers: { "content-type": "text/event-stream" } });
}

/** The cookie by which the app knows that the browser keeps a login. */
export function setCsrfCookie(value: string | null): void {
  // biome-ignore lint/suspicious/noDocumentCookie: the store for cookies is not there in the page of the tests
  document.cookie = `workbench_csrf=${value ?? ""}; path=/${value === null ? "; max-age=0" : ""}`;
}

/** A login is kept by the browser, and its refresh says who it is. */
export function logInAs(who: Me): void {
  setCsrfCookie("csrf-1");
  accept("/auth/refresh", tokenOf(who), 200);
  answer("/auth/me", who);
}

export const tokenOf = (who: Me, more: { access_token?: string; expires_in?: number } = {}) => ({
  access_token: "access-1",
  token_type: "bearer",
  expires_in: 1800,
  csrf_token: "csrf-2",
  refresh_token: null,
  me: who,
  ...more,
});

/** Every GET of `path` answers `body`. */
export function answer(path: string, body: JsonBodyType, status = 200): void {
  server.use(http.get(address(path), () => HttpResponse.json(body, { status })));
}

/** GETs of `path` answer what `make` makes of their query; the queries are kept. */
export function answerWith(path: string, make: (query: URLSearchParams) => JsonBodyType): URLSearchParams[] {
  const asked: URLSearchParams[] = [];
  server.use(
    http.get(address(path), ({ request }) => {
      const query = new URL(request.url).searchParams;
      asked.push(query);
      return HttpResponse.json(make(query));
    }),
  );
  return asked;
}

/** The two lists of workspaces that the server keeps: those in use, and those in the archive. */
export const answerWorkspaces = (all: Workspace[]): URLSearchParams[] =>
  answerWith("/api/workspaces", (query) =>
    page(all.filter((one) => (one.archived_at !== null) === (query.get("archived") === "true"))),
  );

/** POSTs (or what the method says) to `path`; the bodies are kept. */
export function accept(
  path: string,
  body: JsonBodyType,
  status = 201,
  method: "post" | "put" | "patch" | "delete" = "post",
): unknown[] {
  const sent: unknown[] = [];
  server.use(
    http[method](address(path), async ({ request }) => {
      const text = await request.text();
      sent.push(text ? JSON.parse(text) : null);
      return status === 204 ? new HttpResponse(null, { status }) : HttpResponse.json(body, { status });
    }),
  );
  return sent;
}

export const page = <T>(items: T[], more: { total?: number | null; next_cursor?: string | null } = {}) => ({
  items,
  total: items.length,
  next_cursor: null,
  ...more,
});

export const problem = (
  message: string,
  details: { field: string; message: string }[] = [],
  hint: string | null = null,
) => ({
  error: { code: "invalid", message, hint, details, request_id: "req-1" },
});

/** A refusal as the server words it. */
export const refusal = (scope: string, role: string, held: string) => ({
  error: {
    code: "forbidden",
    message: `This needs the role ${role} in the workspace shop; yours is ${held}.`,
    hint: null,
    details: [
      { field: "scope", message: scope },
      { field: "workspace", message: "shop" },
      { field: "role", message: role },
      { field: "held", message: held },
    ],
    request_id: "req-403",
  },
});
