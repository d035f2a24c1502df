import { type PointerEvent, useEffect, useRef } from "react";
import { areaOf } from "./camera";
import type { Engine } from "./engine";
import type { Palette } from "./palette";
import type { Scene } from "./scene";

const WIDTH = 176;
const HEIGHT = 116;
const FADE = 0.75;

interface MinimapProps {
  engine: Engine;
  scene: Scene;
  palette: Palette;
  onMoved: (moved: () => void) => () => void;
}

/** Everything at a glance, and the part that is in sight. Dragging on it moves the view; keys do so on the graph itself. */
export function Minimap({ engine, scene, palette, onMoved }: MinimapProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const { bounds } = scene;
  const scale = Math.min(WIDTH / (bounds.right - bounds.left), HEIGHT / (bounds.bottom - bounds.top));

  useEffect(() => {
    let frame = 0;
    const draw = () => {
      frame = 0;
      const context = canvas.current?.getContext("2d");
      if (context) paintMap(context, engine, scene, palette, scale);
    };
    const later = () => {
      if (frame === 0) frame = requestAnimationFrame(draw);
    };
    later();
    const stop = onMoved(later);
    // The picture of everything comes after some frames.
    const settled = setInterval(later, 500);
    return () => {
      stop();
      clearInterval(settled);
      cancelAnimationFrame(frame);
    };
  }, [engine, scene, palette, scale, onMoved]);

  const go = (event: PointerEvent<HTMLCanvasElement>) => {
    if (event.buttons !== 1) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    const box = event.currentTarget.getBoundingClientRect();
    engine.centre(
      (bounds.left + bounds.right) / 2 + (event.clientX - box.left - WIDTH / 2) / scale,
      (bounds.top + bounds.bottom) / 2 + (event.clientY - box.top - HEIGHT / 2) / scale,
    );
  };
  return (
    <canvas
      ref={canvas}
      width={WIDTH * 2}
      height={HEIGHT * 2}
      aria-hidden
      onPointerDown={go}
      onPointerMove={go}
      className="h-[116px] w-[176px] cursor-crosshair touch-none rounded-md border border-line-strong bg-canvas max-md:hidden"
    />
  );
}

function paintMap(
  context: CanvasRenderingContext2D,
  engine: Engine,
  scene: Scene,
  palette: Palette,
  scale: number,
): void {
  const { bounds } = scene;
  context.setTransform(2, 0, 0, 2, 0, 0);
  context.fillStyle = palette("sunken");
  context.fillRect(0, 0, WIDTH, HEIGHT);
  const left = WIDTH / 2 - ((bounds.right - bounds.left) * scale) / 2;
  const top = HEIGHT / 2 - ((bounds.bottom - bounds.top) * scale) / 2;
  const picture = engine.map?.context.canvas;
  if (picture) {
    const [width, height] = [(bounds.right - bounds.left) * scale, (bounds.bottom - bounds.top) * scale];
    context.globalAlpha = FADE;
    context.drawImage(picture, left, top, width, height);
    context.globalAlpha = 1;
  }
  const area = areaOf(engine.view, engine.shown);
  context.strokeStyle = palette("accent");
  context.lineWidth = 1.5;
  const x = Math.max(1, left + (area.left - bounds.left) * scale);
  const y = Math.max(1, top + (area.top - bounds.top) * scale);
  const right = Math.min(WIDTH - 1, left + (area.right - bounds.left) * scale);
  const bottom = Math.min(HEIGHT - 1, top + (area.bottom - bounds.top) * scale);
  context.strokeRect(x, y, Math.max(3, right - x), Math.max(3, bottom - y));
}
