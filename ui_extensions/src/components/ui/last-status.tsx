import { StatusMark, StatusWord } from "@/components/ui/status";
import { Unknown } from "@/components/ui/time";
import { type Executable, lastStatus } from "@/lib/status";

const NOT_RUN = "dbt does not run this by itself";

/** The last result of a node; a dash for what dbt never runs by itself. */
export function LastStatusWord({ node }: { node: Executable }) {
  const status = lastStatus(node);
  return status ? <StatusWord status={status} /> : <Unknown why={NOT_RUN} />;
}

/** Only the shape, for cards and short lists. */
export function LastStatusMark({ node, size }: { node: Executable; size?: number }) {
  const status = lastStatus(node);
  return status ? <StatusMark tone={status.tone} title={status.label} size={size ?? 14} /> : null;
}
