import { ArtifactsPage } from "@/features/artifacts/artifacts-page";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  return <ArtifactsPage workspace={useWorkspace()} />;
}
