import type { WholeGraph } from "@/api/lineage-types";
import { bandsOf } from "@/features/lineage/grouping";
import {
  type LegendItem,
  type Lens,
  type LensView,
  legendOf,
  lensView,
  statusView,
} from "@/features/lineage/lens";
import { plural, typeLabel } from "@/lib/format";
import type { Tone } from "@/lib/status";
import { type CanvasGrouping, groupIn, type Scene, type WordField, wordOf } from "./scene";

/** What the whole graph knows of its nodes; what changed since a snapshot is seen around a node. */
export type CanvasLens = Exclude<Lens, "evolution">;

const FIELDS: Record<CanvasLens, WordField> = {
  type: "type",
  status: "status",
  freshness: "freshness",
  tests: "tests",
  materialization: "materialization",
  lineage: "lineage",
};

const NO_TESTS = "none";

export function viewOf(graph: WholeGraph, lens: CanvasLens, node: number): LensView {
  const word = wordOf(graph, FIELDS[lens], node);
  if (lens === "status") {
    const [type, materialization] = [wordOf(graph, "type", node), wordOf(graph, "materialization", node)];
    return statusView({ resource_type: type ?? "", materialization, last_status: word });
  }
  return lensView(lens, lens === "tests" && word === NO_TESTS ? null : word);
}

const PLAIN = "line-strong";

export interface Colouring {
  colours: string[];
  tones: (Tone | null)[];
  details: (node: number) => string;
  legend: LegendItem[];
  groups: LegendItem[];
  views: LensView[];
}

/** Colours of a scene by lens; without one, by group, and without groups by type. */
export function colouring(
  graph: WholeGraph,
  scene: Scene,
  lens: CanvasLens | null,
  grouping: CanvasGrouping | null,
): Colouring {
  const all = graph.nodes.id.map((_, node) => viewOf(graph, lens ?? "type", node));
  const bands = grouping ? bandsOf(graph.nodes.id.map((_, node) => groupIn(graph, grouping, node))) : null;
  const bandOf = (index: number) => (bands ? (bands.get(scene.group[index] ?? "") ?? null) : null);
  const views = Array.from(
    scene.source,
    (node, index) =>
      all[node] ?? { label: scene.group[index] ?? "", colour: bandOf(index) ?? PLAIN, tone: null },
  );
  return {
    colours: views.map(({ colour }, index) => (lens === null ? (bandOf(index) ?? colour) : colour)),
    tones: views.map(({ tone }) => (lens === null ? null : tone)),
    views,
    details: (index) => detailOf(graph, scene, index),
    // Without a lens the groups are the colours.
    legend: lens === null && bands ? [] : legendOf(all),
    groups: bands ? groupLegend(graph, grouping, bands) : [],
  };
}

function groupLegend(
  graph: WholeGraph,
  grouping: CanvasGrouping | null,
  bands: ReadonlyMap<string, string>,
): LegendItem[] {
  if (grouping === null) return [];
  return legendOf(
    graph.nodes.id.map((_, node) => {
      const label = groupIn(graph, grouping, node);
      return { label, colour: bands.get(label) ?? PLAIN, tone: null };
    }),
  );
}

export function detailOf(graph: WholeGraph, scene: Scene, index: number): string {
  const node = scene.source[index] ?? -1;
  if (node < 0) return plural(scene.members[index] ?? 0, "node");
  const type = wordOf(graph, "type", node);
  return [
    type === null ? null : typeLabel(type),
    wordOf(graph, "materialization", node),
    wordOf(graph, "schema", node),
  ]
    .filter((word) => word !== null)
    .join(" · ");
}
