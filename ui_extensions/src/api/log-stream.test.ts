import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LogStream } from "@/api/log-stream";
import type { LogLine } from "@/api/types";
import { FakeEventSource } from "@/test/fake-event-source";
import { logLine } from "@/test/fixtures";

function follow(from?: number) {
  const lines: LogLine[] = [];
  const listener = {
    onLines: vi.fn((batch: LogLine[]) => void lines.push(...batch)),
    onStatus: vi.fn(),
    onEnd: vi.fn(),
    onConnection: vi.fn(),
    onRefused: vi.fn(),
  };
  const open = (url: string) => new FakeEventSource(url);
  const stream = new LogStream({ url: "/log/stream", listener, open, ...(from && { from }) });
  stream.start();
  return { stream, lines, listener };
}

const numbers = (lines: LogLine[]) => lines.map((line) => line.line);

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

describe("LogStream", () => {
  it("asks from the first line and tells lines in batches", () => {
    const { lines, listener } = follow();
    expect(FakeEventSource.last.url).toBe("/log/stream?from=1");
    FakeEventSource.last.send("open");
    FakeEventSource.last.send("line", logLine(1, "one"));
    FakeEventSource.last.send("line", logLine(2, "two"));
    vi.advanceTimersByTime(200);
    expect(numbers(lines)).toEqual([1, 2]);
    expect(listener.onLines).toHaveBeenCalledTimes(1);
    expect(listener.onConnection).toHaveBeenLastCalledWith("open");
  });

  it("resumes after the last line it has and tells none twice", () => {
    const { lines, listener } = follow();
    FakeEventSource.last.send("line", logLine(1, "one"));
    FakeEventSource.last.send("line", logLine(2, "two"));
    FakeEventSource.last.send("error");
    expect(FakeEventSource.last.closed).toBe(true);
    expect(listener.onConnection).toHaveBeenLastCalledWith("waiting");
    vi.advanceTimersByTime(600);
    expect(FakeEventSource.opened).toHaveLength(2);
    expect(FakeEventSource.last.url).toBe("/log/stream?from=3");
    FakeEventSource.last.send("line", logLine(2, "two"));
    FakeEventSource.last.send("line", logLine(3, "three"));
    vi.advanceTimersByTime(200);
    expect(numbers(lines)).toEqual([1, 2, 3]);
  });

  it("waits longer after each failure, and less again after a success", () => {
    follow();
    FakeEventSource.last.send("error");
    vi.advanceTimersByTime(500);
    FakeEventSource.last.send("error");
    vi.advanceTimersByTime(500);
    expect(FakeEventSource.opened).toHaveLength(2);
    vi.advanceTimersByTime(500);
    expect(FakeEventSource.opened).toHaveLength(3);
    FakeEventSource.last.send("open");
    FakeEventSource.last.send("error");
    vi.advanceTimersByTime(500);
    expect(FakeEventSource.opened).toHaveLength(4);
  });

  it("ends with the final status, all lines told, and does not ask again", () => {
    const { lines, listener } = follow();
    FakeEventSource.last.send("status", { status: "running" });
    FakeEventSource.last.send("line", logLine(1, "one"));
    FakeEventSource.last.send("end", { status: "failed", status_message: "1 error" });
    expect(listener.onStatus).toHaveBeenCalledWith("running");
    expect(numbers(lines)).toEqual([1]);
    expect(listener.onEnd).toHaveBeenCalledWith({ status: "failed", statusMessage: "1 error" });
    FakeEventSource.last.send("error");
    vi.advanceTimersByTime(60_000);
    expect(FakeEventSource.opened).toHaveLength(1);
  });

  it("passes over what it cannot read", () => {
    const { lines } = follow(5);
    expect(FakeEventSource.last.url).toBe("/log/stream?from=5");
    FakeEventSource.last.send("line", "{not json");
    FakeEventSource.last.send("line", logLine(5, "five"));
    vi.advanceTimersByTime(200);
    expect(numbers(lines)).toEqual([5]);
  });

  it("stops for good when it is refused, and says why", () => {
    const { listener } = follow();
    const error = new Error("not yours");
    FakeEventSource.last.dispatchEvent(new CustomEvent("refused", { detail: error }));
    expect(FakeEventSource.last.closed).toBe(true);
    expect(listener.onConnection).toHaveBeenLastCalledWith("refused");
    expect(listener.onRefused).toHaveBeenCalledWith(error);
    vi.advanceTimersByTime(60_000);
    expect(FakeEventSource.opened).toHaveLength(1);
  });

  it("stops asking when closed while waiting", () => {
    const { stream } = follow();
    FakeEventSource.last.send("error");
    stream.close();
    vi.advanceTimersByTime(60_000);
    expect(FakeEventSource.opened).toHaveLength(1);
  });
});
