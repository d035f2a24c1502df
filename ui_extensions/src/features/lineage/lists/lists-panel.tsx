import { X } from "lucide-react";
import { IconButton } from "@/components/ui/button";
import type { GraphView } from "@/features/lineage/address";
import { WIDE_PANEL } from "@/features/lineage/panel/frame";
import { useUrlState } from "@/lib/url-state";
import { ImpactList } from "./impact-list";
import { LISTS, type ListName } from "./names";
import { PathFinder } from "./path-finder";
import { ReachedList } from "./reached-list";

export { listOf } from "./names";

interface ListsPanelProps {
  workspace: string;
  focus: string;
  view: GraphView;
  list: ListName;
  onFocus: (uniqueId: string, column?: string | null) => void;
}

/** All of what lies upstream or downstream, beside the part of it that is drawn. */
export function ListsPanel({ workspace, focus, view, list, onFocus }: ListsPanelProps) {
  const { patch } = useUrlState();
  const name = LISTS.find(({ value }) => value === list)?.label ?? "";
  const of = view.column ?? focus.split(".").at(-1) ?? focus;
  return (
    <aside aria-label={name} className={WIDE_PANEL}>
      <div className="flex items-start justify-between gap-2 px-4 pt-3">
        <h2 className="min-w-0 text-sm font-semibold">
          {name} <span className="font-normal text-muted">of </span>
          <span className="font-mono break-all">{of}</span>
        </h2>
        <IconButton
          label="Close"
          onClick={() => patch({ list: null, lq: null, ltype: null }, { replace: true })}
        >
          <X size={15} aria-hidden />
        </IconButton>
      </div>
      {list === "impact" ? (
        <ImpactList workspace={workspace} focus={focus} view={view} onFocus={onFocus} />
      ) : list === "path" ? (
        <PathFinder key={focus} workspace={workspace} focus={focus} view={view} />
      ) : (
        <ReachedList workspace={workspace} focus={focus} view={view} direction={list} onFocus={onFocus} />
      )}
    </aside>
  );
}
