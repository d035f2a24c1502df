import { useParams } from "react-router";
import { EditJobPage } from "@/features/jobs/editor-pages";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  const { job = "" } = useParams();
  return <EditJobPage key={job} workspace={useWorkspace()} job={job} />;
}
