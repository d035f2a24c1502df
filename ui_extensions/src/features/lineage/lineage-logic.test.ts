import { describe, expect, it } from "vitest";
import { columnEdge, lineage, lineageNode, nodeEdge, shownColumn } from "@/test/lineage-fixtures";
import { edgeFrom, edgeKey, isEdge, nodeEdgeKey, queryOf, toggled, viewOf } from "./address";
import { type Drawing, scaleFor, toSvg } from "./export/drawing";
import { fileName } from "./export/export-menu";
import { drawingOf } from "./graph/export-graph";
import { modelOf, rowMiddle, rowsOf } from "./graph/model";
import { closedGroups, fold, groupOf, settle } from "./grouping";
import { lensOf, lensView } from "./lens";
import { csvUrl, nodePath } from "./lists/names";
import { noSourceWords } from "./panel/column-panel";
import { asEdited, rangeOf } from "./panel/span";
import { confidenceWords, transformWords } from "./words";

const id = (name: string) => `model.shop.${name}`;
const view = (search: string) => viewOf(new URLSearchParams(search));

describe("the address", () => {
  it("asks only for what is set", () => {
    expect(queryOf(view(""))).toEqual({ up: 1, down: 1 });
    expect(
      queryOf(view("column=a%2Fb&influence=1&columns=x&columns=y&all_columns=z&lens=evolution&since=4")),
    ).toEqual({
      up: 1,
      down: 1,
      column: "a/b",
      influence: true,
      columns: ["x", "y"],
      all_columns: ["z"],
      since: 4,
    });
  });

  it("makes nothing of nonsense", () => {
    expect(view("up=-1&down=99&lens=x&group=y&since=4")).toMatchObject({
      up: 1,
      down: 1,
      lens: "status",
      group: null,
      since: null,
    });
    expect(view("lens=evolution&since=abc").since).toBeNull();
  });

  it("keeps an edge, whatever its columns are called", () => {
    const edge = columnEdge("raw.a", "stg.b", { kind: "influence", transform: "filter" });
    edge.from.column = 'odd " name, [1]';
    const ends = edgeFrom(edgeKey(edge));
    expect(ends && isEdge(ends, edge)).toBe(true);
    expect(ends && isEdge(ends, { ...edge, transform: "join" })).toBe(false);
    expect(edgeFrom(nodeEdgeKey("a", "b"))).toMatchObject({ from: "a", to: "b", fromColumn: null });
  });

  it.each([null, "", "{", "[1,2]", '["a"]', '"a"', '["a","b","c"]'])("takes %s for no edge", (text) =>
    expect(edgeFrom(text)).toBeNull(),
  );

  it("toggles", () => expect(toggled(toggled(["a"], "b"), "a")).toEqual(["b"]));
});

describe("what is drawn", () => {
  const graph = lineage({
    nodes: [
      lineageNode("stg", {
        columns: [shownColumn("b", { traced: false }), shownColumn("a")],
        columns_total: 5,
      }),
      lineageNode("orders", {
        x: 320,
        columns: [shownColumn("total")],
        columns_total: 1,
        schema_name: "reporting",
      }),
      lineageNode("other", { x: 320, y: 20 }),
    ],
    edges: [nodeEdge("stg", "orders"), nodeEdge("stg", "other")],
    column_edges: [
      columnEdge("stg.a", "orders.total"),
      columnEdge("stg.b", "orders.*", { kind: "influence", transform: "filter" }),
    ],
  });
  const plain = { group: null, fold: [], influence: false };

  it("leaves influences out until they are asked for", () => {
    expect(modelOf(graph, plain).columnEdges).toHaveLength(1);
    expect(modelOf(graph, { ...plain, influence: true }).columnEdges).toHaveLength(2);
  });

  it("says once what both columns and nodes could say", () => {
    expect(modelOf(graph, plain).edges.map(({ to }) => to)).toEqual([id("other")]);
  });

  it("puts traced columns first and counts what is hidden", () => {
    const card = modelOf(graph, plain).cards[0];
    expect(card?.rows.map(({ name }) => name)).toEqual(["a", "b"]);
    expect(card?.hidden).toBe(3);
    expect(card && rowMiddle(card, "b") - rowMiddle(card, "a")).toBe(22);
    expect(card && rowMiddle(card, "not shown")).toBe(29);
    expect(rowsOf(lineageNode("none"))).toEqual([]);
  });

  it("pushes cards apart that would cover each other", () => {
    const cards = modelOf(graph, plain).cards;
    const [orders, other] = [cards[1], cards[2]];
    expect(other && orders && other.y >= orders.y + orders.height).toBe(true);
  });

  it("closes groups into one card, with the edges of its nodes", () => {
    const model = modelOf(graph, { ...plain, group: "schema", fold: ["marts"] });
    expect(model.groups.map(({ name, members }) => [name, members.length])).toEqual([["marts", 2]]);
    expect(model.edges).toEqual([{ from: "group:marts", to: id("orders"), count: 1, change: null }]);
    expect(model.columnEdges).toEqual([]);
  });

  it("becomes a picture with dotted influences", () => {
    const shown = { ...viewOf(new URLSearchParams("influence=1")) };
    const model = modelOf(graph, shown);
    const svg = toSvg(drawingOf(model, shown, id("orders"), (token) => `rgb(${token.length}, 0, 0)`));
    expect(svg.match(/stroke-dasharray/g)).toHaveLength(1);
    expect(svg).toContain(">total</text>");
    expect(new DOMParser().parseFromString(svg, "image/svg+xml").querySelector("parsererror")).toBeNull();
  });
});

describe("groups", () => {
  it("are closed at first where there are many nodes", () => {
    expect(closedGroups(["a", "b"], 10, ["b"])).toEqual(new Set(["b"]));
    expect(closedGroups(["a", "b"], 201, ["b"])).toEqual(new Set(["a"]));
  });

  it("say what a node without any is in", () => {
    expect(groupOf("tag", lineageNode("a"))).toBe("no tag");
    expect(groupOf("tag", lineageNode("a", { tags: ["daily", "x"] }))).toBe("daily");
    expect(groupOf("schema", lineageNode("a", { schema_name: null }))).toBe("no schema");
  });

  it("stay as they are while none is closed", () => {
    const boxes = [{ id: "a", x: 0, y: 5, width: 10, height: 10 }];
    expect(fold(boxes, [], () => "g", new Set(), { width: 1, height: 1 }).nodes).toEqual(boxes);
    expect(settle(boxes)).toEqual(boxes);
  });
});

describe("words", () => {
  it("never say unknown as none", () => {
    expect(noSourceWords("none")).toBe("Computed from no column, such as a constant.");
    expect(noSourceWords("unknown")).toBe("Not known.");
    expect(noSourceWords("partial")).toBe("Not known.");
    expect(lensView("lineage", "not_traced")).toMatchObject({ label: "Not read yet", tone: "unknown" });
    expect(lensOf("tests", lineageNode("a"))).toMatchObject({
      label: "No tests",
      tone: null,
    });
    const never = lineageNode("a", { tests: { total: 2, failed: 0, warned: 0, passed: 1 } });
    expect(lensOf("tests", never)).toMatchObject({ tone: "unknown" });
  });

  it("tell what never ran from what dbt does not run", () => {
    expect(lensOf("status", lineageNode("a", { last_status: null }))).toMatchObject({ tone: "unknown" });
    const board = lineageNode("a", { last_status: null, resource_type: "exposure" });
    expect(lensOf("status", board)).toMatchObject({ label: "Not run by dbt itself", tone: null });
  });

  it("pass on what the app does not know", () => {
    expect(transformWords("conjured")).toBe("conjured");
    expect(lensView("materialization", "dynamic_table").label).toBe("dynamic_table");
  });

  it("say how sure an edge is", () => {
    expect(confidenceWords(1)).toMatch(/^certain/);
    expect(confidenceWords(0.8)).toMatch(/^likely/);
    expect(confidenceWords(0.6)).toMatch(/^possible/);
  });
});

describe("the place of an edge in the SQL", () => {
  const marked = (code: string, span: number[] | null) => {
    const range = rangeOf(code, span);
    return range && asEdited(code).slice(range.from, range.to);
  };
  it("counts letters as the server does", () => {
    expect(marked("select '🙂', a + b from t", [12, 17])).toBe("a + b");
    expect(marked("select 1,\r\n  a + b\r\nfrom t", [13, 18])).toBe("a + b");
    expect(marked("select a", [7, 8])).toBe("a");
  });
  it.each([[null], [[3]], [[5, 2]], [[0, 99]], [[-1, 2]]])("is nowhere for %s", (span) =>
    expect(marked("select a", span)).toBeNull(),
  );
});

describe("files", () => {
  it("hold the whole list with the filters that are seen", () => {
    const url = csvUrl("my shop", { environment: "prod", snapshot: "4" }, nodePath("model.a/b", "/impact"), {
      kind: "tests",
      q: "a&b",
      column: null,
    });
    expect(url).toBe(
      "/api/workspaces/my%20shop/models/model.a%2Fb/impact?kind=tests&q=a%26b&environment=prod&snapshot=4&format=csv",
    );
  });

  it("have names that every system takes", () => {
    expect(fileName("shop", 'a/b:"c"', null)).toBe("shop-a-b-c-");
  });

  it("hold names of others as text", () => {
    const drawing: Drawing = {
      background: "rgb(1, 2, 3)",
      bounds: { left: 0, top: 0, right: 10, bottom: 10 },
      shapes: [
        { kind: "text", x: 0, y: 0, text: '<script>&"\u0001', size: 10, bold: false, fill: "rgb(0, 0, 0)" },
      ],
    };
    const svg = toSvg(drawing);
    expect(svg).toContain("&lt;script&gt;&amp;&quot;</text>");
    expect(svg).not.toContain("<script>");
  });

  it("are no larger than browsers can make", () => {
    expect(scaleFor(800, 600)).toBe(2);
    expect(scaleFor(30_000, 3000) * 30_000).toBeLessThanOrEqual(12_000);
    expect(scaleFor(11_000, 11_000) ** 2 * 11_000 ** 2).toBeLessThanOrEqual(48_000_001);
  });
});
