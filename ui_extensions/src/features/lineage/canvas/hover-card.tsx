import { useEffect, useState } from "react";
import { StatusMark } from "@/components/ui/status";
import { plural } from "@/lib/format";
import type { Engine } from "./engine";
import type { Colouring } from "./look";
import { neighboursOf, type Scene } from "./scene";

const WIDTH = 288;
const HEIGHT = 96;
const GAP = 8;

interface HoverCardProps {
  engine: Engine;
  scene: Scene;
  colouring: Colouring;
  node: number;
  onMoved: (moved: () => void) => () => void;
}

/** What is under the pointer, in words, beside it. */
export function HoverCard({ engine, scene, colouring, node, onMoved }: HoverCardProps) {
  const [, redraw] = useState(0);
  useEffect(() => onMoved(() => redraw((count) => count + 1)), [onMoved]);
  const place = engine.placeOf(node);
  const below = place.bottom + GAP + HEIGHT < engine.shown.height;
  const left = Math.max(GAP, Math.min(place.left, engine.shown.width - WIDTH - GAP));
  const view = colouring.views[node];
  return (
    <div
      aria-hidden
      className="pointer-events-none absolute top-0 left-0 z-20 w-72 rounded-md border border-line-strong bg-canvas px-3 py-2 text-xs"
      style={{
        transform: `translate(${left}px, ${below ? place.bottom + GAP : place.top - GAP}px)${below ? "" : " translateY(-100%)"}`,
      }}
    >
      <p className="font-mono text-sm font-medium break-all">{scene.names[node]}</p>
      <p className="text-muted">{colouring.details(node)}</p>
      <p className="mt-1 flex flex-wrap items-center gap-x-3 text-muted">
        {view && view.tone !== null ? (
          <span className="inline-flex items-center gap-1">
            <StatusMark tone={view.tone} size={12} />
            {view.label}
          </span>
        ) : null}
        <span>{plural(neighboursOf(scene.parents, node).length, "parent")}</span>
        <span>{plural(neighboursOf(scene.children, node).length, "child", "children")}</span>
      </p>
    </div>
  );
}
