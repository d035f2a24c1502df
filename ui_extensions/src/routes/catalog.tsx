import { CatalogPage } from "@/features/catalog/catalog-page";
import { AsOf } from "@/features/snapshots/as-of";
import { useWorkspace } from "@/routes/workspace";

export function Component() {
  const { key, name } = useWorkspace();
  return <CatalogPage workspace={key} name={name} asOf={<AsOf workspace={key} />} />;
}
