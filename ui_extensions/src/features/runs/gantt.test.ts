import { describe, expect, it } from "vitest";
import { timeline } from "@/test/run-fixtures";
import {
  AXIS,
  type Bar,
  barAt,
  clock,
  LANE,
  lanesOf,
  moved,
  readView,
  thinned,
  ticksOf,
  wholeOf,
  writeView,
  zoomed,
} from "./gantt";

const WHOLE = { from: 0, to: 100 };
const bar = (start: number, end: number, changes: Partial<Bar> = {}): Bar => ({
  index: 0,
  lane: 0,
  start,
  end,
  tone: "ok",
  critical: false,
  ...changes,
});

describe("the picture of the time", () => {
  it("has a lane for each thread, and bars that still run reach to now", () => {
    const lanes = lanesOf(timeline({ ends: [2, 1, null], statuses: ["success", "success", "running"] }), 9);
    expect(lanes.map((bars) => bars.map((one) => one.index))).toEqual([[0, 2], [1]]);
    expect(lanes[0]?.[1]).toMatchObject({ start: 2, end: 9, tone: "running", critical: true });
    expect(wholeOf(lanes).to).toBeCloseTo(9.09);
    expect(wholeOf([])).toEqual({ from: 0, to: 1 });
  });

  it("zooms around a moment and never leaves the run", () => {
    expect(zoomed(WHOLE, WHOLE, 0.5, 50)).toEqual({ from: 25, to: 75 });
    expect(zoomed({ from: 0, to: 50 }, WHOLE, 10, 0)).toEqual(WHOLE);
    expect(moved({ from: 10, to: 20 }, WHOLE, -30)).toEqual({ from: 0, to: 10 });
    expect(moved({ from: 10, to: 20 }, WHOLE, 300)).toEqual({ from: 90, to: 100 });
  });

  it("keeps what is seen in the address", () => {
    expect(writeView(WHOLE, WHOLE)).toBeNull();
    expect(writeView({ from: 12.5, to: 30 }, WHOLE)).toBe("12.50-30.00");
    expect(readView("12.50-30.00", WHOLE)).toEqual({ from: 12.5, to: 30 });
    for (const odd of [null, "", "x-y", "30-12", "5"]) expect(readView(odd, WHOLE)).toBeNull();
  });

  it("finds the bar under the pointer, also a thin one", () => {
    const lanes = [[bar(0, 10), bar(50, 50, { index: 1 })], [bar(20, 30, { index: 2 })]];
    const at = (x: number, lane: number) => barAt(lanes, WHOLE, 1000, x, AXIS + lane * LANE + 3)?.index;
    expect([at(50, 0), at(501, 0), at(250, 1), at(700, 0), at(50, 5)]).toEqual([
      0,
      1,
      2,
      undefined,
      undefined,
    ]);
    expect(barAt(lanes, WHOLE, 1000, 50, 3)).toBeNull();
  });

  it("draws of ten thousand bars no more than there are pixels, and never hides a failure", () => {
    const many = Array.from({ length: 10_000 }, (_, index) =>
      bar(index / 100, (index + 1) / 100, { index, tone: index === 5003 ? "failed" : "ok" }),
    );
    const seen = thinned(many, WHOLE, 1000);
    expect(seen.length).toBeLessThanOrEqual(2000);
    expect(seen.some((one) => one.tone === "failed")).toBe(true);
    expect(thinned(many, { from: 0, to: 0.5 }, 1000)).toHaveLength(51);
  });

  it("has lines at round moments", () => {
    expect(ticksOf(WHOLE, 900)).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]);
    expect([clock(0), clock(65), clock(3725), clock(1.5)]).toEqual(["0:00", "1:05", "1:02:05", "0:01.50"]);
  });
});
