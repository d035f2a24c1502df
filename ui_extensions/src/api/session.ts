import createClient from "openapi-fetch";
import { useSyncExternalStore } from "react";
import { ApiError, unwrap } from "@/api/errors";
import { inTurn } from "@/api/refresh-turn";
import type { paths } from "@/api/schema";
import type { Me } from "@/api/types";
import { forget, recall, remember } from "@/lib/storage";

/** Why nobody is logged in: was never, the server ended it, or the person logged out. */
export type Absence = "absent" | "ended" | "left";

export type Session =
  | { state: "starting" }
  | { state: "in"; me: Me }
  | { state: "out"; why: Absence }
  | { state: "failed"; error: unknown };

interface Token {
  value: string;
  /** From then on it is renewed beside the request that uses it. */
  renewAt: number;
  expiresAt: number;
}

const ATTEMPT = "refresh-attempt";
const CSRF_COOKIE = "workbench_csrf";
/** A token is renewed this long before its end, or in the last quarter of a short life. */
const EARLY_MILLISECONDS = 60_000;
/** So near to its end it is renewed before the request, not beside it. */
const LATE_MILLISECONDS = 5_000;
/** Answers to a refresh that mean the session is over; any other is a fault, and may be asked again. */
const REFUSALS = new Set([401, 403, 404, 409]);

let current: Session = { state: "starting" };
/** In memory only: what is in storage can be read by whatever gets to run in the page, and outlives it. */
let token: Token | null = null;
let refreshing: Promise<void> | null = null;
const listeners = new Set<() => void>();
const tabs = "BroadcastChannel" in globalThis ? new BroadcastChannel("workbench.session") : null;
tabs?.addEventListener("message", (event: MessageEvent<unknown>) => heard(event.data));

/** Asks without a token, and so without any of what follows here. */
const bare = createClient<paths>({
  baseUrl: window.location.origin,
  fetch: (request) => globalThis.fetch(request),
});

/** Finds out who is there. With a login kept by the browser it is renewed; without, the server says whether one is needed. */
export async function startSession(): Promise<void> {
  token = null;
  become({ state: "starting" });
  try {
    if (csrfToken() !== null) await refresh();
    if (heldToken() === null) entered(await unwrap(bare.GET("/auth/me")));
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) leave("absent");
    else become({ state: "failed", error });
  }
}

export async function logIn(username: string, password: string): Promise<void> {
  const body = { username, password, delivery: "cookie" as const };
  accept(await unwrap(bare.POST("/auth/login", { body })));
  tabs?.postMessage("in");
}

/** Ends the session on the server and in every tab. Rejects while the server cannot be reached: then nothing has ended. */
export async function logOut(): Promise<void> {
  await refreshing?.catch(() => {});
  const headers = { ...bearer(heldToken()), "X-CSRF-Token": csrfToken() ?? "" };
  try {
    await unwrap(bare.POST("/auth/logout", { headers }));
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
  }
  leave("left");
  tabs?.postMessage("out");
}

/** Sends a request as whoever is logged in. A 401 renews the token once and asks once more. */
export async function sessionFetch(request: Request): Promise<Response> {
  const used = await usableToken();
  const again = used === null ? null : request.clone();
  const answer = await send(request, used);
  if (answer.status !== 401) return answer;
  if (again === null) {
    leave(current.state === "in" ? "ended" : "absent");
    return answer;
  }
  if (heldToken() === used) await refresh();
  const renewed = heldToken();
  return renewed === null ? answer : send(again, renewed);
}

/** The token of whoever is logged in, renewed where its end is near; for what cannot be sent by `sessionFetch`. */
export const currentToken = (): Promise<string | null> => usableToken();

/** Asks again who one is, after a change of it or when a refusal says that it has changed. */
export async function reloadMe(): Promise<void> {
  if (current.state !== "in") return;
  const request = new Request(new URL("/auth/me", window.location.origin));
  const answer = await sessionFetch(request);
  if (answer.ok) knowMe((await answer.json()) as Me);
}

/** The answer of a call which changed who one is. */
export function knowMe(me: Me): void {
  if (current.state === "in") become({ state: "in", me });
}

export function useSession(): Session {
  return useSyncExternalStore(subscribe, () => current);
}

/** Who is logged in; null while that is not known. */
export function useMe(): Me | null {
  const session = useSession();
  return session.state === "in" ? session.me : null;
}

/** Whether the last visit needed no login: pages then need not wait to hear it again. */
export const wasLoginOff = () => recall("login") === "off";

function subscribe(changed: () => void): () => void {
  listeners.add(changed);
  return () => listeners.delete(changed);
}

function become(next: Session): void {
  current = next;
  for (const listener of listeners) listener();
}

function accept(answer: { access_token: string; expires_in: number; me: Me }): void {
  const life = 1000 * answer.expires_in;
  const expiresAt = Date.now() + life;
  const renewAt = expiresAt - Math.min(EARLY_MILLISECONDS, life / 4);
  token = { value: answer.access_token, renewAt, expiresAt };
  entered(answer.me);
}

function entered(me: Me): void {
  remember("login", me.auth_enabled ? "on" : "off");
  become({ state: "in", me });
}

function leave(why: Absence): void {
  token = null;
  become({ state: "out", why });
}

/** What another tab says. */
function heard(message: unknown): void {
  if (message === "out") leave("left");
  if (message === "in" && current.state === "out") void startSession();
}

/** A function, for the token may be another after every wait. */
const heldToken = () => token?.value ?? null;
const bearer = (value: string | null): Record<string, string> =>
  value === null ? {} : { authorization: `Bearer ${value}` };

async function usableToken(): Promise<string | null> {
  if (token === null) await refreshing?.catch(() => {});
  else await renewInTime(token);
  return heldToken();
}

async function renewInTime({ renewAt, expiresAt }: Token): Promise<void> {
  const now = Date.now();
  if (now > expiresAt - LATE_MILLISECONDS) await refresh();
  else if (now > renewAt) void refresh().catch(() => {});
}

function send(request: Request, value: string | null): Promise<Response> {
  for (const [name, text] of Object.entries(bearer(value))) request.headers.set(name, text);
  return globalThis.fetch(request);
}

/** One refresh at a time: whoever asks while one is under way waits for the same. */
function refresh(): Promise<void> {
  refreshing ??= inTurn(csrfToken, renew).finally(() => {
    refreshing = null;
  });
  return refreshing;
}

async function renew(): Promise<void> {
  const csrf = csrfToken();
  const answer = await bare.POST("/auth/refresh", {
    headers: { "X-CSRF-Token": csrf ?? "", "X-Refresh-Attempt": attemptOf(csrf) },
    // The answer holds the next refresh token: it must be kept even when the page goes away meanwhile.
    keepalive: true,
  });
  if (answer.data !== undefined) {
    forget(ATTEMPT);
    return accept(answer.data);
  }
  // A login in another tab has put other cookies in the place of these.
  if (answer.response.status === 403 && csrfToken() !== csrf) return renew();
  if (!REFUSALS.has(answer.response.status)) await unwrap(Promise.resolve(answer));
  // At the start the server is still to be asked whether a login is needed at all.
  else if (current.state === "in") leave("ended");
}

/**
 * A random name of the exchange of this token, kept until it has ended: a page that is reloaded in the midst of it repeats
 * it under the same name, and is given the same answer instead of being taken for a thief.
 */
function attemptOf(csrf: string | null): string {
  const [of, name] = (recall(ATTEMPT) ?? "").split(" ");
  if (name && of === csrf) return name;
  const made = Array.from(crypto.getRandomValues(new Uint32Array(4)), (part) => part.toString(36)).join("-");
  remember(ATTEMPT, `${csrf} ${made}`);
  return made;
}

function csrfToken(): string | null {
  const found = document.cookie.split("; ").find((one) => one.startsWith(`${CSRF_COOKIE}=`));
  return found ? decodeURIComponent(found.slice(CSRF_COOKIE.length + 1)) : null;
}
