import { WholePage } from "@/features/lineage/canvas/whole-page";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  const { key, name } = useWorkspace();
  return <WholePage workspace={key} name={name} />;
}
