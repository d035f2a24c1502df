import { ChangesPage } from "@/features/snapshots/changes-page";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  const { key, name } = useWorkspace();
  return <ChangesPage workspace={key} name={name} />;
}
