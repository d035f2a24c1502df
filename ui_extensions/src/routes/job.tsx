import { useParams } from "react-router";
import { JobPage } from "@/features/jobs/job-page";
import { JobRules } from "@/features/notifications/job-rules";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  const { job: key = "" } = useParams();
  const workspace = useWorkspace();
  return (
    <JobPage
      key={key}
      workspace={workspace}
      job={key}
      more={(job) => <JobRules workspace={workspace.key} job={job} />}
    />
  );
}
