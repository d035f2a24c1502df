import { dataOf, type Source, SteadyStream } from "@/api/steady-stream";
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

export interface LogStreamOptions {
  /** The stream's address without `from`. */
  url: string;
  listener: LogListener;
  from?: number;
  open?: (url: string) => Source;
}

const BATCH_MILLISECONDS = 80;

/**
 * Follows the log of a run. After a lost connection it asks again from the line after the last one it has, so that
 * no line is lost or told twice.
 */
export class LogStream {
  private next: number;
  private closed = false;
  private pending: LogLine[] = [];
  private batchTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly listener: LogListener;
  private readonly stream: SteadyStream;

  constructor({ url, listener, from = 1, open }: LogStreamOptions) {
    this.listener = listener;
    this.next = from;
    const events = {
      line: (event: Event) => this.line(event),
      status: (event: Event) => this.status(event),
      end: (event: Event) => this.end(event),
    };
    const steady = {
      events,
      onConnecting: () => listener.onConnection("connecting"),
      onOpen: () => listener.onConnection("open"),
      onLost: () => listener.onConnection("waiting"),
      onRefused: (error: unknown) => this.refused(error),
    };
    this.stream = new SteadyStream(() => `${url}?from=${this.next}`, steady, open);
  }

  start(): void {
    this.stream.start();
  }

  /** Ends the following; lines not yet told are told. */
  close(): void {
    this.flush();
    this.closed = true;
    this.stream.close();
  }

  private line(event: Event): void {
    const line = dataOf<LogLine>(event);
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
    const body = dataOf<{ status: string }>(event);
    if (body) this.listener.onStatus(body.status);
  }

  private end(event: Event): void {
    const body = dataOf<{ status: string; status_message?: string | null }>(event);
    this.close();
    this.listener.onConnection("ended");
    this.listener.onEnd({ status: body?.status ?? "unknown", statusMessage: body?.status_message ?? null });
  }

  private refused(error: unknown): void {
    this.close();
    this.listener.onConnection("refused");
    this.listener.onRefused(error);
  }
}
