import { EventStream } from "@/api/event-stream";
import type { LogLine } from "@/api/types";

export type Connection = "connecting" | "open" | "waiting" | "ended" | "refused";

export interface LogEnd {
  status: string;
  statusMessage: string | null;
}

export interface LogListener {
  onLines: (lines: LogLine[]) => void;
  onStatus: (status: string) => void;
  onEnd: (end: LogEnd) => void;
  onConnection: (connection: Connection) => void;
  /** There is nothing to follow for whoever asks; it is not asked again. */
  onRefused: (error: unknown) => void;
}

type Source = Pick<EventStream, "addEventListener" | "close">;

export interface LogStreamOptions {
  /** The stream's address without `from`. */
  url: string;
  listener: LogListener;
  from?: number;
  open?: (url: string) => Source;
}

const BACKOFF_MILLISECONDS = [500, 1000, 2000, 5000, 10_000];
const BATCH_MILLISECONDS = 80;

/**
 * Follows the log of a run. After a lost connection it asks again from the line after the last one it has, so that
 * no line is lost or told twice, and with the token of that moment.
 */
export class LogStream {
  private next: number;
  private source: Source | null = null;
  private failures = 0;
  private closed = false;
  private pending: LogLine[] = [];
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private batchTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly url: string;
  private readonly listener: LogListener;
  private readonly openSource: (url: string) => Source;

  constructor(options: LogStreamOptions) {
    this.url = options.url;
    this.listener = options.listener;
    this.next = options.from ?? 1;
    this.openSource = options.open ?? ((url) => new EventStream(url));
  }

  start(): void {
    if (this.closed) return;
    this.listener.onConnection("connecting");
    const source = this.openSource(`${this.url}?from=${this.next}`);
    this.source = source;
    source.addEventListener("open", () => this.opened());
    source.addEventListener("line", (event) => this.line(event));
    source.addEventListener("status", (event) => this.status(event));
    source.addEventListener("end", (event) => this.end(event));
    source.addEventListener("error", () => this.lost(source));
    source.addEventListener("refused", (event) => this.refused(event));
  }

  /** Ends the following; lines not yet told are told. */
  close(): void {
    this.flush();
    this.closed = true;
    clearTimeout(this.retryTimer);
    this.source?.close();
    this.source = null;
  }

  private opened(): void {
    this.failures = 0;
    this.listener.onConnection("open");
  }

  private line(event: Event): void {
    const line = parse<LogLine>(event);
    if (!line || line.line < this.next) return;
    this.next = line.line + 1;
    this.pending.push(line);
    this.batchTimer ??= setTimeout(() => this.flush(), BATCH_MILLISECONDS);
  }

  private flush(): void {
    clearTimeout(this.batchTimer);
    this.batchTimer = undefined;
    if (this.pending.length === 0 || this.closed) return;
    const lines = this.pending;
    this.pending = [];
    this.listener.onLines(lines);
  }

  private status(event: Event): void {
    const body = parse<{ status: string }>(event);
    if (body) this.listener.onStatus(body.status);
  }

  private end(event: Event): void {
    const body = parse<{ status: string; status_message?: string | null }>(event);
    this.close();
    this.listener.onConnection("ended");
    this.listener.onEnd({ status: body?.status ?? "unknown", statusMessage: body?.status_message ?? null });
  }

  private refused(event: Event): void {
    const { detail } = event as CustomEvent<unknown>;
    this.close();
    this.listener.onConnection("refused");
    this.listener.onRefused(detail);
  }

  private lost(source: Source): void {
    if (this.closed || source !== this.source) return;
    source.close();
    this.source = null;
    const delay = BACKOFF_MILLISECONDS[Math.min(this.failures, BACKOFF_MILLISECONDS.length - 1)];
    this.failures += 1;
    this.listener.onConnection("waiting");
    this.retryTimer = setTimeout(() => this.start(), delay);
  }
}

function parse<T>(event: Event): T | null {
  try {
    return JSON.parse((event as MessageEvent<string>).data) as T;
  } catch {
    return null;
  }
}
