import { EvolutionPage } from "@/features/lineage/evolution/evolution-page";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  const { key, name } = useWorkspace();
  return <EvolutionPage workspace={key} name={name} />;
}
