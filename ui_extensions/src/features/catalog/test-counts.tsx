import type { NodeItem } from "@/api/types";
import { StatusMark, toneText } from "@/components/ui/status";
import { Unknown } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { formatNumber } from "@/lib/format";
import type { Tone } from "@/lib/status";

const PARTS: { key: "failed" | "warned" | "passed" | "unknown"; tone: Tone; word: string }[] = [
  { key: "failed", tone: "failed", word: "failed" },
  { key: "warned", tone: "warning", word: "warned" },
  { key: "passed", tone: "ok", word: "passed" },
  { key: "unknown", tone: "unknown", word: "never run" },
];
const UNTESTABLE = new Set([
  "test",
  "unit_test",
  "exposure",
  "metric",
  "semantic_model",
  "saved_query",
  "macro",
  "analysis",
]);

/** Results of a node's tests. A node that could have tests and has none says so. */
export function TestCounts({ node }: { node: Pick<NodeItem, "tests" | "resource_type"> }) {
  if (node.tests.total === 0) {
    return UNTESTABLE.has(node.resource_type) ? (
      <Unknown why="is not tested" />
    ) : (
      <span className="text-faint">none</span>
    );
  }
  return (
    <span className="inline-flex items-center gap-2.5">
      {PARTS.filter(({ key }) => node.tests[key] > 0).map(({ key, tone, word }) => (
        <span
          key={key}
          className={cn("inline-flex items-center gap-1", toneText(tone))}
          title={`${formatNumber(node.tests[key])} ${word}`}
        >
          <StatusMark tone={tone} size={12} />
          {formatNumber(node.tests[key])}
          <span className="sr-only">{word}</span>
        </span>
      ))}
    </span>
  );
}
