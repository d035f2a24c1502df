import { useNavigate, useParams } from "react-router";
import { NodePage } from "@/features/catalog/node-page";
import { ColumnLineageNote, ColumnSources, FurtherColumns } from "@/features/lineage/column-sources";
import { LineageView } from "@/features/lineage/lineage-view";
import { AsOf } from "@/features/snapshots/as-of";
import { useCatalogPaths } from "@/lib/reading";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  const { key, name } = useWorkspace();
  const links = useCatalogPaths(key);
  const navigate = useNavigate();
  const { uniqueId = "" } = useParams();
  const lineage = (
    <div className="overflow-hidden rounded-md border md:h-[70dvh] md:min-h-96">
      <LineageView
        workspace={key}
        focus={uniqueId}
        onFocus={(other, column) => navigate(links.node(other, { tab: "lineage", column: column ?? null }))}
      />
    </div>
  );
  const of = { workspace: key, uniqueId };
  const columnLineage = {
    note: <ColumnLineageNote {...of} />,
    sources: (column: string) => <ColumnSources {...of} column={column} />,
    further: (known: readonly string[]) => <FurtherColumns {...of} known={known} />,
  };
  return (
    <NodePage
      key={uniqueId}
      workspace={key}
      name={name}
      uniqueId={uniqueId}
      lineage={lineage}
      columnLineage={columnLineage}
      asOf={<AsOf workspace={key} />}
    />
  );
}
