import { type RefObject, useEffect } from "react";
import { useLatest } from "@/lib/hooks";
import type { Engine } from "./engine";

const CLICK_PIXELS = 4;
const WHEEL_STRENGTH = 0.0016;
/** Pinching on a touchpad comes as a wheel with Ctrl, in smaller steps. */
const PINCH_STRENGTH = 0.01;
const MOST_AT_ONCE = 240;

interface Handlers {
  onHover: (node: number | null) => void;
  onClick: (node: number | null) => void;
}

interface Point {
  x: number;
  y: number;
}

/** Pointers, pinches and the wheel. */
export function useGestures(
  canvas: RefObject<HTMLCanvasElement | null>,
  engine: Engine | null,
  handlers: Handlers,
): void {
  const latest = useLatest(handlers);
  useEffect(() => {
    const target = canvas.current;
    if (!target || !engine) return;
    const down = new Map<number, Point>();
    let travelled = 0;
    const at = (event: MouseEvent): Point => {
      const box = target.getBoundingClientRect();
      return { x: event.clientX - box.left, y: event.clientY - box.top };
    };
    const onDown = (event: PointerEvent) => {
      if (event.button !== 0) return;
      target.setPointerCapture(event.pointerId);
      down.set(event.pointerId, at(event));
      travelled = down.size > 1 ? CLICK_PIXELS + 1 : 0;
    };
    const onMove = (event: PointerEvent) => {
      const here = at(event);
      const before = down.get(event.pointerId);
      if (!before) {
        latest.current.onHover(engine.nodeAt(here.x, here.y));
        return;
      }
      travelled += Math.hypot(here.x - before.x, here.y - before.y);
      const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
      down.set(event.pointerId, here);
      if (other) pinch(engine, other, before, here);
      else if (travelled > CLICK_PIXELS) engine.pan(here.x - before.x, here.y - before.y);
    };
    const onUp = (event: PointerEvent) => {
      if (!down.delete(event.pointerId) || travelled > CLICK_PIXELS) return;
      const here = at(event);
      latest.current.onClick(engine.nodeAt(here.x, here.y));
    };
    const onLeave = () => latest.current.onHover(null);
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      const turned = Math.max(-MOST_AT_ONCE, Math.min(MOST_AT_ONCE, event.deltaY * lines));
      engine.zoom(Math.exp(-turned * (event.ctrlKey ? PINCH_STRENGTH : WHEEL_STRENGTH)), at(event));
    };
    const cancel = (event: PointerEvent) => void down.delete(event.pointerId);
    target.addEventListener("pointerdown", onDown);
    target.addEventListener("pointermove", onMove);
    target.addEventListener("pointerup", onUp);
    target.addEventListener("pointercancel", cancel);
    target.addEventListener("pointerleave", onLeave);
    // Not as React's own listener: that one could not keep the page from scrolling.
    target.addEventListener("wheel", onWheel, { passive: false });
    return () => {
      target.removeEventListener("pointerdown", onDown);
      target.removeEventListener("pointermove", onMove);
      target.removeEventListener("pointerup", onUp);
      target.removeEventListener("pointercancel", cancel);
      target.removeEventListener("pointerleave", onLeave);
      target.removeEventListener("wheel", onWheel);
    };
  }, [canvas, engine, latest]);
}

function pinch(engine: Engine, other: Point, before: Point, here: Point): void {
  const was = Math.hypot(before.x - other.x, before.y - other.y);
  const is = Math.hypot(here.x - other.x, here.y - other.y);
  const middle = { x: (here.x + other.x) / 2, y: (here.y + other.y) / 2 };
  engine.pan((here.x - before.x) / 2, (here.y - before.y) / 2);
  if (was > 0 && is > 0) engine.zoom(is / was, middle);
}
