import { useSearchParams } from "react-router";
import { NewJobPage } from "@/features/jobs/editor-pages";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  const [params] = useSearchParams();
  return <NewJobPage workspace={useWorkspace()} like={params.get("like")} />;
}
