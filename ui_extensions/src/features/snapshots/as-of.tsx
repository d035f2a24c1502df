import { useInfiniteQuery } from "@tanstack/react-query";
import { Check, History } from "lucide-react";
import { useState } from "react";
import { snapshotsQuery } from "@/api/snapshot-queries";
import type { Snapshot } from "@/api/types";
import { Button } from "@/components/ui/button";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { Popover } from "@/components/ui/popover";
import { Ago } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { originWord } from "@/lib/origin";
import { useReading } from "@/lib/reading";
import { formatExact } from "@/lib/time";
import { useUrlState } from "@/lib/url-state";
import { SnapshotCounts } from "./snapshot-words";

/** Chooses which snapshot the page shows; the choice is in the address. */
export function AsOf({ workspace }: { workspace: string }) {
  const { patch } = useUrlState();
  const reading = useReading();
  const [open, setOpen] = useState(false);
  const choose = (snapshot: string | null) => {
    setOpen(false);
    patch({ snapshot, cursor: null, page: null });
  };
  return (
    <Popover
      label="Snapshots"
      className="w-96 p-1"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <Button className={reading.snapshot ? "border-warning" : undefined}>
          <History size={14} aria-hidden />
          {reading.snapshot ? "As of a snapshot" : "Now"}
        </Button>
      }
    >
      {open ? <SnapshotList workspace={workspace} current={reading.snapshot} onChoose={choose} /> : null}
    </Popover>
  );
}

interface ListProps {
  workspace: string;
  current: string;
  onChoose: (snapshot: string | null) => void;
}

function SnapshotList({ workspace, current, onChoose }: ListProps) {
  const snapshots = useInfiniteQuery(snapshotsQuery(workspace, useReading()));
  return (
    <QueryView query={snapshots} what="the snapshots" compact>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items);
        if (items.length === 0) {
          return (
            <EmptyState title="There is no snapshot yet">Each ingest of artifacts makes one.</EmptyState>
          );
        }
        return (
          <>
            <ul aria-label="Snapshots">
              {items.map((snapshot) => (
                <li key={snapshot.id}>
                  <SnapshotButton
                    snapshot={snapshot}
                    chosen={snapshot.is_current ? current === "" : current === String(snapshot.id)}
                    onChoose={() => onChoose(snapshot.is_current ? null : String(snapshot.id))}
                  />
                </li>
              ))}
            </ul>
            {snapshots.hasNextPage ? (
              <Button
                look="quiet"
                className="w-full"
                disabled={snapshots.isFetchingNextPage}
                onClick={() => void snapshots.fetchNextPage()}
              >
                Older ones
              </Button>
            ) : null}
          </>
        );
      }}
    </QueryView>
  );
}

interface ButtonProps {
  snapshot: Snapshot;
  chosen: boolean;
  onChoose: () => void;
}

function SnapshotButton({ snapshot, chosen, onChoose }: ButtonProps) {
  return (
    <button
      type="button"
      aria-pressed={chosen}
      onClick={onChoose}
      className={cn(
        "flex w-full items-center gap-2 rounded-sm px-2 py-1 text-left hover:bg-hover",
        chosen && "bg-accent-soft",
      )}
    >
      <span className="min-w-0 flex-1">
        <span className="flex flex-wrap items-baseline gap-x-2 text-sm">
          {formatExact(snapshot.at)}
          {snapshot.is_current ? <strong className="text-xs font-medium text-accent">now</strong> : null}
        </span>
        <span className="flex flex-wrap gap-x-2">
          <span className="text-xs text-faint">from {originWord(snapshot.origin)}</span>
          <SnapshotCounts snapshot={snapshot} />
        </span>
      </span>
      {chosen ? <Check size={14} aria-hidden className="text-accent" /> : null}
    </button>
  );
}

/** Says that what is seen is of the past, and leads back. Nothing where the page is of now. */
export function AsOfBanner({ workspace }: { workspace: string }) {
  const { patch } = useUrlState();
  const reading = useReading();
  const snapshots = useInfiniteQuery({
    ...snapshotsQuery(workspace, reading),
    enabled: reading.snapshot !== "",
  });
  if (reading.snapshot === "") return null;
  const snapshot = snapshots.data?.pages
    .flatMap((page) => page.items)
    .find((one) => String(one.id) === reading.snapshot);
  return (
    <div
      role="status"
      className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b bg-warning-soft px-5 py-1.5 text-sm max-md:px-3"
    >
      <History size={15} aria-hidden className="text-warning" />
      {snapshot ? (
        <span>
          As of <strong className="font-semibold">{formatExact(snapshot.at)}</strong>{" "}
          <span className="text-muted">
            (<Ago at={snapshot.at} />, from {originWord(snapshot.origin)})
          </span>
        </span>
      ) : (
        <span>
          As of snapshot <strong className="font-semibold">{reading.snapshot}</strong>
        </span>
      )}
      <button
        type="button"
        className="font-medium text-accent underline"
        onClick={() => patch({ snapshot: null, cursor: null, page: null })}
      >
        Back to now
      </button>
    </div>
  );
}
