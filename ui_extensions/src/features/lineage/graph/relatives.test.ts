import { describe, expect, it } from "vitest";
import { columnEdge, lineage, lineageNode, nodeEdge } from "@/test/lineage-fixtures";
import { columnKey, columnRelatives, isLitEdge, neighbourOf, relativesOf } from "./relatives";

const id = (name: string) => `model.shop.${name}`;
const edge = nodeEdge;

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

describe("a column", () => {
  const edges = [
    columnEdge("raw.amount", "stg.amount"),
    columnEdge("stg.amount", "orders.total"),
    columnEdge("raw.id", "stg.id"),
    columnEdge("raw.deleted", "stg.*", { kind: "influence", transform: "filter" }),
  ];

  it("lights what it comes from and goes into, and nothing beside it", () => {
    const lit = columnRelatives(edges, id("stg"), "amount");
    expect(lit.nodes).toEqual(new Set([id("raw"), id("stg"), id("orders")]));
    expect(edges.map((one) => isLitEdge(lit, one))).toEqual([true, true, false, true]);
    expect(lit.columns?.has(columnKey(id("raw"), "id"))).toBe(false);
  });
});
