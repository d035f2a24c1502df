import type { Drawing, Shape } from "@/features/lineage/export/drawing";
import { ExportMenu, fileName } from "@/features/lineage/export/export-menu";
import type { Colouring } from "./look";
import { cut } from "./painter";
import type { Palette } from "./palette";
import { CARD, type Scene } from "./scene";

interface ExportWholeProps {
  workspace: string;
  scene: Scene;
  colouring: Colouring;
  palette: Palette;
}

export function ExportWhole({ workspace, scene, colouring, palette }: ExportWholeProps) {
  return (
    <ExportMenu name={fileName(workspace, "lineage")} draw={() => drawingOf(scene, colouring, palette)} />
  );
}

export function drawingOf(scene: Scene, colouring: Colouring, palette: Palette): Drawing {
  const shapes: Shape[] = [];
  for (let at = 0; at < scene.edges.length; at += 2) {
    const [from, to] = [scene.edges[at] ?? 0, scene.edges[at + 1] ?? 0];
    shapes.push({
      kind: "edge",
      x1: (scene.x[from] ?? 0) + CARD.width,
      y1: (scene.y[from] ?? 0) + CARD.height / 2,
      x2: scene.x[to] ?? 0,
      y2: (scene.y[to] ?? 0) + CARD.height / 2,
      stroke: palette("line-strong"),
      thick: 1.2,
      dotted: false,
    });
  }
  for (let node = 0; node < scene.count; node += 1) shapes.push(...cardOf(scene, colouring, palette, node));
  return { shapes, bounds: scene.bounds, background: palette("sunken") };
}

function cardOf(scene: Scene, colouring: Colouring, palette: Palette, node: number): Shape[] {
  const [x, y] = [scene.x[node] ?? 0, scene.y[node] ?? 0];
  const colour = palette(colouring.colours[node] ?? "");
  const tone = colouring.tones[node] ?? null;
  const shapes: Shape[] = [
    { kind: "rect", x, y, ...CARD, radius: 6, fill: palette("canvas"), stroke: palette("line-strong") },
    { kind: "rect", x, y: y + 3, width: 5, height: CARD.height - 6, radius: 1, fill: colour, stroke: null },
    {
      kind: "text",
      x: x + 14,
      y: y + 20,
      text: cut(scene.names[node] ?? "", CARD.width - 48, 12.5),
      size: 12.5,
      bold: true,
      fill: palette("ink"),
    },
    {
      kind: "text",
      x: x + 14,
      y: y + 41,
      text: cut(colouring.details(node), CARD.width - 26, 11),
      size: 11,
      bold: false,
      fill: palette("muted"),
    },
  ];
  if (tone !== null) {
    shapes.push({
      kind: "mark",
      tone,
      x: x + CARD.width - 23,
      y: y + 10,
      size: 14,
      colour,
      ground: palette("canvas"),
    });
  }
  return shapes;
}
