import { RunsPage } from "@/features/runs/runs-page";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  return <RunsPage workspace={useWorkspace()} />;
}
