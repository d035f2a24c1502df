import { useNavigate, useParams } from "react-router";
import { NodePage } from "@/features/catalog/node-page";
import { LineageView } from "@/features/lineage/lineage-view";
import { paths } from "@/lib/paths";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  const workspace = useWorkspace();
  const navigate = useNavigate();
  const { uniqueId = "" } = useParams();
  const lineage = (
    <div className="h-[70dvh] min-h-96 overflow-hidden rounded-md border">
      <LineageView
        workspace={workspace.key}
        focus={uniqueId}
        onFocus={(other) => navigate(paths.node(workspace.key, other, { tab: "lineage" }))}
      />
    </div>
  );
  return (
    <NodePage
      key={uniqueId}
      workspace={workspace.key}
      name={workspace.name}
      uniqueId={uniqueId}
      lineage={lineage}
    />
  );
}
