import { EnvironmentsPage } from "@/features/environments/environments-page";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  return <EnvironmentsPage workspace={useWorkspace()} />;
}
