import { useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import type { Lineage } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Notice, QueryView, Skeleton } from "@/components/ui/feedback";
import { FilterSelect } from "@/components/ui/field";
import { formatNumber, plural } from "@/lib/format";
import { useReading } from "@/lib/reading";
import { useUrlState } from "@/lib/url-state";
import { type GraphView, lineageQuery, viewOf } from "./queries";
import { SidePanel } from "./side-panel";

const LineageGraph = lazy(() => import("./lineage-graph"));

const STEPS = [0, 1, 2, 3, 5, 10];

interface LineageViewProps {
  workspace: string;
  focus: string;
  /** Puts another node in the middle. */
  onFocus: (uniqueId: string) => void;
}

/** The graph around one node. What is open, chosen and shown is all in the address. */
export function LineageView({ workspace, focus, onFocus }: LineageViewProps) {
  const { params, patch } = useUrlState();
  const view = viewOf(params);
  const lineage = useQuery(lineageQuery(workspace, useReading(), focus, view));
  const selected = params.get("selected");
  const toggle = (side: "up" | "down", uniqueId: string) => {
    const opened = side === "up" ? view.expandUp : view.expandDown;
    const next = opened.includes(uniqueId) ? opened.filter((one) => one !== uniqueId) : [...opened, uniqueId];
    patch({ [`expand_${side}`]: next });
  };
  return (
    <div className="flex h-full min-h-0 flex-col *:min-h-0">
      <QueryView query={lineage} what="the lineage" skeleton={<Skeleton className="m-5 h-72" />}>
        {(graph) => <Toolbar graph={graph} view={view} patch={patch} />}
      </QueryView>
      {lineage.data ? (
        <div className="relative flex flex-1 overflow-hidden border-t">
          <div className="min-w-0 flex-1 bg-sunken">
            <Suspense fallback={<Skeleton className="m-5 h-72" />}>
              <LineageGraph
                key={lineage.data.focus}
                graph={lineage.data}
                selected={selected}
                expandedUp={new Set(view.expandUp)}
                expandedDown={new Set(view.expandDown)}
                toggle={toggle}
                select={(uniqueId) =>
                  patch({ selected: uniqueId === selected ? null : uniqueId }, { replace: true })
                }
              />
            </Suspense>
          </div>
          {selected ? (
            <SidePanel
              workspace={workspace}
              uniqueId={selected}
              isFocus={selected === focus}
              onFocus={onFocus}
              onClose={() => patch({ selected: null }, { replace: true })}
            />
          ) : null}
        </div>
      ) : null}
    </div>
  );
}

interface ToolbarProps {
  graph: Lineage;
  view: GraphView;
  patch: ReturnType<typeof useUrlState>["patch"];
}

function Toolbar({ graph, view, patch }: ToolbarProps) {
  const opened = view.expandUp.length + view.expandDown.length > 0;
  return (
    <div className="flex flex-wrap items-center gap-x-4 gap-y-2 px-5 py-2 text-sm max-md:px-3">
      <span>
        {plural(graph.totals.ancestors, "ancestor")}, {plural(graph.totals.descendants, "descendant")}
        <span className="text-muted">, {formatNumber(graph.nodes.length)} nodes shown</span>
      </span>
      <span className="flex flex-wrap items-center gap-2">
        <StepsSelect
          label="Steps up"
          value={view.up}
          onChange={(up) => patch({ up: up === 1 ? null : up })}
        />
        <StepsSelect
          label="Steps down"
          value={view.down}
          onChange={(down) => patch({ down: down === 1 ? null : down })}
        />
        <label className="flex items-center gap-1.5">
          <input
            type="checkbox"
            className="accent-accent"
            checked={view.tests}
            onChange={(event) => patch({ tests: event.target.checked ? 1 : null })}
          />
          Tests
        </label>
        {opened ? (
          <Button look="quiet" onClick={() => patch({ expand_up: null, expand_down: null })}>
            Close what was opened
          </Button>
        ) : null}
      </span>
      {graph.truncated ? (
        <Notice tone="warning">More is open than can be drawn; the totals still count everything.</Notice>
      ) : null}
    </div>
  );
}

interface StepsProps {
  label: string;
  value: number;
  onChange: (steps: number) => void;
}

function StepsSelect({ label, value, onChange }: StepsProps) {
  const choices = STEPS.includes(value) ? STEPS : [...STEPS, value].sort((left, right) => left - right);
  return (
    <FilterSelect
      label={label}
      value={String(value)}
      options={choices.map((steps) => ({ value: String(steps), label: `${label}: ${steps}` }))}
      onChange={(steps) => onChange(Number(steps))}
      className="border-line"
    />
  );
}
