import { ApiError, fromResponse } from "@/api/errors";
import { currentToken, reloadMe } from "@/api/session";

export interface UploadProgress {
  sent: number;
  total: number;
}

interface Upload {
  url: string;
  body: FormData;
  onProgress: (progress: UploadProgress) => void;
  signal: AbortSignal;
}

/**
 * Sends files as whoever is logged in, and tells how far it has come: `fetch` cannot. A token that is not taken any more
 * is renewed once. An aborted upload rejects with an AbortError.
 */
export async function upload<T>(job: Upload): Promise<T> {
  const first = await send(job, await currentToken());
  if (first.status !== 401) return answerOf<T>(first);
  await reloadMe();
  return answerOf<T>(await send(job, await currentToken()));
}

function answerOf<T>(answer: XMLHttpRequest): T {
  const body = parsed(answer.responseText);
  if (answer.status >= 200 && answer.status < 300) return body as T;
  // 0 is no status that a Response may have, and is never told by a server.
  if (answer.status === 0) throw unreachable();
  const headers = { "x-request-id": answer.getResponseHeader("x-request-id") ?? "" };
  throw fromResponse(new Response(null, { status: answer.status, headers }), body);
}

const unreachable = () =>
  new ApiError({
    code: "unreachable",
    message: "The connection was lost before everything had been sent.",
    hint: "Nothing was taken in. Send it again.",
  });

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function send({ url, body, onProgress, signal }: Upload, token: string | null): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    const end = () => signal.removeEventListener("abort", abort);
    request.upload.addEventListener("progress", ({ loaded, total }) => onProgress({ sent: loaded, total }));
    request.addEventListener("load", () => {
      end();
      resolve(request);
    });
    request.addEventListener("error", () => {
      end();
      reject(unreachable());
    });
    request.addEventListener("abort", () => {
      end();
      reject(new DOMException("The upload was cancelled.", "AbortError"));
    });
    request.open("POST", new URL(url, window.location.origin));
    request.setRequestHeader("accept", "application/json");
    if (token !== null) request.setRequestHeader("authorization", `Bearer ${token}`);
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    else request.send(body);
  });
}
