import { JobsPage } from "@/features/jobs/jobs-page";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  return <JobsPage workspace={useWorkspace()} />;
}
