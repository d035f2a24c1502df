import { HttpResponse, http, type JsonBodyType } from "msw";
import { setupServer } from "msw/node";

/** Answers only what a test has said; anything else fails the test. */
export const server = setupServer();

const address = (path: string) => `${window.location.origin}${path}`;

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

/** POSTs to `path`; the bodies are kept. */
export function accept(path: string, body: JsonBodyType, status = 201): unknown[] {
  const sent: unknown[] = [];
  server.use(
    http.post(address(path), async ({ request }) => {
      const text = await request.text();
      sent.push(text ? JSON.parse(text) : null);
      return HttpResponse.json(body, { status });
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
