import { useQuery } from "@tanstack/react-query";
import { lazy, type ReactNode, Suspense, useCallback, useMemo, useState } from "react";
import { graphQuery } from "@/api/lineage-queries";
import type { Lineage } from "@/api/lineage-types";
import { QueryView, Skeleton } from "@/components/ui/feedback";
import { useReading } from "@/lib/reading";
import { useUrlState } from "@/lib/url-state";
import { edgeFrom, type GraphView, queryOf, toggled, viewOf } from "./address";
import { GraphLegend } from "./graph/graph-legend";
import type { Chosen } from "./graph/lineage-graph";
import { type Model, modelOf } from "./graph/model";
import { Toolbar } from "./graph/toolbar";
import { ListsPanel, listOf } from "./lists/lists-panel";
import { ColumnPanel } from "./panel/column-panel";
import { EdgePanel } from "./panel/edge-panel";
import { SidePanel } from "./panel/side-panel";
import { TraceNotice } from "./trace-notice";

const LineageGraph = lazy(() => import("./graph/lineage-graph"));

interface LineageViewProps {
  workspace: string;
  focus: string;
  /** Puts another node, or one of its columns, in the middle. */
  onFocus: (uniqueId: string, column?: string | null) => void;
}

/** The graph around one node or column. What is open, chosen and shown is all in the address. */
export function LineageView({ workspace, focus, onFocus }: LineageViewProps) {
  const { params, patch } = useUrlState();
  const view = viewOf(params);
  const lineage = useQuery(graphQuery(workspace, useReading(), focus, queryOf(view)));
  const graph = lineage.data;
  const folds = view.fold.join("\n");
  const { group, influence } = view;
  const model = useMemo(
    () => (graph ? modelOf(graph, { group, influence, fold: folds === "" ? [] : folds.split("\n") }) : null),
    [graph, group, influence, folds],
  );
  const onViewport = useCallback((text: string) => patch({ view: text }, { replace: true }), [patch]);
  const shown = useShown([focus, view.column, view.up, view.down].join("\n"), lineage.isPlaceholderData);
  const chosen = chosenOf(params, view, graph, patch);
  return (
    <div className="flex h-full min-h-0 flex-col *:min-h-0 max-md:h-auto">
      <QueryView query={lineage} what="the lineage" skeleton={<Skeleton className="m-5 h-72" />}>
        {(data) =>
          model ? (
            <>
              <Toolbar
                workspace={workspace}
                graph={data}
                model={model}
                view={view}
                patch={patch}
                onFocus={onFocus}
              />
              <TraceNotice workspace={workspace} trace={data.trace} />
            </>
          ) : null
        }
      </QueryView>
      {graph && model ? (
        <div className="relative flex flex-1 overflow-hidden border-t max-md:h-[65dvh] max-md:flex-none">
          <div className="relative min-w-0 flex-1 bg-sunken">
            <Suspense fallback={<Skeleton className="m-5 h-72" />}>
              <LineageGraph
                key={shown}
                graph={graph}
                model={model}
                chosen={chosen}
                edge={params.get("edge")}
                onEdge={(edge) => patch({ edge, selected: null, lcolumn: null }, { replace: true })}
                viewport={params.get("view")}
                onViewport={onViewport}
              />
            </Suspense>
            <GraphLegend graph={graph} model={model} view={view} onToggle={chosen.toggleGroup} />
          </div>
          <Aside
            workspace={workspace}
            focus={focus}
            graph={graph}
            model={model}
            view={view}
            onFocus={onFocus}
          />
        </div>
      ) : null}
    </div>
  );
}

/** What was asked for and is drawn: another one is fitted to the screen, once it is there. */
function useShown(asked: string, waiting: boolean): string {
  const [shown, setShown] = useState(asked);
  if (!waiting && shown !== asked) setShown(asked);
  return waiting ? shown : asked;
}

type PatchState = ReturnType<typeof useUrlState>["patch"];

function chosenOf(
  params: URLSearchParams,
  view: GraphView,
  graph: Lineage | undefined,
  patch: PatchState,
): Chosen {
  const selected = params.get("selected");
  const selectedColumn = selected === null ? null : params.get("lcolumn");
  return {
    view,
    selected,
    selectedColumn,
    toggle: (side, uniqueId) =>
      patch({ [`expand_${side}`]: toggled(side === "up" ? view.expandUp : view.expandDown, uniqueId) }),
    toggleColumns: (uniqueId, shown) =>
      patch(
        shown
          ? {
              columns: view.columns.filter((one) => one !== uniqueId),
              all_columns: view.allColumns.filter((one) => one !== uniqueId),
            }
          : opening(view, graph, uniqueId),
      ),
    showAllColumns: (uniqueId) =>
      patch({
        columns: view.columns.filter((one) => one !== uniqueId),
        all_columns: [...view.allColumns.filter((one) => one !== uniqueId), uniqueId],
      }),
    select: (uniqueId, column = null) => {
      const same = uniqueId === selected && (column ?? null) === selectedColumn;
      patch(
        { selected: same ? null : uniqueId, lcolumn: same ? null : column, edge: null },
        { replace: true },
      );
    },
    toggleGroup: (name) => patch({ fold: toggled(view.fold, name), view: null }),
  };
}

/** The first node whose columns are asked for shows all of them: none is traced yet that could come first. */
function opening(view: GraphView, graph: Lineage | undefined, uniqueId: string) {
  const others = graph?.nodes.some(({ columns }) => columns !== null) ?? false;
  return others ? { columns: [...view.columns, uniqueId] } : { all_columns: [...view.allColumns, uniqueId] };
}

interface AsideProps extends LineageViewProps {
  graph: Lineage;
  model: Model;
  view: GraphView;
}

/** What is chosen, or a list, beside the graph. */
function Aside({ workspace, focus, graph, view, onFocus }: AsideProps): ReactNode {
  const { params, patch } = useUrlState();
  const selected = params.get("selected");
  const column = params.get("lcolumn");
  const edge = edgeFrom(params.get("edge"));
  const close = () => patch({ selected: null, lcolumn: null, edge: null }, { replace: true });
  if (edge !== null) {
    return <EdgePanel workspace={workspace} graph={graph} edge={edge} onFocus={onFocus} onClose={close} />;
  }
  if (selected !== null && column !== null) {
    return (
      <ColumnPanel
        key={`${selected}\n${column}`}
        workspace={workspace}
        uniqueId={selected}
        column={column}
        inFocus={selected === focus && column === view.column}
        onFocus={onFocus}
        onClose={close}
      />
    );
  }
  if (selected !== null) {
    return (
      <SidePanel
        workspace={workspace}
        uniqueId={selected}
        isFocus={selected === focus}
        onFocus={onFocus}
        onClose={close}
      />
    );
  }
  const list = listOf(params);
  if (list === null) return null;
  return <ListsPanel workspace={workspace} focus={focus} view={view} list={list} onFocus={onFocus} />;
}
