import { Tabs } from "@/components/ui/tabs";
import { useCatalogPaths } from "@/lib/reading";

export type LineageTab = "around" | "graph" | "coverage" | "changes";

/** The pages about lineage. */
export function LineageTabs({ workspace, active }: { workspace: string; active: LineageTab }) {
  const links = useCatalogPaths(workspace);
  return (
    <Tabs
      label="Pages about lineage"
      active={active}
      tabs={[
        { key: "around", label: "Around a node", to: links.lineage() },
        { key: "graph", label: "Whole project", to: links.lineageGraph() },
        { key: "coverage", label: "Coverage", to: links.lineageCoverage() },
        { key: "changes", label: "Changes", to: links.lineageChanges() },
      ]}
    />
  );
}
