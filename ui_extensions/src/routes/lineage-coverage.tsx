import { CoveragePage } from "@/features/lineage/coverage/coverage-page";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  const { key, name } = useWorkspace();
  return <CoveragePage workspace={key} name={name} />;
}
