/** An EventSource that the test speaks for. */
export class FakeEventSource extends EventTarget {
  static opened: FakeEventSource[] = [];

  static get last(): FakeEventSource {
    const source = FakeEventSource.opened.at(-1);
    if (!source) throw new Error("No stream was opened.");
    return source;
  }

  readonly url: string;
  closed = false;

  constructor(url: string) {
    super();
    this.url = url;
    FakeEventSource.opened.push(this);
  }

  close(): void {
    this.closed = true;
  }

  send(event: string, data?: unknown): void {
    if (this.closed) return;
    const text = typeof data === "string" ? data : JSON.stringify(data);
    this.dispatchEvent(data === undefined ? new Event(event) : new MessageEvent(event, { data: text }));
  }
}
