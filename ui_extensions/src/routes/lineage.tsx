import { LineagePage } from "@/features/lineage/lineage-page";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  const workspace = useWorkspace();
  return <LineagePage workspace={workspace.key} name={workspace.name} />;
}
