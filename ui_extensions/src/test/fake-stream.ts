/** A stream of server-sent events that the test speaks for. */
export class FakeStream {
  static opened: FakeStream[] = [];
  /** Those of the catalog's changes, which every page of a workspace follows. */
  static events: FakeStream[] = [];

  static get last(): FakeStream {
    const stream = FakeStream.opened.at(-1);
    if (!stream) throw new Error("No stream was opened.");
    return stream;
  }

  readonly url: string;
  readonly body: ReadableStream<Uint8Array>;
  closed = false;
  private out: ReadableStreamDefaultController<Uint8Array> | null = null;

  constructor(url: string) {
    this.url = url;
    this.body = new ReadableStream({
      start: (controller) => {
        this.out = controller;
      },
      cancel: () => {
        this.closed = true;
      },
    });
    (/\/events$/.test(url) ? FakeStream.events : FakeStream.opened).push(this);
  }

  send(event: string, data: unknown): void {
    if (this.closed) return;
    const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    this.out?.enqueue(new TextEncoder().encode(text));
  }

  /** The connection is lost. */
  drop(): void {
    this.closed = true;
    this.out?.close();
  }
}
