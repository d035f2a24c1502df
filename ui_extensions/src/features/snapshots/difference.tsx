import { useQuery } from "@tanstack/react-query";
import { ChevronDown, ChevronRight } from "lucide-react";
import { Link } from "react-router";
import type { Difference, DifferenceItem, DifferenceQuery } from "@/api/types";
import { Button } from "@/components/ui/button";
import { BreakingMark, ChangeList } from "@/components/ui/change-list";
import { CursorPager } from "@/components/ui/cursor-pager";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { FilterSelect, SearchBox } from "@/components/ui/field";
import { Panel } from "@/components/ui/page";
import { TypeIcon } from "@/components/ui/resource";
import { Segmented } from "@/components/ui/segmented";
import { formatNumber, typePlural } from "@/lib/format";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { useUrlState } from "@/lib/url-state";
import { DIFFERENCE_PAGE_SIZE, differenceQuery } from "./queries";

const TYPES = [
  "model",
  "source",
  "seed",
  "snapshot",
  "test",
  "unit_test",
  "exposure",
  "metric",
  "semantic_model",
  "saved_query",
  "macro",
];
const KINDS = ["removed", "renamed", "changed", "added"] as const;
const WORDS: Record<string, string> = {
  added: "added",
  removed: "removed",
  renamed: "renamed",
  changed: "changed",
};
const HUES: Record<string, string> = {
  added: "text-ok",
  removed: "text-failed",
  renamed: "text-running",
  changed: "text-warning",
};

interface DifferenceProps {
  workspace: string;
  from: number;
  to: number;
}

function queryOf(params: URLSearchParams): DifferenceQuery {
  const chosen = params.get("kind");
  const kind = KINDS.find((one) => one === chosen);
  const [type, q, cursor] = [params.get("resource_type"), params.get("q"), params.get("cursor")];
  return {
    ...(chosen === "breaking" && { breaking: true }),
    ...(kind && { kind: [kind] }),
    ...(type && { resource_type: [type] }),
    ...(q && { q }),
    ...(cursor && { cursor }),
  };
}

export function DifferenceView({ workspace, from, to }: DifferenceProps) {
  const { params, patch } = useUrlState();
  const difference = useQuery(differenceQuery(workspace, useReading(), from, to, queryOf(params)));
  const restart = { cursor: null, page: null };
  return (
    <QueryView query={difference} what="the difference">
      {(data) => (
        <div className="flex flex-col gap-3">
          <div className="flex flex-wrap items-center gap-2">
            <Segmented
              label="Kind of change"
              value={params.get("kind") ?? ""}
              options={kindsOf(data)}
              onChange={(kind) => patch({ kind, ...restart })}
            />
            <FilterSelect
              label="Type"
              value={params.get("resource_type") ?? ""}
              options={[
                { value: "", label: "Any type" },
                ...TYPES.map((type) => ({ value: type, label: typePlural(type) })),
              ]}
              onChange={(type) => patch({ resource_type: type, ...restart })}
            />
            <SearchBox
              main
              className="min-w-48 flex-1 md:max-w-72"
              placeholder="Search the changes"
              value={params.get("q") ?? ""}
              onChange={(q) => patch({ q, ...restart }, { replace: true })}
            />
          </div>
          <Items workspace={workspace} difference={data} />
        </div>
      )}
    </QueryView>
  );
}

function kindsOf({ summary }: Difference) {
  const all = KINDS.reduce((sum, kind) => sum + summary[kind], 0);
  return [
    { value: "", label: "everything", count: all },
    { value: "breaking", label: "breaking", count: summary.breaking },
    ...KINDS.map((kind) => ({ value: kind, label: WORDS[kind], count: summary[kind] })),
  ];
}

function Items({ workspace, difference }: { workspace: string; difference: Difference }) {
  const { params, patch } = useUrlState();
  const { summary, items } = difference;
  const opened = params.getAll("open");
  const toggle = (id: string) =>
    patch(
      { open: opened.includes(id) ? opened.filter((one) => one !== id) : [...opened, id] },
      { replace: true },
    );
  if (items.length === 0) {
    const none = KINDS.every((kind) => summary[kind] === 0);
    return none ? (
      <EmptyState title="Nothing is different">
        Both snapshots hold the same nodes with the same contents.
      </EmptyState>
    ) : (
      <EmptyState
        title="Nothing matches these filters"
        action={
          <Button
            onClick={() => patch({ kind: null, resource_type: null, q: null, cursor: null, page: null })}
          >
            Clear the filters
          </Button>
        }
      />
    );
  }
  return (
    <Panel>
      <ul aria-label="Changed nodes">
        {items.map((item) => (
          <Item
            key={item.unique_id}
            workspace={workspace}
            item={item}
            from={difference.from.id}
            to={difference.to.id}
            open={opened.includes(item.unique_id)}
            onToggle={() => toggle(item.unique_id)}
          />
        ))}
      </ul>
      <CursorPager
        pageSize={DIFFERENCE_PAGE_SIZE}
        shown={items.length}
        total={difference.total}
        nextCursor={difference.next_cursor}
      />
    </Panel>
  );
}

interface ItemProps {
  workspace: string;
  item: DifferenceItem;
  from: number;
  to: number;
  open: boolean;
  onToggle: () => void;
}

function Item({ workspace, item, from, to, open, onToggle }: ItemProps) {
  const links = useCatalogPaths(workspace);
  const Icon = open ? ChevronDown : ChevronRight;
  const snapshot = String(item.kind === "removed" ? from : to);
  return (
    <li className="border-b last:border-b-0">
      <div className="flex flex-wrap items-center gap-x-2 gap-y-0.5 px-3 py-1.5">
        <button
          type="button"
          aria-expanded={open}
          aria-label={`What changed in ${item.name}`}
          disabled={item.changes.length === 0}
          onClick={onToggle}
          className="group inline-flex items-center gap-1.5 rounded-sm"
        >
          <Icon size={14} className="text-faint group-disabled:invisible" aria-hidden />
          <span className={`w-16 text-left text-xs ${HUES[item.kind] ?? ""}`}>
            {WORDS[item.kind] ?? item.kind}
          </span>
        </button>
        <TypeIcon type={item.resource_type} />
        <Link
          to={links.node(item.unique_id, { snapshot })}
          className="min-w-0 font-mono text-sm break-all hover:underline"
          title={item.unique_id}
        >
          {item.name}
        </Link>
        {item.renamed_from ? (
          <span className="text-xs text-muted">
            was <code className="font-mono break-all">{item.renamed_from.split(".").at(-1)}</code>
          </span>
        ) : null}
        {item.breaking ? <BreakingMark /> : null}
        <span className="ml-auto text-xs text-faint">
          {item.changes.length > 0
            ? `${formatNumber(item.changes.length)} ${item.changes.length === 1 ? "change" : "changes"}`
            : null}
        </span>
      </div>
      {item.reasons.length > 0 ? (
        <ul className="px-3 pb-1.5 pl-10 text-sm text-muted">
          {item.reasons.map((reason) => (
            <li key={reason} className="break-words">
              {reason}
            </li>
          ))}
        </ul>
      ) : null}
      {open && item.changes.length > 0 ? (
        <div className="border-t bg-surface px-3 py-2.5 md:pl-10">
          <ChangeList changes={item.changes} />
        </div>
      ) : null}
    </li>
  );
}
