import type { Lineage } from "@/api/lineage-types";
import type { GraphView } from "@/features/lineage/address";
import { cut } from "@/features/lineage/canvas/painter";
import { type Palette, readPalette } from "@/features/lineage/canvas/palette";
import type { Drawing, Shape } from "@/features/lineage/export/drawing";
import { ExportMenu, fileName } from "@/features/lineage/export/export-menu";
import { groupOf } from "@/features/lineage/grouping";
import { lensOf } from "@/features/lineage/lens";
import { changeView } from "@/features/lineage/words";
import { plural, typeLabel } from "@/lib/format";
import { type Card, HEAD_HEIGHT, type Model, ROW_HEIGHT, rowMiddle } from "./model";

interface ExportGraphProps {
  workspace: string;
  graph: Lineage;
  model: Model;
  view: GraphView;
}

export function ExportGraph({ workspace, graph, model, view }: ExportGraphProps) {
  const focus = graph.nodes.find(({ unique_id }) => unique_id === graph.focus);
  const name = fileName(workspace, focus?.name ?? "lineage", view.column);
  return <ExportMenu name={name} draw={() => drawingOf(model, view, graph.focus, readPalette())} />;
}

interface End {
  left: number;
  right: number;
  middle: number;
}

export function drawingOf(model: Model, view: GraphView, focus: string, palette: Palette): Drawing {
  const boxes = [...model.cards, ...model.groups];
  const cards = new Map(model.cards.map((card) => [card.id, card]));
  const ends = new Map(
    boxes.map((box): [string, End] => [
      box.id,
      { left: box.x, right: box.x + box.width, middle: box.y + HEAD_HEIGHT / 2 },
    ]),
  );
  const shapes: Shape[] = [];
  const edge = (from: End | undefined, to: End | undefined, colour: string, dotted: boolean) => {
    if (from && to)
      shapes.push({
        kind: "edge",
        x1: from.right,
        y1: from.middle,
        x2: to.left,
        y2: to.middle,
        stroke: palette(colour),
        thick: 1.4,
        dotted,
      });
  };
  const end = (node: string, column: string): End | undefined => {
    const card = cards.get(node);
    const place = ends.get(node);
    return card && place ? { ...place, middle: card.y + rowMiddle(card, column) } : place;
  };
  for (const one of model.edges)
    edge(ends.get(one.from), ends.get(one.to), changeView(one.change)?.colour ?? "line-strong", false);
  for (const one of model.columnEdges)
    edge(
      end(one.from.node, one.from.column),
      end(one.to.node, one.to.column),
      changeView(one.change)?.colour ?? "muted",
      one.kind === "influence",
    );
  for (const card of model.cards) shapes.push(...cardShapes(card, model, view, focus, palette));
  for (const { name, members, ...box } of model.groups)
    shapes.push(
      { kind: "rect", ...box, radius: 6, fill: palette("surface"), stroke: palette("line-strong") },
      text(box.x + 14, box.y + 20, cut(name, 208, 12), 12, true, palette("ink")),
      text(box.x + 14, box.y + 40, plural(members.length, "node"), 11, false, palette("muted")),
    );
  return { shapes, bounds: boundsOf(boxes), background: palette("sunken") };
}

const text = (x: number, y: number, words: string, size: number, bold: boolean, fill: string): Shape => ({
  kind: "text",
  x,
  y,
  text: words,
  size,
  bold,
  fill,
});

function cardShapes(card: Card, model: Model, view: GraphView, focus: string, palette: Palette): Shape[] {
  const { x, y, width, height, node, rows } = card;
  const isFocus = card.id === focus;
  const lens = lensOf(view.lens, node);
  const band = view.group ? model.bands.get(groupOf(view.group, node)) : undefined;
  const details = [typeLabel(node.resource_type), node.materialization, node.schema_name].filter(Boolean);
  const stroke = palette(isFocus ? "accent" : "line-strong");
  const shapes: Shape[] = [
    {
      kind: "rect",
      x,
      y,
      width,
      height,
      radius: 6,
      fill: palette("canvas"),
      stroke,
      thick: isFocus ? 2 : 1,
    },
    text(x + 14, y + 20, cut(node.name, 190, 12), 12, true, palette("ink")),
    text(x + 14, y + 40, cut(details.join(" · "), 208, 11), 11, false, palette("muted")),
  ];
  if (band)
    shapes.push({ kind: "rect", x, y, width: 6, height, radius: 3, fill: palette(band), stroke: null });
  if (lens.tone)
    shapes.push({
      kind: "mark",
      tone: lens.tone,
      x: x + width - 24,
      y: y + 13,
      size: 13,
      colour: palette(lens.colour),
      ground: palette("canvas"),
    });
  else
    shapes.push({
      kind: "rect",
      x: x + width - 23,
      y: y + 14,
      width: 11,
      height: 11,
      radius: 3,
      fill: palette(lens.colour),
      stroke: null,
    });
  rows.forEach((row, index) => {
    const top = y + HEAD_HEIGHT + index * ROW_HEIGHT;
    const inFocus = isFocus && view.column === row.name;
    if (inFocus)
      shapes.push({
        kind: "rect",
        x: x + 1,
        y: top,
        width: width - 2,
        height: ROW_HEIGHT,
        radius: 2,
        fill: palette("accent-soft"),
        stroke: null,
      });
    const colour = palette(inFocus ? "accent" : row.traced ? "ink" : "muted");
    shapes.push(text(x + 14, top + ROW_HEIGHT / 2, cut(row.name, 208, 11), 11, inFocus, colour));
  });
  if (card.hidden > 0)
    shapes.push(
      text(
        x + 14,
        y + HEAD_HEIGHT + (rows.length + 0.5) * ROW_HEIGHT,
        `and ${plural(card.hidden, "more column")}`,
        11,
        false,
        palette("faint"),
      ),
    );
  return shapes;
}

function boundsOf(boxes: readonly { x: number; y: number; width: number; height: number }[]) {
  return {
    left: Math.min(...boxes.map(({ x }) => x)),
    top: Math.min(...boxes.map(({ y }) => y)),
    right: Math.max(...boxes.map(({ x, width }) => x + width)),
    bottom: Math.max(...boxes.map(({ y, height }) => y + height)),
  };
}
