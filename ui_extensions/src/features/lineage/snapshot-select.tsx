import { useInfiniteQuery } from "@tanstack/react-query";
import { snapshotsQuery } from "@/api/snapshot-queries";
import { Button } from "@/components/ui/button";
import { FilterSelect } from "@/components/ui/field";
import { useReading } from "@/lib/reading";
import { formatExact } from "@/lib/time";

interface SnapshotSelectProps {
  workspace: string;
  label: string;
  value: number | null;
  /** What stands for no snapshot, such as "now". */
  none: string;
  onChange: (snapshot: number | null) => void;
}

/** One of the snapshots of the environment, newest first. */
export function SnapshotSelect({ workspace, label, value, none, onChange }: SnapshotSelectProps) {
  const snapshots = useInfiniteQuery(snapshotsQuery(workspace, useReading()));
  const known = snapshots.data?.pages.flatMap((page) => page.items) ?? [];
  const unknown = value !== null && !known.some(({ id }) => id === value);
  return (
    <span className="inline-flex items-center gap-1">
      <FilterSelect
        label={label}
        className="max-w-64"
        value={value === null ? "" : String(value)}
        options={[
          { value: "", label: snapshots.isError ? "Could not load the snapshots" : none },
          ...(unknown ? [{ value: String(value), label: `${label} snapshot ${value}` }] : []),
          ...known.map((one) => ({
            value: String(one.id),
            label: `${label} ${formatExact(one.at)}${one.is_current ? " (newest)" : ""}`,
          })),
        ]}
        onChange={(text) => onChange(text === "" ? null : Number(text))}
      />
      {snapshots.hasNextPage ? (
        <Button
          look="quiet"
          disabled={snapshots.isFetchingNextPage}
          onClick={() => void snapshots.fetchNextPage()}
        >
          Older ones
        </Button>
      ) : null}
    </span>
  );
}
