import type { Area } from "@/features/lineage/canvas/camera";
import type { Tone } from "@/lib/status";
import { drawMark, MARKS } from "./marks";

/** A picture of a graph as a list of shapes, in colours as every viewer reads them. From it come both SVG and PNG. */
export type Shape =
  | {
      kind: "rect";
      x: number;
      y: number;
      width: number;
      height: number;
      radius: number;
      fill: string;
      stroke: string | null;
      thick?: number;
    }
  | {
      kind: "edge";
      x1: number;
      y1: number;
      x2: number;
      y2: number;
      stroke: string;
      thick: number;
      dotted: boolean;
    }
  | { kind: "text"; x: number; y: number; text: string; size: number; bold: boolean; fill: string }
  | { kind: "mark"; tone: Tone; x: number; y: number; size: number; colour: string; ground: string };

export interface Drawing {
  shapes: Shape[];
  bounds: Area;
  background: string;
}

const FONT = "ui-monospace, Menlo, Consolas, 'Liberation Mono', monospace";
const MARGIN = 32;
const DOTS = [2, 5];
const MOST_SIDE = 12_000;
const MOST_PIXELS = 48_000_000;
const SHARP = 2;

const framed = ({ left, top, right, bottom }: Area): Area => ({
  left: left - MARGIN,
  top: top - MARGIN,
  right: right + MARGIN,
  bottom: bottom + MARGIN,
});

const bendOf = (x1: number, x2: number) => Math.max(40, Math.abs(x2 - x1) / 2);

export function toSvg({ shapes, bounds, background }: Drawing): string {
  const { left, top, right, bottom } = framed(bounds);
  const [width, height] = [round(right - left), round(bottom - top)];
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${round(left)} ${round(top)} ${width} ${height}" font-family="${FONT}">`,
    `<rect x="${round(left)}" y="${round(top)}" width="${width}" height="${height}" fill="${background}"/>`,
    ...shapes.map(svgOf),
    "</svg>",
    "",
  ].join("\n");
}

const round = (value: number) => Number(value.toFixed(1));

function svgOf(shape: Shape): string {
  if (shape.kind === "rect") {
    const stroke = shape.stroke ? ` stroke="${shape.stroke}" stroke-width="${shape.thick ?? 1}"` : "";
    return `<rect x="${round(shape.x)}" y="${round(shape.y)}" width="${round(shape.width)}" height="${round(shape.height)}" rx="${shape.radius}" fill="${shape.fill}"${stroke}/>`;
  }
  if (shape.kind === "edge") {
    const { x1, y1, x2, y2 } = shape;
    const bend = bendOf(x1, x2);
    const dots = shape.dotted ? ` stroke-dasharray="${DOTS.join(" ")}" stroke-linecap="round"` : "";
    return `<path d="M${round(x1)} ${round(y1)}C${round(x1 + bend)} ${round(y1)} ${round(x2 - bend)} ${round(y2)} ${round(x2)} ${round(y2)}" fill="none" stroke="${shape.stroke}" stroke-width="${shape.thick}"${dots}/>`;
  }
  if (shape.kind === "text") {
    const weight = shape.bold ? ' font-weight="600"' : "";
    return `<text x="${round(shape.x)}" y="${round(shape.y)}" font-size="${shape.size}"${weight} fill="${shape.fill}" dominant-baseline="central">${escaped(shape.text)}</text>`;
  }
  const parts = MARKS[shape.tone].map((part) =>
    part.fill
      ? `<path d="${part.path}" fill="${shape.colour}"/>`
      : `<path d="${part.path}" fill="none" stroke="${part.cut ? shape.ground : shape.colour}" stroke-width="${part.width ?? 1.5}"/>`,
  );
  return `<g transform="translate(${round(shape.x)} ${round(shape.y)}) scale(${shape.size / 16})">${parts.join("")}</g>`;
}

const ENTITIES: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

// What XML cannot hold at all is left out: names come from others.
const escaped = (text: string) =>
  [...text]
    .filter((letter) => letter >= " " || letter === "\t")
    .map((letter) => ENTITIES[letter] ?? letter)
    .join("");

/** How many pixels a unit gets: sharp, unless the picture would be larger than browsers can make. */
export function scaleFor(width: number, height: number): number {
  return Math.min(SHARP, MOST_SIDE / width, MOST_SIDE / height, Math.sqrt(MOST_PIXELS / (width * height)));
}

export async function toPng(drawing: Drawing): Promise<Blob> {
  const { left, top, right, bottom } = framed(drawing.bounds);
  const scale = scaleFor(right - left, bottom - top);
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round((right - left) * scale));
  canvas.height = Math.max(1, Math.round((bottom - top) * scale));
  const context = canvas.getContext("2d");
  if (!context) throw new Error("This browser cannot draw on a canvas.");
  context.fillStyle = drawing.background;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.setTransform(scale, 0, 0, scale, -left * scale, -top * scale);
  for (const shape of drawing.shapes) drawShape(context, shape);
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("The picture is larger than this browser can make. SVG has no such limit.");
  return blob;
}

function drawShape(context: CanvasRenderingContext2D, shape: Shape): void {
  if (shape.kind === "mark") {
    drawMark(context, shape.tone, shape.x, shape.y, shape.size, shape.colour, shape.ground);
    return;
  }
  if (shape.kind === "text") {
    context.font = `${shape.bold ? "600 " : ""}${shape.size}px ${FONT}`;
    context.textBaseline = "middle";
    context.fillStyle = shape.fill;
    context.fillText(shape.text, shape.x, shape.y);
    return;
  }
  context.beginPath();
  if (shape.kind === "edge") {
    const bend = bendOf(shape.x1, shape.x2);
    context.moveTo(shape.x1, shape.y1);
    context.bezierCurveTo(shape.x1 + bend, shape.y1, shape.x2 - bend, shape.y2, shape.x2, shape.y2);
    context.strokeStyle = shape.stroke;
    context.lineWidth = shape.thick;
    context.setLineDash(shape.dotted ? DOTS : []);
    context.stroke();
    context.setLineDash([]);
    return;
  }
  context.roundRect(shape.x, shape.y, shape.width, shape.height, shape.radius);
  context.fillStyle = shape.fill;
  context.fill();
  if (!shape.stroke) return;
  context.strokeStyle = shape.stroke;
  context.lineWidth = shape.thick ?? 1;
  context.stroke();
}
