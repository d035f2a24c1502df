import { Link } from "react-router";
import type { NodeRef } from "@/api/types";
import { LastStatusMark } from "@/components/ui/last-status";
import { Panel, Section } from "@/components/ui/page";
import { TypeIcon } from "@/components/ui/resource";
import { formatNumber } from "@/lib/format";
import { useCatalogPaths } from "@/lib/reading";

interface RefsProps {
  workspace: string;
  title: string;
  refs: readonly NodeRef[];
  /** How many there are, where not all are listed. */
  total: number | null;
  none: string;
}

/** Nodes that this one has to do with. */
export function NodeRefs({ workspace, title, refs, total, none }: RefsProps) {
  const links = useCatalogPaths(workspace);
  const count = Math.max(total ?? 0, refs.length);
  return (
    <Section title={count > 0 ? `${title} (${formatNumber(count)})` : title}>
      {refs.length === 0 ? (
        <p className="text-sm text-muted">{none}</p>
      ) : (
        <Panel className="max-h-96 overflow-y-auto">
          <ul>
            {refs.map((ref) => (
              <li key={ref.unique_id} className="border-b last:border-b-0">
                <Link
                  to={links.node(ref.unique_id)}
                  className="flex items-center gap-2 px-3 py-1.5 text-sm hover:bg-hover"
                >
                  <TypeIcon type={ref.resource_type} />
                  <span className="min-w-0 flex-1 truncate font-mono" title={ref.unique_id}>
                    {ref.name}
                  </span>
                  {ref.materialization ? (
                    <span className="text-xs text-faint">{ref.materialization}</span>
                  ) : null}
                  <LastStatusMark node={ref} />
                </Link>
              </li>
            ))}
          </ul>
          {count > refs.length ? (
            <p className="border-t px-3 py-1.5 text-sm text-muted">
              {formatNumber(count - refs.length)} more; the lineage shows them all.
            </p>
          ) : null}
        </Panel>
      )}
    </Section>
  );
}
