import { DashboardPage } from "@/features/dashboard/dashboard-page";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  const workspace = useWorkspace();
  return <DashboardPage workspace={workspace.key} name={workspace.name} />;
}
