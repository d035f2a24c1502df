import { afterEach, describe, expect, it, vi } from "vitest";
import { inTurn } from "@/api/refresh-turn";

const MARK = "workbench.refreshing";
const mark = () => localStorage.getItem(MARK);
const wait = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** What a page leaves behind that goes away in mid-refresh: its mark, which nobody takes away. */
async function leftMark(version: string): Promise<void> {
  void inTurn(
    () => version,
    () => new Promise<never>(() => {}),
  );
  await vi.waitFor(() => expect(mark()).not.toBeNull());
}

afterEach(() => vi.unstubAllGlobals());

describe("a turn", () => {
  it("leaves no mark, and never the token's own words in it", async () => {
    const seen = await inTurn(
      () => "secret-csrf",
      async () => mark(),
    );
    expect(seen).not.toBeNull();
    expect(seen).not.toContain("secret-csrf");
    expect(mark()).toBeNull();
  });

  it("waits for the refresh of a page that went away, until the cookie has changed", async () => {
    await leftMark("csrf-1");
    let cookie = "csrf-1";
    const order: string[] = [];
    const turn = inTurn(
      () => cookie,
      async () => void order.push(`with ${cookie}`),
    );
    await wait(150);
    expect(order).toEqual([]);
    cookie = "csrf-2";
    await turn;
    expect(order).toEqual(["with csrf-2"]);
  });

  it("does not wait for one that has ended already", async () => {
    await leftMark("csrf-1");
    const began = Date.now();
    await inTurn(
      () => "csrf-2",
      async () => {},
    );
    expect(Date.now() - began).toBeLessThan(500);
  });

  it("waits two seconds at most", async () => {
    await leftMark("csrf-1");
    const began = Date.now();
    await inTurn(
      () => "csrf-1",
      async () => {},
    );
    expect(Date.now() - began).toBeLessThan(3_000);
    expect(Date.now() - began).toBeGreaterThan(1_000);
  });

  it("is one at a time where there are no locks", async () => {
    let running = 0;
    let most = 0;
    const job = async () => {
      running += 1;
      most = Math.max(most, running);
      await wait(60);
      running -= 1;
    };
    await Promise.all([1, 2, 3].map(() => inTurn(() => "csrf-1", job)));
    expect(most).toBe(1);
  });

  it("uses the browser's locks where there are any", async () => {
    const request = vi.fn((_name: string, job: () => Promise<unknown>) => job());
    vi.stubGlobal("navigator", { locks: { request } });
    expect(
      await inTurn(
        () => "csrf-1",
        async () => "done",
      ),
    ).toBe("done");
    expect(request.mock.calls[0]?.[0]).toBe("workbench.refresh");
  });
});
