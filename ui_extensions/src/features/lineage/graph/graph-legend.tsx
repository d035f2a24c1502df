import type { Lineage } from "@/api/lineage-types";
import type { GraphView } from "@/features/lineage/address";
import { groupOf } from "@/features/lineage/grouping";
import { Legend } from "@/features/lineage/legend";
import { LENSES, legendOf, lensOf } from "@/features/lineage/lens";
import type { Model } from "./model";

interface GraphLegendProps {
  graph: Lineage;
  model: Model;
  view: GraphView;
  onToggle: (group: string) => void;
}

/** What shapes, colours and lines mean. */
export function GraphLegend({ graph, model, view, onToggle }: GraphLegendProps) {
  const { group } = view;
  const lens = legendOf(graph.nodes.map((node) => lensOf(view.lens, node)));
  const groups =
    group === null
      ? []
      : legendOf(
          graph.nodes.map((node) => {
            const label = groupOf(group, node);
            return { label, colour: model.bands.get(label) ?? "line-strong", tone: null };
          }),
        );
  const lines = model.columnEdges.length > 0;
  return (
    <details
      open
      className="absolute top-3 left-3 z-[5] max-w-60 rounded-md border bg-canvas px-2.5 py-1.5 max-md:hidden"
    >
      <summary className="text-2xs text-faint">Legend</summary>
      <div className="flex flex-col gap-1.5 pt-1">
        <Legend title={LENSES.find(({ value }) => value === view.lens)?.label ?? ""} items={lens} />
        {groups.length > 0 ? (
          <Legend title={`Groups by ${group}`} items={groups} groups={{ closed: model.closed, onToggle }} />
        ) : null}
        {lines ? (
          <ul aria-label="Lines" className="flex flex-col text-xs leading-5">
            <li className="flex items-center gap-2">
              <Line dotted={false} />
              value goes into it
            </li>
            {view.influence ? (
              <li className="flex items-center gap-2">
                <Line dotted />
                only decides on it
              </li>
            ) : null}
          </ul>
        ) : null}
      </div>
    </details>
  );
}

function Line({ dotted }: { dotted: boolean }) {
  return (
    <svg width="28" height="8" aria-hidden className="shrink-0 text-muted">
      <path
        d="M1 4h26"
        stroke="currentColor"
        strokeWidth="1.6"
        strokeLinecap="round"
        strokeDasharray={dotted ? "1.5 5" : undefined}
      />
    </svg>
  );
}
