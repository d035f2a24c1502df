import { useInfiniteQuery } from "@tanstack/react-query";
import { ArrowRightLeft } from "lucide-react";
import { Link } from "react-router";
import { snapshotsQuery } from "@/api/snapshot-queries";
import type { Snapshot } from "@/api/types";
import { Button, ButtonLink, IconButton } from "@/components/ui/button";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { PageHeader, Panel } from "@/components/ui/page";
import { cn } from "@/lib/cn";
import { originWord } from "@/lib/origin";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { formatExact } from "@/lib/time";
import { useUrlState } from "@/lib/url-state";
import { DifferenceView } from "./difference";
import { SnapshotCounts } from "./snapshot-words";

/** What changed between two snapshots: what breaks others first. */
export function ChangesPage({ workspace, name }: { workspace: string; name: string }) {
  const links = useCatalogPaths(workspace);
  const snapshots = useInfiniteQuery(snapshotsQuery(workspace, useReading()));
  return (
    <>
      <PageHeader
        crumbs={[{ label: name, to: links.dashboard() }]}
        title="Changes"
        tabTitle={`Changes · ${name}`}
      />
      <div className="px-5 pb-6 max-md:px-3">
        <QueryView query={snapshots} what="the snapshots">
          {({ pages }) => (
            <Compare
              workspace={workspace}
              snapshots={pages.flatMap((page) => page.items)}
              onOlder={snapshots.hasNextPage ? () => void snapshots.fetchNextPage() : null}
            />
          )}
        </QueryView>
      </div>
    </>
  );
}

interface CompareProps {
  workspace: string;
  snapshots: Snapshot[];
  /** Loads those before; null where there are none. */
  onOlder: (() => void) | null;
}

function Compare({ workspace, snapshots, onOlder }: CompareProps) {
  const { params, patch } = useUrlState();
  const links = useCatalogPaths(workspace);
  const to = idOf(params.get("to")) ?? snapshots[0]?.id;
  const from = idOf(params.get("from")) ?? before(snapshots, to);
  if (snapshots.length === 0) {
    return (
      <EmptyState
        title="There is no snapshot yet"
        action={<ButtonLink to={links.artifacts()}>Bring artifacts</ButtonLink>}
      >
        Each ingest of artifacts, by a run or from outside, makes one. Two of them can be compared.
      </EmptyState>
    );
  }
  const choose = (side: "from" | "to", id: number) => patch({ [side]: id, cursor: null, open: null });
  return (
    <div className="grid gap-4 lg:grid-cols-[20rem_minmax(0,1fr)]">
      <Panel className="self-start lg:max-h-[calc(100dvh-8rem)] lg:overflow-y-auto">
        <div className="flex items-center justify-between border-b bg-surface px-3 py-1 text-xs text-muted">
          <span>From</span>
          <span>Snapshots</span>
          <span>To</span>
        </div>
        <ul aria-label="Snapshots" className="max-lg:max-h-72 max-lg:overflow-y-auto">
          {snapshots.map((snapshot) => (
            <SnapshotRow
              key={snapshot.id}
              snapshot={snapshot}
              isFrom={snapshot.id === from}
              isTo={snapshot.id === to}
              onChoose={choose}
            />
          ))}
        </ul>
        {onOlder ? (
          <Button look="quiet" className="w-full" onClick={onOlder}>
            Older ones
          </Button>
        ) : null}
      </Panel>
      <div className="min-w-0">
        {from === undefined || to === undefined ? (
          <EmptyState title="There is only one snapshot">
            The next ingest that finds something different makes another, and the difference is shown here.
          </EmptyState>
        ) : (
          <>
            <Chosen
              from={named(snapshots, from)}
              to={named(snapshots, to)}
              onSwap={() => patch({ from: to, to: from, cursor: null, open: null })}
              lineage={links.lineageChanges({ from, to })}
            />
            <DifferenceView workspace={workspace} from={from} to={to} />
          </>
        )}
      </div>
    </div>
  );
}

const idOf = (text: string | null) => (text !== null && /^\d+$/.test(text) ? Number(text) : undefined);

/** The snapshot that came before another. */
export function before(snapshots: readonly Snapshot[], id: number | undefined): number | undefined {
  return snapshots[snapshots.findIndex((one) => one.id === id) + 1]?.id;
}

function named(snapshots: Snapshot[], id: number): string {
  const found = snapshots.find((one) => one.id === id);
  return found ? formatExact(found.at) : `snapshot ${id}`;
}

interface ChosenProps {
  from: string;
  to: string;
  onSwap: () => void;
  /** Where the changes of column lineage between the two are. */
  lineage: string;
}

function Chosen({ from, to, onSwap, lineage }: ChosenProps) {
  return (
    <p className="mb-3 flex flex-wrap items-center gap-x-2 text-sm">
      From <strong className="font-medium">{from}</strong> to <strong className="font-medium">{to}</strong>
      <IconButton label="Compare the other way round" onClick={onSwap}>
        <ArrowRightLeft size={14} aria-hidden />
      </IconButton>
      <Link className="text-accent hover:underline" to={lineage}>
        What changed in column lineage
      </Link>
    </p>
  );
}

interface RowProps {
  snapshot: Snapshot;
  isFrom: boolean;
  isTo: boolean;
  onChoose: (side: "from" | "to", id: number) => void;
}

function SnapshotRow({ snapshot, isFrom, isTo, onChoose }: RowProps) {
  const at = formatExact(snapshot.at);
  return (
    <li
      className={cn(
        "flex items-center gap-2.5 border-b px-3 py-1.5 last:border-b-0",
        (isFrom || isTo) && "bg-accent-soft",
      )}
    >
      <input
        type="radio"
        name="from"
        className="accent-accent"
        aria-label={`From ${at}`}
        checked={isFrom}
        onChange={() => onChoose("from", snapshot.id)}
      />
      <div className="min-w-0 flex-1">
        <p className="text-sm">
          {at}
          {snapshot.is_current ? <strong className="ml-2 text-xs font-medium text-accent">now</strong> : null}
        </p>
        <p className="flex flex-wrap gap-x-2">
          <span className="text-xs text-faint">from {originWord(snapshot.origin)}</span>
          <SnapshotCounts snapshot={snapshot} />
        </p>
      </div>
      <input
        type="radio"
        name="to"
        className="accent-accent"
        aria-label={`To ${at}`}
        checked={isTo}
        onChange={() => onChoose("to", snapshot.id)}
      />
    </li>
  );
}
