import { useParams } from "react-router";
import { JobPage } from "@/features/jobs/job-page";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  const { job = "" } = useParams();
  return <JobPage key={job} workspace={useWorkspace()} job={job} />;
}
