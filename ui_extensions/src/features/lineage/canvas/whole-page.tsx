import { useQuery } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo, useState } from "react";
import { useNavigate } from "react-router";
import { wholeGraphQuery } from "@/api/lineage-queries";
import type { WholeGraph } from "@/api/lineage-types";
import { ButtonLink } from "@/components/ui/button";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/feedback";
import { FilterSelect } from "@/components/ui/field";
import { PageHeader } from "@/components/ui/page";
import { groupingOf, toggled } from "@/features/lineage/address";
import { closedGroups, groupId } from "@/features/lineage/grouping";
import { Legend } from "@/features/lineage/legend";
import { LENSES } from "@/features/lineage/lens";
import { NodeSearch } from "@/features/lineage/node-search";
import { SidePanel } from "@/features/lineage/panel/side-panel";
import { LineageTabs } from "@/features/lineage/tabs";
import { plural } from "@/lib/format";
import { useLatest } from "@/lib/hooks";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { useUrlState } from "@/lib/url-state";
import { type Camera, viewFrom, viewText } from "./camera";
import { CanvasGraph } from "./canvas-graph";
import type { Engine } from "./engine";
import { ExportWhole } from "./export-whole";
import { GroupPanel } from "./group-panel";
import { type CanvasLens, colouring } from "./look";
import { usePalette } from "./palette";
import { type CanvasGrouping, groupIn, makeScene } from "./scene";
import { WholeFilters, wholeQueryOf } from "./whole-filters";

interface WholePageProps {
  workspace: string;
  name: string;
}

const GROUPINGS: CanvasGrouping[] = ["schema", "folder", "package", "type"];

/** The lineage of the whole project on one sheet. */
export function WholePage({ workspace, name }: WholePageProps) {
  const { params, patch } = useUrlState();
  const links = useCatalogPaths(workspace);
  const asked = wholeQueryOf(params);
  const graph = useQuery(wholeGraphQuery(workspace, useReading(), asked));
  const [engine, setEngine] = useState<Engine | null>(null);
  const [missing, setMissing] = useState(false);
  const choose = (uniqueId: string) => {
    const place = engine ? graph.data?.nodes.id.indexOf(uniqueId) : -1;
    setMissing(place === undefined || place < 0);
    if (place === undefined || place < 0) return;
    patch({ selected: uniqueId }, { replace: true });
    setSought(uniqueId);
  };
  const [sought, setSought] = useState<string | null>(null);
  return (
    <div className="flex h-full min-h-0 flex-col max-md:h-auto">
      <PageHeader
        crumbs={[{ label: name, to: links.dashboard() }]}
        title="Lineage"
        tabTitle={`Whole lineage · ${name}`}
        actions={
          <div className="w-80 max-w-full">
            <NodeSearch workspace={workspace} placeholder="Fly to a node" onChoose={choose} />
          </div>
        }
      />
      <LineageTabs workspace={workspace} active="graph" />
      {missing ? (
        <p role="status" className="px-5 pt-2 text-sm text-warning max-md:px-3">
          This node is not among those shown.
        </p>
      ) : null}
      {/* The box that says whether it is loading fills what is left of the page. */}
      <div className="min-h-0 flex-1 *:h-full max-md:*:h-auto">
        <QueryView query={graph} what="the graph" skeleton={<Skeleton className="m-5 h-72" />}>
          {(data) =>
            data.nodes.id.length === 0 ? (
              <NothingToDraw workspace={workspace} filtered={Object.keys(asked).length > 0} />
            ) : (
              <Whole
                workspace={workspace}
                graph={data}
                sought={sought}
                onReady={setEngine}
                engine={engine}
                onFound={() => setSought(null)}
              />
            )
          }
        </QueryView>
      </div>
    </div>
  );
}

interface WholeProps {
  workspace: string;
  graph: WholeGraph;
  engine: Engine | null;
  onReady: (engine: Engine | null) => void;
  sought: string | null;
  onFound: () => void;
}

function useParts(graph: WholeGraph) {
  const { params } = useUrlState();
  const wanted = groupingOf(params);
  const grouping = wanted === "tag" ? null : wanted;
  const lens = (LENSES.find(({ value }) => value === params.get("lens") && value !== "evolution")?.value ??
    null) as CanvasLens | null;
  const fold = params.getAll("fold").join("\n");
  const closed = useMemo(() => {
    if (grouping === null) return new Set<string>();
    const names = new Set(graph.nodes.id.map((_, node) => groupIn(graph, grouping, node)));
    return closedGroups(names, graph.nodes.id.length, fold === "" ? [] : fold.split("\n"));
  }, [graph, grouping, fold]);
  const scene = useMemo(() => makeScene(graph, grouping, closed), [graph, grouping, closed]);
  const colours = useMemo(() => colouring(graph, scene, lens, grouping), [graph, scene, lens, grouping]);
  return { grouping, lens, closed, scene, colours };
}

function Whole({ workspace, graph, engine, onReady, sought, onFound }: WholeProps) {
  const { params, patch } = useUrlState();
  const navigate = useNavigate();
  const links = useCatalogPaths(workspace);
  const palette = usePalette();
  const { grouping, lens, closed, scene, colours } = useParts(graph);
  const selected = params.get("selected");
  const select = useCallback((id: string | null) => patch({ selected: id }, { replace: true }), [patch]);
  const onRest = useCallback(
    (camera: Camera) => patch({ view: viewText(camera) }, { replace: true }),
    [patch],
  );
  const toggle = (group: string) =>
    patch({ fold: toggled(params.getAll("fold"), group), selected: null, view: null });
  const open = (id: string) => {
    const group = [...closed].find((one) => groupId(one) === id);
    if (group === undefined) navigate(links.node(id));
    else toggle(group);
  };
  useFlight(engine, scene.indexOf, sought, onFound);
  const title = LENSES.find(({ value }) => value === lens)?.label ?? "Types";
  const group = selected === null ? undefined : [...closed].find((one) => groupId(one) === selected);
  return (
    <div className="flex h-full min-h-0 flex-col max-md:h-auto">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 border-b px-5 py-2 text-sm max-md:px-3">
        <span>
          {plural(graph.nodes.id.length, "node")}, {plural(graph.edges.length / 2, "edge")}
        </span>
        <FilterSelect
          label="Colour by"
          value={lens ?? ""}
          options={[
            { value: "", label: grouping ? "Colour: group" : "Colour: type" },
            ...LENSES.filter(({ value }) => value !== "evolution").map(({ value, label }) => ({
              value,
              label: `Colour: ${label.toLowerCase()}`,
            })),
          ]}
          onChange={(value) => patch({ lens: value })}
        />
        <FilterSelect
          label="Group by"
          value={grouping ?? ""}
          options={[
            { value: "", label: "No groups" },
            ...GROUPINGS.map((value) => ({ value, label: `Groups: ${value}` })),
          ]}
          onChange={(value) => patch({ group: value, fold: null, view: null, selected: null })}
        />
        <WholeFilters workspace={workspace} />
        <span className="ml-auto">
          <ExportWhole workspace={workspace} scene={scene} colouring={colours} palette={palette} />
        </span>
      </div>
      <div className="relative flex min-h-0 flex-1 overflow-hidden max-md:h-[65dvh] max-md:flex-none">
        <div className="relative min-w-0 flex-1">
          <CanvasGraph
            scene={scene}
            colouring={colours}
            palette={palette}
            camera={viewFrom(params.get("view"))}
            selected={selected}
            onRest={onRest}
            onSelect={select}
            onOpen={open}
            onReady={onReady}
          />
          <div className="absolute bottom-3 left-3 flex max-w-64 min-w-36 flex-col gap-1.5 rounded-md border bg-canvas px-2.5 py-1.5 max-md:max-w-44">
            <Legend title={title} items={colours.legend} />
            {grouping ? (
              <Legend
                title={`Groups by ${grouping}`}
                items={colours.groups}
                groups={{ closed, onToggle: toggle }}
              />
            ) : null}
          </div>
        </div>
        {group !== undefined ? (
          <GroupPanel name={group} scene={scene} onOpen={() => toggle(group)} onClose={() => select(null)} />
        ) : selected !== null && scene.indexOf.has(selected) ? (
          <SidePanel
            workspace={workspace}
            uniqueId={selected}
            isFocus={false}
            onFocus={(id) => navigate(links.lineage({ node: id }))}
            onClose={() => select(null)}
          />
        ) : null}
      </div>
    </div>
  );
}

/** Flies to what was searched for, once it is drawn. */
function useFlight(
  engine: Engine | null,
  indexOf: ReadonlyMap<string, number>,
  sought: string | null,
  onFound: () => void,
): void {
  const latest = useLatest(onFound);
  useEffect(() => {
    if (engine === null || sought === null) return;
    const place = indexOf.get(sought);
    if (place !== undefined) engine.flyTo(place);
    latest.current();
  }, [engine, indexOf, sought, latest]);
}

function NothingToDraw({ workspace, filtered }: { workspace: string; filtered: boolean }) {
  const links = useCatalogPaths(workspace);
  if (filtered) {
    return (
      <EmptyState
        title="Nothing matches these filters"
        action={<ButtonLink to={links.lineageGraph()}>Show everything</ButtonLink>}
      />
    );
  }
  return (
    <EmptyState
      title="There is nothing to draw"
      action={<ButtonLink to={links.artifacts()}>Bring artifacts</ButtonLink>}
    >
      The project has no nodes in this environment. They come with the artifacts of dbt, or when the project
      is parsed.
    </EmptyState>
  );
}
