import { Link } from "react-router";
import type { ColumnEdge, ColumnRef } from "@/api/lineage-types";
import { Hint } from "@/components/ui/hint";
import { TypeIcon } from "@/components/ui/resource";
import {
  ALL_ROWS,
  columnWord,
  confidenceShort,
  confidenceWords,
  knownFrom,
  transformWords,
} from "@/features/lineage/words";
import { cn } from "@/lib/cn";
import { useCatalogPaths } from "@/lib/reading";

/** "warehouse", with what that means. */
export function KnownFromBadge({ value }: { value: string }) {
  const { word, says } = knownFrom(value);
  return (
    <Hint
      says={says}
      className={cn(
        "rounded-sm border px-1 text-2xs text-muted",
        (value === "unknown" || value === "inferred") && "border-dashed",
      )}
    >
      {word}
    </Hint>
  );
}

/** "likely", with why; nothing where it is certain. */
export function ConfidenceMark({ confidence }: { confidence: number }) {
  if (confidence >= 1) return null;
  return (
    <Hint
      says={confidenceWords(confidence)}
      className="rounded-sm bg-warning-soft px-1 text-2xs text-warning"
    >
      {confidenceShort(confidence)}
    </Hint>
  );
}

/** "orders.amount", to its own lineage. */
export function ColumnLink({ workspace, end }: { workspace: string; end: ColumnRef }) {
  const links = useCatalogPaths(workspace);
  const word = columnWord(end.column);
  return (
    <Link
      to={links.lineage({ node: end.node, ...(end.column === ALL_ROWS ? {} : { column: end.column }) })}
      title={`Lineage of ${word} of ${end.node}`}
      className="inline-flex max-w-full min-w-0 items-center gap-1 hover:underline"
    >
      <TypeIcon type={end.resource_type} size={13} />
      <span className="min-w-0 font-mono text-xs break-all">
        {end.name}
        {end.column === ALL_ROWS ? (
          <span className="font-sans whitespace-nowrap text-muted">, all rows</span>
        ) : (
          <>
            .<span className="font-medium">{end.column}</span>
          </>
        )}
      </span>
    </Link>
  );
}

/** "computed from it", "decides which rows are kept". */
export function TransformWord({ edge }: { edge: ColumnEdge }) {
  return (
    <span className={cn("text-xs text-muted", edge.kind === "influence" && "italic")}>
      {transformWords(edge.transform)}
    </span>
  );
}
