import { EventStream } from "@/api/event-stream";

export type Source = Pick<EventStream, "addEventListener" | "close">;

export interface StreamListener {
  /** What is done with the events, by their names. */
  events: Record<string, (event: Event) => void>;
  onConnecting?: () => void;
  onOpen: () => void;
  /** The connection is lost and will be made again. */
  onLost: () => void;
  /** There is nothing to follow for whoever asks; it is not asked again. */
  onRefused: (error: unknown) => void;
}

const BACKOFF_MILLISECONDS = [500, 1000, 2000, 5000, 10_000];

/** A stream of events that is connected anew when it is lost, after ever longer waits, with the token of that moment. */
export class SteadyStream {
  private source: Source | null = null;
  private failures = 0;
  private closed = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly url: () => string;
  private readonly listener: StreamListener;
  private readonly openSource: (url: string) => Source;

  constructor(
    url: () => string,
    listener: StreamListener,
    open: (url: string) => Source = (address) => new EventStream(address),
  ) {
    this.url = url;
    this.listener = listener;
    this.openSource = open;
  }

  start(): void {
    if (this.closed) return;
    this.listener.onConnecting?.();
    const source = this.openSource(this.url());
    this.source = source;
    source.addEventListener("open", () => this.opened());
    source.addEventListener("error", () => this.lost(source));
    source.addEventListener("refused", (event) => this.refused(event));
    for (const [name, handle] of Object.entries(this.listener.events))
      source.addEventListener(name, (event) => {
        if (!this.closed) handle(event);
      });
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  private opened(): void {
    this.failures = 0;
    this.listener.onOpen();
  }

  private refused(event: Event): void {
    this.close();
    this.listener.onRefused((event as CustomEvent<unknown>).detail);
  }

  private lost(source: Source): void {
    if (this.closed || source !== this.source) return;
    source.close();
    this.source = null;
    const delay = BACKOFF_MILLISECONDS[Math.min(this.failures, BACKOFF_MILLISECONDS.length - 1)];
    this.failures += 1;
    this.listener.onLost();
    this.timer = setTimeout(() => this.start(), delay);
  }
}

/** The data of an event; null where it cannot be read. */
export function dataOf<T>(event: Event): T | null {
  try {
    return JSON.parse((event as MessageEvent<string>).data) as T;
  } catch {
    return null;
  }
}
