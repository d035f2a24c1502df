import { StatusMark, toneText } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { formatNumber, plural } from "@/lib/format";
import { bySeverity, nodeStatus, type Tone } from "@/lib/status";

interface Part {
  tone: Tone;
  count: number;
  words: string;
}

/** One part per state, the worst first; its words say which of dbt's statuses it is made of. */
function partsOf(counts: Record<string, number>): Part[] {
  const parts = new Map<Tone, Part>();
  for (const [word, count] of Object.entries(counts)) {
    if (count <= 0) continue;
    const { tone, label } = nodeStatus(word);
    const part = parts.get(tone) ?? { tone, count: 0, words: "" };
    const words =
      label === "Error" ? plural(count, "error") : `${formatNumber(count)} ${label.toLowerCase()}`;
    parts.set(tone, {
      tone,
      count: part.count + count,
      words: part.words ? `${part.words}, ${words}` : words,
    });
  }
  return [...parts.values()].sort((left, right) => bySeverity(left.tone, right.tone));
}

/** How the nodes of a run fared, briefly or in words. */
export function NodeCounts({ counts, words = false }: { counts: Record<string, number>; words?: boolean }) {
  const parts = partsOf(counts);
  if (parts.length === 0) return <span className="text-faint">none</span>;
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2.5 gap-y-0.5">
      {parts.map((part) => (
        <span
          key={part.tone}
          className={cn("inline-flex items-center gap-1", toneText(part.tone))}
          title={part.words}
        >
          <StatusMark tone={part.tone} size={12} />
          {words ? (
            part.words
          ) : (
            <>
              {formatNumber(part.count)}
              <span className="sr-only">({part.words})</span>
            </>
          )}
        </span>
      ))}
    </span>
  );
}
