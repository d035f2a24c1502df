import { useQuery } from "@tanstack/react-query";
import { nodeQuery } from "@/api/node-queries";
import { ButtonLink } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/feedback";
import { PageHeader } from "@/components/ui/page";
import { TypeIcon } from "@/components/ui/resource";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { useUrlState } from "@/lib/url-state";
import { AFRESH } from "./address";
import { LineageView } from "./lineage-view";
import { NodeSearch } from "./node-search";
import { LineageTabs } from "./tabs";

export function LineagePage({ workspace, name }: { workspace: string; name: string }) {
  const { params, patch } = useUrlState();
  const focus = params.get("node");
  const links = useCatalogPaths(workspace);
  const choose = (uniqueId: string, column: string | null = null) =>
    patch({ ...AFRESH, node: uniqueId, column });
  return (
    <div className="flex h-full min-h-0 flex-col max-md:h-auto">
      <PageHeader
        crumbs={[{ label: name, to: links.dashboard() }]}
        title={
          focus ? <FocusTitle workspace={workspace} focus={focus} column={params.get("column")} /> : "Lineage"
        }
        tabTitle={`Lineage ${focus?.split(".").at(-1) ?? ""} · ${name}`}
        actions={
          <div className="w-80 max-w-full">
            <NodeSearch
              workspace={workspace}
              placeholder={focus ? "Put another node in the middle" : "Search a node to begin with"}
              onChoose={(uniqueId) => choose(uniqueId)}
            />
          </div>
        }
      />
      <LineageTabs workspace={workspace} active="around" />
      {focus ? (
        <div className="min-h-0 flex-1">
          <LineageView workspace={workspace} focus={focus} onFocus={choose} />
        </div>
      ) : (
        <EmptyState
          title="Choose a node"
          action={
            <>
              <ButtonLink to={links.catalog()}>Choose from the catalog</ButtonLink>
              <ButtonLink to={links.lineageGraph()}>See the whole project</ButtonLink>
            </>
          }
        >
          The graph opens around one node and grows where you open it: what feeds it on the left, what it
          feeds on the right.
        </EmptyState>
      )}
    </div>
  );
}

interface TitleProps {
  workspace: string;
  focus: string;
  column: string | null;
}

function FocusTitle({ workspace, focus, column }: TitleProps) {
  const node = useQuery(nodeQuery(workspace, useReading(), focus));
  return (
    <>
      Lineage of
      {node.data ? <TypeIcon type={node.data.resource_type} size={18} /> : null}
      <span className="min-w-0 font-mono text-lg break-all">
        {node.data?.name ?? focus.split(".").at(-1)}
        {column === null ? null : <span className="text-accent">.{column}</span>}
      </span>
    </>
  );
}
