import type { Snapshot } from "@/api/types";
import { formatNumber, plural } from "@/lib/format";

/** "1,204 nodes, +3 ~12 -1", each sign with its word for those who hear it. */
export function SnapshotCounts({ snapshot }: { snapshot: Snapshot }) {
  const parts = [
    { sign: "+", word: "added", count: snapshot.added, hue: "text-ok" },
    { sign: "~", word: "changed", count: snapshot.changed, hue: "text-warning" },
    { sign: "-", word: "removed", count: snapshot.removed, hue: "text-failed" },
  ].filter(({ count }) => count > 0);
  return (
    <span className="text-xs text-muted">
      {plural(snapshot.nodes, "node")}
      {parts.map(({ sign, word, count, hue }) => (
        <span key={word} className={`ml-1.5 ${hue}`} title={`${formatNumber(count)} ${word}`}>
          <span aria-hidden>{sign}</span>
          {formatNumber(count)}
          <span className="sr-only"> {word}</span>
        </span>
      ))}
    </span>
  );
}
