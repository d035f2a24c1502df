import createClient from "openapi-fetch";
import type { paths } from "@/api/schema";

/** The generated client. Everything the app asks of the server goes through it, and through `unwrap`. */
export const client = createClient<paths>({
  baseUrl: window.location.origin,
  fetch: (request) => globalThis.fetch(request),
});
