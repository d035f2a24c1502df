import { useParams } from "react-router";
import { EnvironmentPage } from "@/features/environments/environment-page";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  const { environment = "" } = useParams();
  return <EnvironmentPage key={environment} workspace={useWorkspace()} environment={environment} />;
}
