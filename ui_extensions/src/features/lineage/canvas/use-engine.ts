import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from "react";
import { useLatest } from "@/lib/hooks";
import type { Camera } from "./camera";
import { Engine } from "./engine";
import type { Look } from "./painter";
import type { Scene } from "./scene";

interface Options {
  scene: Scene;
  look: Look;
  camera: Camera | null;
  onRest: (camera: Camera) => void;
}

/** An engine on a canvas, as large as its box. Null where the browser cannot draw. */
export function useEngine(box: RefObject<HTMLCanvasElement | null>, options: Options) {
  const latest = useLatest(options);
  const [engine, setEngine] = useState<Engine | null>(null);
  const [failed, setFailed] = useState(false);
  const movers = useRef(new Set<() => void>());
  const first = useRef(options);

  useLayoutEffect(() => {
    const canvas = box.current;
    const host = canvas?.parentElement;
    if (!canvas || !host) return;
    if (!canvas.getContext("2d", { alpha: false })) {
      setFailed(true);
      return;
    }
    const { scene, look, camera } = first.current;
    const made = new Engine(canvas, scene, look, camera, {
      onMove: () => {
        for (const moved of movers.current) moved();
      },
      onRest: (view) => latest.current.onRest(view),
    });
    const measure = () => made.resize(host.clientWidth, host.clientHeight);
    const observer = new ResizeObserver(measure);
    observer.observe(host);
    measure();
    setEngine(made);
    return () => {
      observer.disconnect();
      made.close();
    };
  }, [box, latest]);

  const { scene, look } = options;
  const shown = useRef({ scene, look });
  useEffect(() => {
    const before = shown.current;
    shown.current = { scene, look };
    if (!engine || (before.scene === scene && before.look === look)) return;
    const onlyLight =
      before.scene === scene && before.look.colours === look.colours && before.look.palette === look.palette;
    if (onlyLight) engine.light(look);
    else engine.show(scene, look);
  }, [engine, scene, look]);

  /** Tells whenever the view has moved. */
  const onMoved = useCallback((moved: () => void) => {
    movers.current.add(moved);
    return () => void movers.current.delete(moved);
  }, []);
  return { engine, failed, onMoved };
}
