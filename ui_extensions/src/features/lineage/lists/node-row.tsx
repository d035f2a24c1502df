import type { NodeRef } from "@/api/types";
import { LastStatusMark } from "@/components/ui/last-status";
import { TypeIcon } from "@/components/ui/resource";
import { ALL_ROWS } from "@/features/lineage/words";

interface NodeRowProps {
  node: NodeRef;
  column?: string | null;
  says: string;
  /** Reached by influence only. */
  dotted?: boolean;
  onChoose: () => void;
}

/** A node or column of a list; choosing it puts it in the middle. */
export function NodeRow({ node, column = null, says, dotted = false, onChoose }: NodeRowProps) {
  const rows = column === ALL_ROWS;
  return (
    <li className="border-b last:border-b-0">
      <button
        type="button"
        data-row
        onClick={onChoose}
        title={node.unique_id}
        className="flex w-full items-start gap-2 px-4 py-1.5 text-left -outline-offset-2 hover:bg-hover"
      >
        <span className="mt-0.5">
          <TypeIcon type={node.resource_type} size={14} />
        </span>
        <span className="min-w-0 flex-1">
          <span className="block font-mono text-xs break-all">
            {node.name}
            {column === null || rows ? null : (
              <>
                .<strong className="font-semibold">{column}</strong>
              </>
            )}
          </span>
          <span className="block text-2xs text-muted">
            {rows ? "all rows, " : ""}
            {says}
            {dotted ? ", by influence" : ""}
          </span>
        </span>
        <span className="mt-0.5">
          <LastStatusMark node={node} size={12} />
        </span>
      </button>
    </li>
  );
}
