import { Minus, Plus, SlidersHorizontal, X } from "lucide-react";
import { useId, useState } from "react";
import type { Lineage } from "@/api/lineage-types";
import { Button, IconButton } from "@/components/ui/button";
import { Notice } from "@/components/ui/feedback";
import { FilterSelect } from "@/components/ui/field";
import { type GraphView, MAX_STEPS } from "@/features/lineage/address";
import { ColumnSearch } from "@/features/lineage/column-search";
import { GROUPINGS } from "@/features/lineage/grouping";
import { LENSES } from "@/features/lineage/lens";
import { ListButtons } from "@/features/lineage/lists/list-buttons";
import { SnapshotSelect } from "@/features/lineage/snapshot-select";
import { cn } from "@/lib/cn";
import { formatNumber, plural } from "@/lib/format";
import type { useUrlState } from "@/lib/url-state";
import { ExportGraph } from "./export-graph";
import type { Model } from "./model";

const STEPS = [0, 1, 2, 3, 5, 10];

interface ToolbarProps {
  workspace: string;
  graph: Lineage;
  model: Model;
  view: GraphView;
  patch: ReturnType<typeof useUrlState>["patch"];
  onFocus: (uniqueId: string, column?: string | null) => void;
}

export function Toolbar({ workspace, graph, model, view, patch, onFocus }: ToolbarProps) {
  const open =
    view.expandUp.length + view.expandDown.length + view.columns.length + view.allColumns.length > 0;
  const [controls, setControls] = useState(false);
  const controlsId = useId();
  return (
    <div className="flex flex-col gap-2 px-5 py-2 text-sm max-md:px-3">
      <div className="flex flex-wrap items-center gap-x-4 gap-y-2">
        <Totals graph={graph} />
        {view.column === null ? (
          <div className="w-48">
            <ColumnSearch
              workspace={workspace}
              uniqueId={graph.focus}
              placeholder="Follow a column"
              onChoose={(column) => onFocus(graph.focus, column)}
            />
          </div>
        ) : (
          <span className="inline-flex h-7 max-w-72 items-center gap-1.5 rounded-md border border-accent bg-accent-soft pl-2 text-sm">
            <span className="text-muted">Column</span>
            <span className="truncate font-mono" title={view.column}>
              {view.column}
            </span>
            <IconButton label="Leave the column" onClick={() => onFocus(graph.focus, null)}>
              <X size={13} aria-hidden />
            </IconButton>
          </span>
        )}
        <span className="ml-auto flex flex-wrap items-center gap-1">
          <ListButtons />
          <ExportGraph workspace={workspace} graph={graph} model={model} view={view} />
        </span>
      </div>
      <Button
        className="self-start md:hidden"
        aria-expanded={controls}
        aria-controls={controlsId}
        onClick={() => setControls(!controls)}
      >
        <SlidersHorizontal size={14} aria-hidden />
        Steps, lens, groups
      </Button>
      <div id={controlsId} className={cn("flex flex-wrap items-center gap-2", !controls && "max-md:hidden")}>
        <Steps
          label="Steps up"
          value={view.up}
          onChange={(up) => patch({ up: up === 1 ? null : up, view: null })}
        />
        <Steps
          label="Steps down"
          value={view.down}
          onChange={(down) => patch({ down: down === 1 ? null : down, view: null })}
        />
        <FilterSelect
          label="Lens"
          value={view.lens}
          className="border-line"
          options={LENSES.map(({ value, label }) => ({ value, label: `Lens: ${label.toLowerCase()}` }))}
          onChange={(lens) => patch({ lens: lens === "status" ? null : lens, since: null })}
        />
        {view.lens === "evolution" ? (
          <SnapshotSelect
            workspace={workspace}
            label="Since"
            none="Choose what to compare with"
            value={view.since}
            onChange={(since) => patch({ since })}
          />
        ) : null}
        <FilterSelect
          label="Group by"
          value={view.group ?? ""}
          options={[
            { value: "", label: "No groups" },
            ...GROUPINGS.map(({ value, label }) => ({ value, label: `Groups: ${label.toLowerCase()}` })),
          ]}
          onChange={(group) => patch({ group, fold: null })}
        />
        <Check
          label="Influence"
          title="Also show what only decides on a column: filters, joins, groups, orders"
          checked={view.influence}
          onChange={(on) => patch({ influence: on ? 1 : null })}
        />
        <Check label="Tests" checked={view.tests} onChange={(on) => patch({ tests: on ? 1 : null })} />
        {open ? (
          <Button
            look="quiet"
            onClick={() =>
              patch({ expand_up: null, expand_down: null, columns: null, all_columns: null, view: null })
            }
          >
            Close what was opened
          </Button>
        ) : null}
      </div>
      {graph.truncated ? (
        <Notice tone="warning">More is open than can be drawn; the totals still count everything.</Notice>
      ) : null}
    </div>
  );
}

/** Of the whole, not of what is drawn. */
function Totals({ graph }: { graph: Lineage }) {
  const { column_totals: columns, totals } = graph;
  return (
    <span>
      {columns
        ? `${plural(columns.ancestors, "column")} upstream, ${formatNumber(columns.descendants)} downstream`
        : `${plural(totals.ancestors, "ancestor")}, ${plural(totals.descendants, "descendant")}`}
      <span className="text-muted">, {plural(graph.nodes.length, "node")} shown</span>
    </span>
  );
}

interface StepsProps {
  label: string;
  value: number;
  onChange: (steps: number) => void;
}

function Steps({ label, value, onChange }: StepsProps) {
  const choices = STEPS.includes(value) ? STEPS : [...STEPS, value].sort((left, right) => left - right);
  return (
    <span className="inline-flex items-center">
      <IconButton label={`${label}: one less`} disabled={value === 0} onClick={() => onChange(value - 1)}>
        <Minus size={13} aria-hidden />
      </IconButton>
      <FilterSelect
        label={label}
        value={String(value)}
        options={choices.map((steps) => ({ value: String(steps), label: `${label}: ${steps}` }))}
        onChange={(steps) => onChange(Number(steps))}
        className="border-line"
      />
      <IconButton
        label={`${label}: one more`}
        disabled={value === MAX_STEPS}
        onClick={() => onChange(value + 1)}
      >
        <Plus size={13} aria-hidden />
      </IconButton>
    </span>
  );
}

interface CheckProps {
  label: string;
  title?: string;
  checked: boolean;
  onChange: (on: boolean) => void;
}

function Check({ label, title, checked, onChange }: CheckProps) {
  return (
    <label className="flex items-center gap-1.5" title={title}>
      <input
        type="checkbox"
        className="accent-accent"
        checked={checked}
        onChange={(event) => onChange(event.target.checked)}
      />
      {label}
    </label>
  );
}
