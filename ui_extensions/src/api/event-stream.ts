import { createParser } from "eventsource-parser";
import { fromResponse } from "@/api/errors";
import { sessionFetch } from "@/api/session";

/** Answers after which asking again would only bring the same. */
const REFUSALS = new Set([401, 403, 404]);

/**
 * Server-sent events over fetch: the browser's own EventSource can send no token. Tells `open`, the events by their
 * names, `error` when the connection is lost and `refused` (with the ApiError) when there is none to be had. It never
 * connects again by itself.
 */
export class EventStream extends EventTarget {
  private readonly controller = new AbortController();

  constructor(url: string) {
    super();
    void this.follow(url).catch(() => this.tell(new Event("error")));
  }

  close(): void {
    this.controller.abort();
  }

  private async follow(url: string): Promise<void> {
    const answer = await sessionFetch(
      new Request(new URL(url, window.location.origin), {
        headers: { accept: "text/event-stream" },
        signal: this.controller.signal,
      }),
    );
    if (REFUSALS.has(answer.status)) {
      const error = fromResponse(answer, await answer.json().catch(() => null));
      return this.tell(new CustomEvent("refused", { detail: error }));
    }
    if (answer.ok && answer.body) {
      this.tell(new Event("open"));
      await this.read(answer.body.getReader());
    }
    this.tell(new Event("error"));
  }

  private async read(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
    const decoder = new TextDecoder();
    const parser = createParser({
      onEvent: ({ event, data, id }) =>
        this.tell(new MessageEvent(event ?? "message", { data, lastEventId: id ?? "" })),
    });
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
    }
  }

  private tell(event: Event): void {
    if (!this.controller.signal.aborted) this.dispatchEvent(event);
  }
}
