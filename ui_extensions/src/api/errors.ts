import { normaliseField } from "@/lib/field-names";

export interface ErrorDetail {
  field: string;
  message: string;
}

interface ErrorFacts {
  code: string;
  message: string;
  hint?: string | null;
  requestId?: string | null;
  details?: ErrorDetail[];
  status?: number | null;
  retryAfter?: number | null;
}

/** The one error every call of the API ends in. */
export class ApiError extends Error {
  readonly code: string;
  readonly hint: string | null;
  readonly requestId: string | null;
  readonly details: ErrorDetail[];
  /** The HTTP status, or null when no answer came. */
  readonly status: number | null;
  /** Seconds to wait before asking again, where the server said so. */
  readonly retryAfter: number | null;

  constructor(facts: ErrorFacts) {
    super(facts.message);
    this.name = "ApiError";
    this.code = facts.code;
    this.hint = facts.hint ?? null;
    this.requestId = facts.requestId ?? null;
    this.details = facts.details ?? [];
    this.status = facts.status ?? null;
    this.retryAfter = facts.retryAfter ?? null;
  }

  /** No answer came: the server is down, or the network is. */
  get unreachable(): boolean {
    return this.status === null || this.status === 502 || this.status === 504;
  }
}

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a good answer. Throws ApiError for every other; a cancelled call stays what it is. */
export async function unwrap<T>(call: Promise<Answer<T>>): Promise<T> {
  const answer = await call.catch((cause: unknown) => {
    throw fromFailedCall(cause);
  });
  if (!answer.response.ok) throw fromResponse(answer.response, answer.error);
  return answer.data as T;
}

/** What a call means that got no answer; a cancelled one stays what it is. */
export function fromFailedCall(cause: unknown): unknown {
  if (cause instanceof ApiError) return cause;
  if (cause instanceof Error && cause.name === "AbortError") return cause;
  if (cause instanceof SyntaxError) {
    return new ApiError({
      code: "unreadable_answer",
      message: "The server sent an answer this page cannot read.",
      status: 0,
    });
  }
  return new ApiError({
    code: "unreachable",
    message: "The server cannot be reached.",
    hint: "Check that the workbench is running. This page tries again by itself.",
  });
}

/** The error that an answer which is not a good one means. */
export function fromResponse(response: Response, body: unknown): ApiError {
  const error = asRecord(asRecord(body)["error"]);
  const requestId = text(error["request_id"]) ?? response.headers.get("x-request-id");
  const code = text(error["code"]) ?? `http_${response.status}`;
  const message = text(error["message"]) ?? `The server answered ${response.status} without saying why.`;
  return new ApiError({
    code,
    message,
    hint: text(error["hint"]),
    requestId,
    details: details(error),
    status: response.status,
    retryAfter: Number(response.headers.get("retry-after")) || null,
  });
}

function details(error: Record<string, unknown>): ErrorDetail[] {
  const list = Array.isArray(error["details"]) ? error["details"] : [];
  return list
    .map(asRecord)
    .map((one) => ({ field: text(one["field"]) ?? "", message: text(one["message"]) ?? "" }));
}

const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
const text = (value: unknown) => (typeof value === "string" && value !== "" ? value : null);

/** What any thrown thing says to a person. */
export function describeError(error: unknown): {
  message: string;
  hint: string | null;
  requestId: string | null;
} {
  if (error instanceof ApiError) return error;
  const message = error instanceof Error ? error.message : String(error);
  return { message, hint: null, requestId: null };
}

/** What the server says of one field of a form. */
export function errorsAt(error: unknown, field: string): string[] {
  if (!(error instanceof ApiError)) return [];
  return error.details.filter((one) => normaliseField(one.field) === field).map((one) => one.message);
}

/** The error where it is not told at the form's fields already. */
export function besideFields(error: unknown, fields: readonly string[]): unknown {
  return fields.some((field) => errorsAt(error, field).length > 0) ? null : error;
}
