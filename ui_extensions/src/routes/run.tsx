import { useParams } from "react-router";
import { RunPage } from "@/features/runs/run-page";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  const { runId = "" } = useParams();
  return <RunPage workspace={useWorkspace()} runId={runId} />;
}
