import { describe, expect, it } from "vitest";
import { wholeGraph } from "@/test/lineage-fixtures";
import { areaOf, fitted, kept, toScreen, toWorld, viewFrom, viewText, zoomedAt } from "./camera";
import { colouring } from "./look";
import { cut } from "./painter";
import { CARD, makeScene, neighboursOf, relativesIn, stepFrom } from "./scene";

const SIZE = { width: 800, height: 600 };
const NONE = new Set<string>();
const scene = makeScene(wholeGraph(), null, NONE);
const names = (places: Iterable<number>) => [...places].map((place) => scene.names[place]).sort();

describe("the camera", () => {
  it("keeps the point under the pointer where it is", () => {
    const before = { x: 100, y: 50, zoom: 0.5 };
    const after = zoomedAt(before, SIZE, 1.4, { x: 123, y: 456 }, 0.01);
    const point = toWorld(before, SIZE, 123, 456);
    expect(toScreen(after, SIZE, point.x, point.y).x).toBeCloseTo(123);
    expect(toScreen(after, SIZE, point.x, point.y).y).toBeCloseTo(456);
    expect(after.zoom).toBeCloseTo(0.7);
  });

  it("zooms no farther than its bounds", () => {
    const camera = { x: 0, y: 0, zoom: 0.5 };
    expect(zoomedAt(camera, SIZE, 100, { x: 0, y: 0 }, 0.1).zoom).toBe(1.6);
    expect(zoomedAt(camera, SIZE, 0.0001, { x: 0, y: 0 }, 0.1).zoom).toBe(0.1);
  });

  it("shows everything, and never lets it out of sight", () => {
    const area = areaOf(fitted(scene.bounds, SIZE), SIZE);
    expect(area.left).toBeLessThan(scene.bounds.left);
    expect(area.bottom).toBeGreaterThan(scene.bounds.bottom);
    expect(kept({ x: 1e9, y: -1e9, zoom: 1 }, scene.bounds)).toMatchObject({
      x: scene.bounds.right,
      y: scene.bounds.top,
    });
  });

  it.each(["", "1,2", "a,b,c", "1,2,0", "1,2,-1", null])("takes %s for no view", (text) =>
    expect(viewFrom(text)).toBeNull(),
  );

  it("comes back from the address", () => {
    expect(viewFrom(viewText({ x: 12.4, y: -7.2, zoom: 0.123456 }))).toEqual({ x: 12, y: -7, zoom: 0.1235 });
  });
});

describe("a scene", () => {
  it("knows neighbours and relatives, not siblings", () => {
    expect(names(neighboursOf(scene.children, 0))).toEqual(["b", "d"]);
    const lit = relativesIn(scene, 1);
    expect([...lit]).toEqual([1, 1, 1, 0]);
  });

  it("finds what an area touches, and what is under the pointer", () => {
    expect(names(scene.grid.within({ left: 300, top: 0, right: 400, bottom: 40 }))).toEqual(["b"]);
    expect(names(scene.grid.within({ left: 230, top: 0, right: 330, bottom: 100 }))).toEqual(["a", "b", "d"]);
    expect(scene.grid.at(330, 100, 0)).toBe(3);
    expect(scene.grid.at(310, 20, 0)).toBeNull();
    expect(scene.grid.at(310, 20, 15)).toBe(1);
  });

  it("finds the same in a large graph as looking at every card would", () => {
    const count = 3000;
    const place = (seed: number) => Array.from({ length: count }, (_, node) => (node * seed) % 9973);
    const nodes = wholeGraph().nodes;
    const many = Array.from({ length: count }, () => 0);
    const large = makeScene(
      wholeGraph({
        nodes: {
          ...nodes,
          id: many.map((_, node) => `n${node}`),
          name: many.map((_, node) => `n${node}`),
          x: place(131),
          y: place(977),
        },
        edges: [],
      }),
      null,
      NONE,
    );
    const area = { left: 2000, top: 3000, right: 3500, bottom: 3900 };
    const looked = Array.from({ length: count }, (_, node) => node).filter((node) => {
      const [x, y] = [large.x[node] ?? 0, large.y[node] ?? 0];
      return (
        x <= area.right && x + CARD.width >= area.left && y <= area.bottom && y + CARD.height >= area.top
      );
    });
    expect(large.grid.within(area).sort((left, right) => left - right)).toEqual(looked);
    expect(looked.length).toBeGreaterThan(10);
  });

  it.each([
    ["b", "left", "a"],
    ["b", "right", "c"],
    ["b", "down", "d"],
    ["d", "up", "b"],
    ["c", "right", null],
    ["a", "up", null],
  ] as const)("steps from %s %s to %s", (from, step, to) => {
    const found = stepFrom(scene, scene.names.indexOf(from), step);
    expect(found === null ? null : scene.names[found]).toBe(to);
  });

  it("of nothing is nothing", () => {
    const nodes = wholeGraph().nodes;
    const empty = makeScene(
      wholeGraph({ nodes: { ...nodes, id: [], name: [], x: [], y: [] }, edges: [] }),
      null,
      NONE,
    );
    expect(empty.grid.at(0, 0, 100)).toBeNull();
    expect(empty.count).toBe(0);
  });
});

describe("closed groups", () => {
  const folded = makeScene(wholeGraph(), "schema", new Set(["marts"]));

  it("stand for their nodes, and edges between them are one", () => {
    expect([...folded.names].sort()).toEqual(["a", "d", "marts"]);
    const group = folded.names.indexOf("marts");
    expect(folded.members[group]).toBe(2);
    expect(folded.source[group]).toBe(-1);
    expect(names2(neighboursOf(folded.parents, group))).toEqual(["a"]);
  });

  const names2 = (places: Iterable<number>) => [...places].map((place) => folded.names[place]);

  it("do not cover other cards", () => {
    for (let one = 0; one < folded.count; one += 1)
      for (let other = 0; other < one; other += 1) {
        const apart =
          Math.abs((folded.x[one] ?? 0) - (folded.x[other] ?? 0)) >= CARD.width ||
          Math.abs((folded.y[one] ?? 0) - (folded.y[other] ?? 0)) >= CARD.height;
        expect(apart).toBe(true);
      }
  });
});

describe("colours", () => {
  it("tell what is not known from what is none", () => {
    const { views, legend } = colouring(wholeGraph(), scene, "lineage", null);
    expect(views.map(({ label }) => label)).toEqual([
      "Lineage begins here",
      "Complete",
      "Not known",
      "Not read yet",
    ]);
    expect(views[3]?.tone).toBe("unknown");
    expect(legend.reduce((sum, { count }) => sum + count, 0)).toBe(4);
  });

  it("are those of groups where no lens is chosen", () => {
    const grouped = makeScene(wholeGraph(), "schema", NONE);
    const { colours, groups, legend } = colouring(wholeGraph(), grouped, null, "schema");
    expect(colours[0]).toBe(colours[3]);
    expect(colours[0]).not.toBe(colours[1]);
    expect(legend).toEqual([]);
    expect(groups.map(({ label, count }) => [label, count])).toEqual([
      ["raw", 2],
      ["marts", 2],
    ]);
  });
});

it("names are cut to the room there is", () => {
  expect(cut("short", 200, 12)).toBe("short");
  expect(cut("a_very_long_name_of_a_model", 80, 12)).toBe("a_very_lon…");
  expect(cut("anything", 3, 12)).toBe("");
});
