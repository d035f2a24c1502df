/** Where to go after the login: only a place of this site, never one that an address of another site could name. */
export function safeNext(next: string | null): string | null {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: browsers drop them, and "/\t/elsewhere" would be another site
  if (!next || !/^\/(?![/\\])/.test(next) || /[\\\u0000-\u001f]/.test(next)) return null;
  const url = new URL(next, window.location.origin);
  if (url.origin !== window.location.origin || url.pathname.startsWith("//")) return null;
  return url.pathname === "/login" ? null : url.pathname + url.search + url.hash;
}

const SERVED = /^\/(dagster|docs|redoc)(\/|$)/;

/** Pages that the server draws: the router of this app knows nothing of them. */
export const isServerPage = (path: string) => SERVED.test(path.split(/[?#]/)[0] ?? "");
