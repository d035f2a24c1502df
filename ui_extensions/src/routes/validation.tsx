import { AsOf } from "@/features/snapshots/as-of";
import { ValidationPage } from "@/features/validation/validation-page";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  const { key, name } = useWorkspace();
  return <ValidationPage workspace={key} name={name} asOf={<AsOf workspace={key} />} />;
}
