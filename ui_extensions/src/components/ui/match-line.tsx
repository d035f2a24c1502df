import { Marked } from "@/components/ui/marked";

interface MatchLike {
  field: string;
  text: string;
  ranges: readonly (readonly number[])[];
  column?: string | null;
}

const FIELDS: Record<string, string> = {
  column: "column",
  description: "description",
  tag: "tag",
  code: "SQL",
  unique_id: "id",
};

/** Where a search found something, the found part marked. A name is marked where it stands. */
export function MatchLine({ match }: { match: MatchLike }) {
  if (match.field === "name") return null;
  const where = FIELDS[match.field] ?? match.field;
  const ofColumn = match.column && match.field !== "column" ? ` of ${match.column}` : "";
  return (
    <span className="block min-w-0 truncate text-xs text-muted">
      <span className="text-faint">
        {where}
        {ofColumn}:{" "}
      </span>
      <span className={match.field === "description" ? undefined : "font-mono"}>
        <Marked text={match.text} ranges={match.ranges} />
      </span>
    </span>
  );
}
