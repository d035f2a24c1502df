import type { Tone } from "@/lib/status";

/** The shapes of the states (components/ui/status.tsx) as lines and surfaces of a box of 16 by 16. */
export interface MarkPart {
  path: string;
  /** Filled with the colour of the state; a line is drawn with it, or with the ground where `cut` says so. */
  fill: boolean;
  cut?: boolean;
  width?: number;
}

export const MARKS: Record<Tone, MarkPart[]> = {
  ok: [
    { path: "M8 1a7 7 0 1 1 0 14a7 7 0 1 1 0-14z", fill: true },
    { path: "M4.8 8.2l2.2 2.2l4.2-4.6", fill: false, cut: true, width: 1.8 },
  ],
  running: [
    { path: "M8 1.9a6.1 6.1 0 0 1 6.1 6.1", fill: false, width: 1.8 },
    { path: "M6.4 5.2v5.6L11 8z", fill: true },
  ],
  warning: [
    { path: "M8 1.2L15.4 14.4H.6z", fill: true },
    { path: "M8 6v4M8 11.4v1.5", fill: false, cut: true, width: 1.7 },
  ],
  failed: [
    { path: "M5 1h6l4 4v6l-4 4H5l-4-4V5z", fill: true },
    { path: "M5.4 5.4l5.2 5.2M10.6 5.4l-5.2 5.2", fill: false, cut: true, width: 1.7 },
  ],
  unknown: [
    { path: "M1.4 1.4h13.2v13.2H1.4z", fill: false, width: 1.4 },
    { path: "M2 9L9 2M2 14L14 2M7 14l7-7", fill: false, width: 1.2 },
  ],
};

const paths = new Map<string, Path2D>();

function pathOf(text: string): Path2D {
  const known = paths.get(text);
  if (known) return known;
  const made = new Path2D(text);
  paths.set(text, made);
  return made;
}

/** A state's shape on a canvas. */
export function drawMark(
  context: CanvasRenderingContext2D,
  tone: Tone,
  x: number,
  y: number,
  size: number,
  colour: string,
  ground: string,
): void {
  context.save();
  context.translate(x, y);
  context.scale(size / 16, size / 16);
  for (const part of MARKS[tone]) {
    if (part.fill) {
      context.fillStyle = colour;
      context.fill(pathOf(part.path));
    } else {
      context.strokeStyle = part.cut ? ground : colour;
      context.lineWidth = part.width ?? 1.5;
      context.stroke(pathOf(part.path));
    }
  }
  context.restore();
}
