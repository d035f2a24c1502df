import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { impactQuery } from "@/api/lineage-queries";
import type { Impact, ImpactItem, ImpactKind } from "@/api/lineage-types";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { SearchBox } from "@/components/ui/field";
import { Segmented } from "@/components/ui/segmented";
import type { GraphView } from "@/features/lineage/address";
import { formatNumber, plural } from "@/lib/format";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { rowKeys } from "@/lib/row-keys";
import { useUrlState } from "@/lib/url-state";
import { CsvButton } from "./csv-button";
import { More } from "./more";
import { csvUrl, nodePath } from "./names";
import { NodeRow } from "./node-row";

const KINDS: { value: ImpactKind; label: string }[] = [
  { value: "columns", label: "columns" },
  { value: "nodes", label: "nodes" },
  { value: "exposures", label: "exposures" },
  { value: "metrics", label: "metrics" },
  { value: "tests", label: "tests" },
  { value: "owners", label: "owners" },
];

interface ImpactListProps {
  workspace: string;
  focus: string;
  view: GraphView;
  onFocus: (uniqueId: string, column?: string | null) => void;
}

/** What a change would touch, counted over everything downstream. What decides counts too: a filter breaks as well. */
export function ImpactList({ workspace, focus, view, onFocus }: ImpactListProps) {
  const { params, patch } = useUrlState();
  const reading = useReading();
  const kind = KINDS.find(({ value }) => value === params.get("ltype"))?.value ?? "nodes";
  const q = params.get("lq") ?? "";
  const { column } = view;
  const found = useInfiniteQuery(
    impactQuery(workspace, reading, focus, { column, influence: true, kind, q }),
  );
  const totals = found.data?.pages[0]?.totals;
  const url = csvUrl(workspace, reading, nodePath(focus, "/impact"), { kind, column, q, influence: "true" });
  return (
    <div className="flex flex-col gap-2 py-2">
      <div className="flex flex-col gap-2 px-4">
        <Segmented
          label="What is touched"
          value={kind}
          options={KINDS.map(({ value, label }) => ({ value, label, count: totals?.[value] }))}
          onChange={(ltype) => patch({ ltype: ltype === "nodes" ? null : ltype }, { replace: true })}
        />
        <div className="flex items-center gap-2">
          <SearchBox
            className="min-w-36 flex-1"
            placeholder="Filter by name"
            value={q}
            onChange={(lq) => patch({ lq }, { replace: true })}
          />
          <CsvButton url={url} name={`impact-${kind}-${column ?? focus}`} />
        </div>
      </div>
      <QueryView query={found} what="the impact" compact>
        {({ pages }) => (
          <>
            <ul aria-label={`Touched ${kind}`} onKeyDown={rowKeys}>
              {pages.flatMap((page) =>
                page.items.map((item) => (
                  <Item key={keyOf(item)} workspace={workspace} item={item} onFocus={onFocus} />
                )),
              )}
            </ul>
            {pages[0]?.items.length === 0 ? <Nothing first={pages[0]} kind={kind} column={column} /> : null}
            <More query={found} />
          </>
        )}
      </QueryView>
    </div>
  );
}

const keyOf = (item: ImpactItem) =>
  [item.node?.unique_id ?? item.owner, item.column, item.test_column].join("\n");

interface ItemProps {
  workspace: string;
  item: ImpactItem;
  onFocus: (uniqueId: string, column?: string | null) => void;
}

function Item({ workspace, item, onFocus }: ItemProps) {
  const links = useCatalogPaths(workspace);
  const { node } = item;
  if (node === null) {
    return (
      <li className="flex items-center justify-between gap-2 border-b px-4 py-1.5 text-sm last:border-b-0">
        {item.owner ? (
          <Link
            className="min-w-0 truncate hover:underline"
            to={links.catalog({ owner: item.owner, resource_type: "all" })}
          >
            {item.owner}
          </Link>
        ) : (
          <span className="text-faint">nobody</span>
        )}
        <span className="text-xs text-muted">{plural(item.nodes ?? 0, "node")}</span>
      </li>
    );
  }
  return (
    <NodeRow
      node={node}
      column={item.column}
      says={saysOf(item)}
      dotted={item.kind === "influence"}
      onChoose={() => onFocus(node.unique_id, item.column === "*" ? null : item.column)}
    />
  );
}

function saysOf(item: ImpactItem): string {
  const words = [
    item.steps === null ? null : plural(item.steps, "step"),
    item.attached_node ? `tests ${testedWords(item)}` : null,
    item.certain ? null : "may be touched: which columns it reads cannot be told",
  ];
  return words.filter((word) => word !== null).join(", ");
}

const testedWords = ({ attached_node, test_column }: ImpactItem) =>
  [attached_node?.split(".").at(-1), test_column].filter(Boolean).join(".");

interface NothingProps {
  first: Impact;
  kind: ImpactKind;
  column: string | null;
}

function Nothing({ first, kind, column }: NothingProps) {
  if ((column !== null || kind === "columns") && first.trace.snapshot === null)
    return <EmptyState title="Not known">The columns of this project have not been read yet.</EmptyState>;
  const whole = first.totals[kind];
  if (whole > 0)
    return <EmptyState title="Nothing matches this filter">{formatNumber(whole)} in all.</EmptyState>;
  return <EmptyState title={`No ${kind} that are known would be touched`} />;
}
