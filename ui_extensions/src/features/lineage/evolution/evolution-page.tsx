import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { type ChangesQuery, lineageChangesQuery } from "@/api/lineage-queries";
import type { ColumnEdge, EdgeChange, LineageChanges } from "@/api/lineage-types";
import { snapshotsQuery } from "@/api/snapshot-queries";
import { Button, ButtonLink } from "@/components/ui/button";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { SearchBox } from "@/components/ui/field";
import { PageHeader, Panel } from "@/components/ui/page";
import { Segmented } from "@/components/ui/segmented";
import { Heads, Table, Td } from "@/components/ui/table";
import { edgeKey, numberOf } from "@/features/lineage/address";
import { CsvButton } from "@/features/lineage/lists/csv-button";
import { More } from "@/features/lineage/lists/more";
import { csvUrl } from "@/features/lineage/lists/names";
import { ColumnLink } from "@/features/lineage/panel/facts";
import { SnapshotSelect } from "@/features/lineage/snapshot-select";
import { LineageTabs } from "@/features/lineage/tabs";
import { changeView, transformWords } from "@/features/lineage/words";
import { cn } from "@/lib/cn";
import { plural } from "@/lib/format";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { useUrlState } from "@/lib/url-state";

const CHANGES: EdgeChange[] = ["removed", "changed", "added"];

/** How column lineage came to be what it is: edges that came, went, or do something else. */
export function EvolutionPage({ workspace, name }: { workspace: string; name: string }) {
  const links = useCatalogPaths(workspace);
  const snapshots = useInfiniteQuery(snapshotsQuery(workspace, useReading()));
  return (
    <>
      <PageHeader
        crumbs={[{ label: name, to: links.dashboard() }]}
        title="Lineage"
        tabTitle={`Changes of lineage · ${name}`}
      />
      <LineageTabs workspace={workspace} active="changes" />
      <div className="px-5 pt-3 pb-6 max-md:px-3">
        <QueryView query={snapshots} what="the snapshots">
          {({ pages }) => {
            const known = pages.flatMap((page) => page.items);
            return known.length < 2 ? (
              <EmptyState
                title={known.length === 0 ? "There is no snapshot yet" : "There is only one snapshot"}
                action={<ButtonLink to={links.artifacts()}>Bring artifacts</ButtonLink>}
              >
                The next ingest that finds something different makes another, and what changed in the lineage
                of columns is shown here.
              </EmptyState>
            ) : (
              <Between workspace={workspace} before={known[1]?.id ?? 0} />
            );
          }}
        </QueryView>
      </div>
    </>
  );
}

function Between({ workspace, before }: { workspace: string; before: number }) {
  const { params, patch } = useUrlState();
  const reading = useReading();
  const change = CHANGES.find((one) => one === params.get("change"));
  const query: ChangesQuery = {
    from: numberOf(params.get("from")) ?? before,
    to: numberOf(params.get("to")),
    change: change ? [change] : [],
    q: params.get("q") ?? "",
  };
  const found = useInfiniteQuery(lineageChangesQuery(workspace, reading, query));
  const totals = found.data?.pages[0]?.totals;
  const url = csvUrl(workspace, { ...reading, snapshot: "" }, "/lineage/changes", {
    from: query.from,
    to: query.to,
    change: query.change,
    q: query.q,
  });
  return (
    <div className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <SnapshotSelect
          workspace={workspace}
          label="From"
          none="From the one before the newest"
          value={numberOf(params.get("from"))}
          onChange={(from) => patch({ from })}
        />
        <SnapshotSelect
          workspace={workspace}
          label="To"
          none="To now"
          value={query.to}
          onChange={(to) => patch({ to })}
        />
        <Segmented
          label="Kind of change"
          value={change ?? ""}
          options={[
            {
              value: "",
              label: "everything",
              count: totals && totals.added + totals.removed + totals.changed,
            },
            ...CHANGES.map((value) => ({
              value,
              label: (changeView(value)?.label ?? value).toLowerCase(),
              count: totals?.[value],
            })),
          ]}
          onChange={(next) => patch({ change: next })}
        />
        <SearchBox
          main
          className="min-w-48 flex-1 md:max-w-72"
          placeholder="Search columns and nodes"
          value={query.q}
          onChange={(q) => patch({ q }, { replace: true })}
        />
        <CsvButton url={url} name={`lineage-changes-since-${query.from}`} />
      </div>
      <QueryView query={found} what="the changes">
        {({ pages }) => (
          <>
            <Changed
              workspace={workspace}
              since={query.from}
              edges={pages.flatMap((page) => page.items)}
              totals={pages[0]?.totals}
            />
            <More query={found} />
          </>
        )}
      </QueryView>
    </div>
  );
}

interface ChangedProps {
  workspace: string;
  since: number;
  edges: ColumnEdge[];
  totals: LineageChanges["totals"] | undefined;
}

function Changed({ workspace, since, edges, totals }: ChangedProps) {
  const { patch } = useUrlState();
  const all = totals ? totals.added + totals.removed + totals.changed : 0;
  if (edges.length === 0) {
    return all === 0 ? (
      <EmptyState title="No edge between columns is different">
        Wherever columns were read in both snapshots, they come from the same columns in the same way.
      </EmptyState>
    ) : (
      <EmptyState
        title="Nothing matches these filters"
        action={<Button onClick={() => patch({ change: null, q: null })}>Clear the filters</Button>}
      />
    );
  }
  return (
    <>
      <p className="text-sm text-muted">
        {plural(all, "edge")} of {plural(totals?.nodes ?? 0, "node")}
      </p>
      <Panel>
        <Table label="Edges that changed" className="max-h-[calc(100dvh-14rem)] min-h-40">
          <Heads columns={["Change", "Column", "Comes from", "How"]} actions />
          <tbody>
            {edges.map((edge) => (
              <ChangedRow
                key={`${edge.change} ${edgeKey(edge)}`}
                workspace={workspace}
                since={since}
                edge={edge}
              />
            ))}
          </tbody>
        </Table>
      </Panel>
    </>
  );
}

function ChangedRow({ workspace, since, edge }: { workspace: string; since: number; edge: ColumnEdge }) {
  const links = useCatalogPaths(workspace);
  const view = changeView(edge.change);
  const seen = links.lineage({
    node: edge.to.node,
    column: edge.to.column === "*" ? null : edge.to.column,
    lens: "evolution",
    since,
    edge: edgeKey(edge),
    influence: edge.kind === "influence" ? 1 : null,
  });
  return (
    <tr className="hover:bg-hover">
      <Td className={cn("whitespace-nowrap", view?.hue)}>
        <span aria-hidden className="mr-1 font-mono font-bold">
          {view?.sign}
        </span>
        {view?.label}
      </Td>
      <Td className="min-w-40">
        <ColumnLink workspace={workspace} end={edge.to} />
      </Td>
      <Td className="min-w-40">
        <ColumnLink workspace={workspace} end={edge.from} />
      </Td>
      <Td className="text-muted">
        {transformWords(edge.transform)}
        {edge.before ? <span className="block text-xs">before: {transformWords(edge.before)}</span> : null}
      </Td>
      <Td>
        <Link className="text-accent whitespace-nowrap hover:underline" to={seen}>
          In the graph
        </Link>
      </Td>
    </tr>
  );
}
