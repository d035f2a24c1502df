import { describe, expect, it } from "vitest";
import { lineage, lineageNode } from "@/test/fixtures";
import { neighbourOf, relativesOf } from "./relatives";

const id = (name: string) => `model.shop.${name}`;
const edge = (from: string, to: string) => ({ from: id(from), to: id(to) });

describe("relatives", () => {
  it("are all that feeds a node and all that it feeds, not its siblings", () => {
    const edges = [edge("a", "b"), edge("b", "c"), edge("a", "sibling"), edge("other", "c")];
    expect(relativesOf(edges, id("b"))).toEqual(new Set([id("a"), id("b"), id("c")]));
  });

  it("do not hang on a cycle", () => {
    expect(relativesOf([edge("a", "b"), edge("b", "a")], id("a")).size).toBe(2);
  });
});

describe("arrow keys", () => {
  const graph = lineage({
    nodes: [
      lineageNode("a", { layer: 0, order: 0, y: 0 }),
      lineageNode("b", { layer: 0, order: 1, y: 100 }),
      lineageNode("c", { layer: 1, order: 0, y: 90 }),
    ],
    edges: [edge("a", "c"), edge("b", "c")],
  });
  it.each([
    ["c", "left", "b"],
    ["a", "right", "c"],
    ["a", "down", "b"],
    ["b", "up", "a"],
  ] as const)("from %s %s to %s", (from, direction, to) => {
    expect(neighbourOf(graph, id(from), direction)?.name).toBe(to);
  });

  it("stay where there is nothing to go to", () => expect(neighbourOf(graph, id("c"), "right")).toBeNull());
});
