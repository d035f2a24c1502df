import { Maximize2, ZoomIn, ZoomOut } from "lucide-react";
import { type KeyboardEvent, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { IconButton } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/feedback";
import { plural } from "@/lib/format";
import { useDebounced } from "@/lib/hooks";
import type { Camera } from "./camera";
import type { Engine } from "./engine";
import { useGestures } from "./gestures";
import { HoverCard } from "./hover-card";
import type { Colouring } from "./look";
import { Minimap } from "./minimap";
import type { Look } from "./painter";
import type { Palette } from "./palette";
import { neighboursOf, relativesIn, type Scene, type Step, stepFrom } from "./scene";
import { useEngine } from "./use-engine";

const STEPS: Record<string, Step> = {
  ArrowLeft: "left",
  ArrowRight: "right",
  ArrowUp: "up",
  ArrowDown: "down",
};
const LIGHT_AFTER_MILLISECONDS = 130;
const KEY_ZOOM = 1.35;
const FONT = "ui-monospace, Menlo, Consolas, 'Liberation Mono', monospace";

interface CanvasGraphProps {
  scene: Scene;
  colouring: Colouring;
  palette: Palette;
  camera: Camera | null;
  selected: string | null;
  onRest: (camera: Camera) => void;
  onSelect: (id: string | null) => void;
  /** Enter on a node, or a second click. */
  onOpen: (id: string) => void;
  /** Gives the way to fly, to whoever has a search box. */
  onReady: (engine: Engine | null) => void;
}

/** The whole graph. Arrow keys go from node to node, plus and minus zoom, 0 shows everything, Enter opens. */
export function CanvasGraph(props: CanvasGraphProps) {
  const { scene, colouring, palette, selected, onSelect, onOpen, onReady } = props;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [hovered, setHovered] = useState<number | null>(null);
  const chosen = selected === null ? null : (scene.indexOf.get(selected) ?? null);
  const touched = useDebounced(hovered ?? chosen, LIGHT_AFTER_MILLISECONDS);
  const lit = useMemo(
    () => (touched === null || touched >= scene.count ? null : relativesIn(scene, touched)),
    [scene, touched],
  );
  const look = useMemo<Look>(
    () => ({
      palette,
      colours: colouring.colours,
      tones: colouring.tones,
      details: colouring.details,
      lit,
      font: FONT,
    }),
    [palette, colouring, lit],
  );
  const { engine, failed, onMoved } = useEngine(canvas, {
    scene,
    look,
    camera: props.camera,
    onRest: props.onRest,
  });
  useEffect(() => onReady(engine), [engine, onReady]);
  useEffect(() => engine?.mark(hovered, chosen), [engine, hovered, chosen]);
  // A node of another scene is none of this one.
  // biome-ignore lint/correctness/useExhaustiveDependencies: only another scene takes the pointer off
  useEffect(() => setHovered(null), [scene]);
  useGestures(canvas, engine, {
    onHover: setHovered,
    onClick: (node) => {
      const id = node === null ? null : (scene.ids[node] ?? null);
      if (id !== null && id === selected) onOpen(id);
      else onSelect(id);
    },
  });
  const go = useCallback(
    (node: number | null) => {
      if (node === null) return;
      onSelect(scene.ids[node] ?? null);
      engine?.flyTo(node);
    },
    [engine, onSelect, scene],
  );
  const onKeyDown = (event: KeyboardEvent) => {
    if (!engine || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[event.key];
    const action = step ? () => go(nextOf(engine, scene, chosen, step)) : keys(engine)[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  };
  const keys = (shown: Engine): Record<string, () => void> => ({
    "+": () => shown.zoom(KEY_ZOOM),
    "=": () => shown.zoom(KEY_ZOOM),
    "-": () => shown.zoom(1 / KEY_ZOOM),
    "0": () => shown.fit(),
    Enter: () => selected !== null && onOpen(selected),
    Escape: () => onSelect(null),
  });
  if (failed) {
    return (
      <EmptyState title="This browser cannot draw the graph">
        It offers no canvas. The graph around one node, the lists and the catalog show the same.
      </EmptyState>
    );
  }
  const spoken = chosen === null ? "" : describe(scene, colouring, chosen);
  return (
    <div className="relative h-full w-full overflow-hidden bg-sunken">
      <div
        role="application"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: an application of its own, moved through by keys
        tabIndex={0}
        aria-label="Lineage of the whole project. Arrow keys go from node to node, plus and minus zoom, 0 shows everything, Enter opens."
        onKeyDown={onKeyDown}
        className="absolute inset-0 -outline-offset-2"
      >
        <canvas
          ref={canvas}
          aria-hidden
          className="h-full w-full cursor-grab touch-none active:cursor-grabbing"
        />
      </div>
      <p aria-live="polite" className="sr-only">
        {spoken}
      </p>
      {engine ? (
        <>
          {hovered !== null && hovered < scene.count ? (
            <HoverCard engine={engine} scene={scene} colouring={colouring} node={hovered} onMoved={onMoved} />
          ) : null}
          <div className="absolute right-3 bottom-3 flex items-end gap-2">
            <div className="flex flex-col rounded-md border bg-surface">
              <IconButton label="Zoom in" onClick={() => engine.zoom(KEY_ZOOM)}>
                <ZoomIn size={15} aria-hidden />
              </IconButton>
              <IconButton label="Zoom out" onClick={() => engine.zoom(1 / KEY_ZOOM)}>
                <ZoomOut size={15} aria-hidden />
              </IconButton>
              <IconButton label="Show everything" onClick={() => engine.fit()}>
                <Maximize2 size={15} aria-hidden />
              </IconButton>
            </div>
            <Minimap engine={engine} scene={scene} palette={palette} onMoved={onMoved} />
          </div>
        </>
      ) : null}
    </div>
  );
}

/** From the chosen node; without one, the one in the middle of the screen. */
function nextOf(engine: Engine, scene: Scene, chosen: number | null, step: Step): number | null {
  if (chosen !== null) return stepFrom(scene, chosen, step);
  return engine.nodeAt(engine.shown.width / 2, engine.shown.height / 2) ?? 0;
}

function describe(scene: Scene, colouring: Colouring, node: number): string {
  const parents = neighboursOf(scene.parents, node).length;
  const children = neighboursOf(scene.children, node).length;
  return [
    scene.names[node],
    colouring.details(node),
    colouring.views[node]?.label,
    plural(parents, "parent"),
    plural(children, "child", "children"),
  ]
    .filter(Boolean)
    .join(", ");
}
