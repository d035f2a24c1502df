import { useQuery } from "@tanstack/react-query";
import { nodeQuery } from "@/api/node-queries";
import { ButtonLink } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/feedback";
import { PageHeader } from "@/components/ui/page";
import { TypeIcon } from "@/components/ui/resource";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { useUrlState } from "@/lib/url-state";
import { LineageView } from "./lineage-view";
import { NodeSearch } from "./node-search";

const FRESH = { expand_up: null, expand_down: null, selected: null };

export function LineagePage({ workspace, name }: { workspace: string; name: string }) {
  const { params, patch } = useUrlState();
  const focus = params.get("node");
  const links = useCatalogPaths(workspace);
  const choose = (uniqueId: string) => patch({ ...FRESH, node: uniqueId });
  return (
    <div className="flex h-full min-h-0 flex-col">
      <PageHeader
        crumbs={[{ label: name, to: links.dashboard() }]}
        title={focus ? <FocusTitle workspace={workspace} focus={focus} /> : "Lineage"}
        tabTitle={`Lineage ${focus?.split(".").at(-1) ?? ""} · ${name}`}
        actions={
          <div className="w-80 max-w-full">
            <NodeSearch
              workspace={workspace}
              placeholder={focus ? "Put another node in the middle" : "Search a node to begin with"}
              onChoose={choose}
            />
          </div>
        }
      />
      {focus ? (
        <div className="min-h-0 flex-1">
          <LineageView workspace={workspace} focus={focus} onFocus={choose} />
        </div>
      ) : (
        <EmptyState
          title="Choose a node"
          action={<ButtonLink to={links.catalog()}>Choose from the catalog</ButtonLink>}
        >
          The graph opens around one node and grows where you open it: what feeds it on the left, what it
          feeds on the right.
        </EmptyState>
      )}
    </div>
  );
}

function FocusTitle({ workspace, focus }: { workspace: string; focus: string }) {
  const node = useQuery(nodeQuery(workspace, useReading(), focus));
  return (
    <>
      Lineage of
      {node.data ? <TypeIcon type={node.data.resource_type} size={18} /> : null}
      <span className="min-w-0 font-mono text-lg break-all">
        {node.data?.name ?? focus.split(".").at(-1)}
      </span>
    </>
  );
}
