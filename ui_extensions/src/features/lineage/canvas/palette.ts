import { useEffect, useState } from "react";
import { BANDS, bandOf } from "@/features/lineage/lens";

const NAMES = [
  "canvas",
  "surface",
  "sunken",
  "line",
  "line-strong",
  "ink",
  "muted",
  "faint",
  "accent",
  "accent-soft",
  "ok",
  "running",
  "warning",
  "failed",
  "unknown",
  "type-model",
  "type-source",
  "type-seed",
  "type-snapshot",
  "type-test",
  "type-exposure",
  "type-metric",
  "type-other",
  ...Array.from({ length: BANDS }, (_, index) => bandOf(index)),
];

/** The tokens of the theme as every drawing surface and every viewer of files understands them: "rgb(1, 2, 3)". */
export type Palette = (token: string) => string;

const BLACK = "rgb(0, 0, 0)";

export function readPalette(): Palette {
  const style = getComputedStyle(document.documentElement);
  const context = makePixel();
  const colours = new Map(NAMES.map((name) => [name, plain(context, style.getPropertyValue(`--${name}`))]));
  return (token) => colours.get(token) ?? colours.get("line-strong") ?? BLACK;
}

function makePixel(): CanvasRenderingContext2D | null {
  const canvas = document.createElement("canvas");
  canvas.width = 1;
  canvas.height = 1;
  return canvas.getContext("2d", { willReadFrequently: true });
}

/** Whatever a style sheet says, as red, green and blue: what an eye sees, not how it was written. */
function plain(context: CanvasRenderingContext2D | null, value: string): string {
  if (!context || value.trim() === "") return BLACK;
  context.fillStyle = value.trim();
  context.fillRect(0, 0, 1, 1);
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data;
  return `rgb(${red}, ${green}, ${blue})`;
}

/** The palette of the theme that is seen now. */
export function usePalette(): Palette {
  const [palette, setPalette] = useState<Palette>(() => readPalette());
  useEffect(() => {
    const observer = new MutationObserver(() => setPalette(() => readPalette()));
    observer.observe(document.documentElement, { attributes: true, attributeFilter: ["data-theme"] });
    return () => observer.disconnect();
  }, []);
  return palette;
}
