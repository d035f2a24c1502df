import { ModelsPage } from "@/features/catalog/models-page";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  const workspace = useWorkspace();
  return <ModelsPage workspace={workspace.key} name={workspace.name} />;
}
