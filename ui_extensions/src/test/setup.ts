import "@testing-library/jest-dom/vitest";
import { cleanup, configure } from "@testing-library/react";
import { afterAll, afterEach, beforeAll, beforeEach, vi } from "vitest";
import { markLive } from "@/api/live";
import { markReached } from "@/api/reachability";
import { FakeEventSource } from "@/test/fake-event-source";
import { FakeStream } from "@/test/fake-stream";
import { setWide } from "@/test/media";
import { server, setCsrfCookie } from "@/test/server";

configure({ asyncUtilTimeout: 4000 });

// What jsdom leaves out and the app's parts ask for.
class NoObserver {
  observe() {}
  unobserve() {}
  disconnect() {}
}
vi.stubGlobal("ResizeObserver", NoObserver);
vi.stubGlobal("IntersectionObserver", NoObserver);
Element.prototype.scrollIntoView = () => {};
Element.prototype.scrollTo = () => {};
Element.prototype.hasPointerCapture = () => false;
// The SQL editor measures its text in the next frame, if the test is still there.
Range.prototype.getClientRects = () => [] as unknown as DOMRectList;
Range.prototype.getBoundingClientRect = () => new DOMRect();

/** Windowed lists show what fits: give every element a size. */
for (const [name, size] of Object.entries({ offsetHeight: 30, offsetWidth: 800 })) {
  Object.defineProperty(HTMLElement.prototype, name, { configurable: true, get: () => size });
}
for (const [name, size] of Object.entries({ clientHeight: 600, clientWidth: 800 })) {
  Object.defineProperty(Element.prototype, name, { configurable: true, get: () => size });
}

let unanswered: string[] = [];

beforeAll(() =>
  server.listen({
    onUnhandledFrame: ({ frame, defaults }) => {
      unanswered.push(String((frame.data as { request?: Request }).request?.url ?? frame.protocol));
      defaults.error();
    },
  }),
);
beforeEach(() => {
  setWide(true);
  localStorage.clear();
  setCsrfCookie(null);
});
afterEach(() => {
  cleanup();
  server.resetHandlers();
  FakeEventSource.opened = [];
  FakeStream.opened = [];
  FakeStream.events = [];
  markReached();
  markLive(true);
  const missed = unanswered;
  unanswered = [];
  // An error that the app catches and shows would hide that a test forgot to answer something.
  if (missed.length > 0) throw new Error(`Nothing answers ${missed.join(", ")}`);
});
afterAll(() => server.close());
