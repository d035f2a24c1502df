import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { ApiError } from "@/api/errors";
import { nodeQuery } from "@/api/node-queries";
import type { NodeDetail } from "@/api/types";
import { ButtonLink } from "@/components/ui/button";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/feedback";
import { PageHeader } from "@/components/ui/page";
import { Tabs } from "@/components/ui/tabs";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { useUrlState } from "@/lib/url-state";
import { BUILDABLE, RELATIONS, WITH_CODE } from "./kinds";
import { NodeChanges } from "./node-changes";
import { NodeCode } from "./node-code";
import { type ColumnLineageParts, NodeColumns } from "./node-columns";
import { NodeActions, NodeFacts, NodeTitle } from "./node-header";
import { NodeOverview } from "./node-overview";
import { NodeRuns } from "./node-runs";
import { NodeTests } from "./node-tests";

interface NodePageProps {
  workspace: string;
  name: string;
  uniqueId: string;
  /** The lineage tab's content: the graph belongs to another feature, the route brings it. */
  lineage: ReactNode;
  columnLineage: ColumnLineageParts;
  /** The same for the choice of the snapshot. */
  asOf: ReactNode;
}

export function NodePage({ workspace, name, uniqueId, lineage, columnLineage, asOf }: NodePageProps) {
  const reading = useReading();
  const links = useCatalogPaths(workspace);
  const node = useQuery(nodeQuery(workspace, reading, uniqueId));
  if (node.error instanceof ApiError && node.error.status === 404) {
    return <NoSuchNode workspace={workspace} name={name} uniqueId={uniqueId} asOf={asOf} />;
  }
  return (
    <>
      <PageHeader
        crumbs={[
          { label: name, to: links.dashboard() },
          { label: "Catalog", to: links.catalog() },
        ]}
        title={<NodeTitle uniqueId={uniqueId} node={node.data} />}
        tabTitle={`${node.data?.name ?? uniqueId} · ${name}`}
        actions={
          <>
            {asOf}
            {node.data ? <NodeActions workspace={workspace} node={node.data} /> : null}
          </>
        }
      >
        {node.data ? <NodeFacts workspace={workspace} node={node.data} /> : null}
      </PageHeader>
      <QueryView query={node} what="this node" skeleton={<Skeleton className="mx-5 h-80" />}>
        {(data) => (
          <NodeTabs workspace={workspace} node={data} lineage={lineage} columnLineage={columnLineage} />
        )}
      </QueryView>
    </>
  );
}

/** Tabs which could never hold anything for this type are not shown; those which hold nothing yet are, and say so. */
function isMeant(tab: string, node: NodeDetail): boolean {
  const type = node.resource_type;
  if (tab === "columns") return RELATIONS.has(type) || node.columns.length > 0;
  if (tab === "code") return WITH_CODE.has(type) || Boolean(node.raw_code ?? node.compiled_code);
  if (tab === "tests") return RELATIONS.has(type) || node.test_results.length > 0;
  if (tab === "runs") return BUILDABLE.has(type) || type === "source";
  if (tab === "lineage") return type !== "doc" && type !== "macro" && type !== "group";
  return true;
}

interface TabsProps {
  workspace: string;
  node: NodeDetail;
  lineage: ReactNode;
  columnLineage: ColumnLineageParts;
}

function NodeTabs({ workspace, node, lineage, columnLineage }: TabsProps) {
  const { params } = useUrlState();
  const links = useCatalogPaths(workspace);
  const active = params.get("tab") ?? "overview";
  const tab = (key: string, label: string, count?: number) => ({
    key,
    label,
    count: count || undefined,
    to: links.node(node.unique_id, { tab: key === "overview" ? null : key }),
  });
  const shown = [
    tab("overview", "Overview"),
    tab("columns", "Columns", node.columns.length),
    tab("lineage", "Lineage"),
    tab("code", "Code"),
    tab("tests", "Tests", node.test_results.length),
    tab("runs", "Runs"),
    tab("changes", "Changes"),
  ].filter(({ key }) => isMeant(key, node));
  const known = shown.some(({ key }) => key === active) ? active : "overview";
  const content: Record<string, ReactNode> = {
    overview: <NodeOverview workspace={workspace} node={node} />,
    columns: <NodeColumns workspace={workspace} node={node} lineage={columnLineage} />,
    lineage,
    code: <NodeCode workspace={workspace} node={node} />,
    tests: <NodeTests workspace={workspace} node={node} />,
    runs: <NodeRuns workspace={workspace} uniqueId={node.unique_id} name={node.name} />,
    changes: <NodeChanges workspace={workspace} uniqueId={node.unique_id} />,
  };
  return (
    <>
      <Tabs label="Parts of this node" tabs={shown} active={known} />
      <div className="px-5 py-4 max-md:px-3">{content[known]}</div>
    </>
  );
}

interface NoSuchProps {
  workspace: string;
  name: string;
  uniqueId: string;
  asOf: ReactNode;
}

function NoSuchNode({ workspace, name, uniqueId, asOf }: NoSuchProps) {
  const links = useCatalogPaths(workspace);
  const { snapshot, environment } = useReading();
  const where = environment ? `the environment ${environment} of ${name}` : `the catalog of ${name}`;
  return (
    <>
      <PageHeader
        crumbs={[
          { label: name, to: links.dashboard() },
          { label: "Catalog", to: links.catalog() },
        ]}
        title="Not in this project"
        actions={asOf}
      />
      <EmptyState
        title={`${uniqueId} is not in ${where}`}
        action={
          <>
            <ButtonLink to={links.catalog({ q: uniqueId.split(".").at(-1) ?? "", resource_type: "all" })}>
              Search for it
            </ButtonLink>
            {snapshot ? (
              <ButtonLink to={links.node(uniqueId, { snapshot: null })}>See it now</ButtonLink>
            ) : null}
          </>
        }
      >
        {snapshot
          ? "It was not there at the time that is looked at."
          : "It may have been renamed or removed since this address was made."}
      </EmptyState>
    </>
  );
}
