import createClient from "openapi-fetch";
import type { paths } from "@/api/schema";
import { sessionFetch } from "@/api/session";

/**
 * The generated client. Everything the app asks of the server goes through it, and through `unwrap`; what the session
 * asks for itself is in session.ts.
 */
export const client = createClient<paths>({
  baseUrl: window.location.origin,
  fetch: sessionFetch,
});
