import { useQuery } from "@tanstack/react-query";
import { ExternalLink, Play, Workflow } from "lucide-react";
import type { ReactNode } from "react";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import { ApiError } from "@/api/errors";
import { nodeQuery } from "@/api/node-queries";
import type { NodeDetail } from "@/api/types";
import { ButtonAnchor, ButtonLink } from "@/components/ui/button";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/feedback";
import { LastStatusWord } from "@/components/ui/last-status";
import { type Fact, Facts, PageHeader } from "@/components/ui/page";
import { TypeIcon, TypeWord } from "@/components/ui/resource";
import { StatusWord } from "@/components/ui/status";
import { Tabs } from "@/components/ui/tabs";
import { Ago, Duration } from "@/components/ui/time";
import { paths } from "@/lib/paths";
import { freshnessStatus } from "@/lib/status";
import { useUrlState } from "@/lib/url-state";
import { NodeCode } from "./node-code";
import { NodeColumns } from "./node-columns";
import { NodeOverview } from "./node-overview";
import { NodeRuns } from "./node-runs";
import { NodeTests } from "./node-tests";
import { TestCounts } from "./test-counts";

interface NodePageProps {
  workspace: string;
  name: string;
  uniqueId: string;
  /** The lineage tab's content: the graph belongs to another feature, the route brings it. */
  lineage: ReactNode;
}

const RELATIONS = new Set(["model", "seed", "snapshot", "source"]);
const BUILDABLE = new Set(["model", "seed", "snapshot", "test", "unit_test"]);

export function NodePage({ workspace, name, uniqueId, lineage }: NodePageProps) {
  const node = useQuery(nodeQuery(workspace, uniqueId));
  if (node.error instanceof ApiError && node.error.status === 404) {
    return <NoSuchNode workspace={workspace} name={name} uniqueId={uniqueId} />;
  }
  return (
    <>
      <PageHeader
        crumbs={[
          { label: name, to: paths.dashboard(workspace) },
          { label: "Models", to: paths.models(workspace) },
        ]}
        title={<NodeTitle uniqueId={uniqueId} node={node.data} />}
        tabTitle={`${node.data?.name ?? uniqueId} · ${name}`}
        actions={node.data ? <NodeActions workspace={workspace} node={node.data} /> : null}
      >
        {node.data ? <NodeFacts workspace={workspace} node={node.data} /> : null}
      </PageHeader>
      <QueryView query={node} what="this node" skeleton={<Skeleton className="mx-5 h-80" />}>
        {(data) => <NodeTabs workspace={workspace} node={data} lineage={lineage} />}
      </QueryView>
    </>
  );
}

function NodeTitle({ uniqueId, node }: { uniqueId: string; node: NodeDetail | undefined }) {
  return (
    <>
      {node ? <TypeIcon type={node.resource_type} size={18} /> : null}
      <span className="min-w-0 font-mono text-lg break-all">{node?.name ?? uniqueId.split(".").at(-1)}</span>
    </>
  );
}

function NodeActions({ workspace, node }: { workspace: string; node: NodeDetail }) {
  const start = useMay("run:start", workspace);
  const dagster = useMay("dagster:read", workspace);
  return (
    <>
      <ButtonLink to={paths.lineage(workspace, { node: node.unique_id })}>
        <Workflow size={14} aria-hidden />
        Lineage
      </ButtonLink>
      {node.dagster_asset_path ? (
        <ButtonAnchor href={node.dagster_asset_path} denied={dagster.why}>
          <ExternalLink size={14} aria-hidden />
          Asset in Dagster
        </ButtonAnchor>
      ) : null}
      {BUILDABLE.has(node.resource_type) ? (
        <ButtonLink
          look="primary"
          denied={start.why}
          to={paths.runs(workspace, { new: 1, command: "build", select: node.name })}
        >
          <Play size={14} aria-hidden />
          Build
        </ButtonLink>
      ) : null}
    </>
  );
}

function NodeFacts({ workspace, node }: { workspace: string; node: NodeDetail }) {
  const facts: Fact[] = [
    { name: "Type", value: <TypeWord type={node.resource_type} /> },
    { name: "Last status", value: <LastStatusWord node={node} /> },
    { name: "Last run", value: <LastRun workspace={workspace} node={node} /> },
  ];
  if (node.materialization) facts.push({ name: "Materialization", value: node.materialization });
  if (node.freshness)
    facts.push({ name: "Freshness", value: <StatusWord status={freshnessStatus(node.freshness.status)} /> });
  if (node.relation_name) {
    facts.push({
      name: "Relation",
      value: <code className="font-mono text-xs break-all">{node.relation_name}</code>,
    });
  }
  if (node.tests.total > 0) facts.push({ name: "Tests", value: <TestCounts node={node} /> });
  if (node.owner) facts.push({ name: "Owner", value: node.owner });
  if (node.group_name) facts.push({ name: "Group", value: node.group_name });
  if (node.access) facts.push({ name: "Access", value: node.access });
  if (node.contract_enforced) facts.push({ name: "Contract", value: "enforced" });
  return (
    <div className="mt-2">
      <Facts facts={facts} />
    </div>
  );
}

function LastRun({ workspace, node }: { workspace: string; node: NodeDetail }) {
  if (!node.last_run_id) return <Ago at={node.last_run_at} />;
  return (
    <Link className="hover:underline" to={paths.run(workspace, node.last_run_id, { node: node.unique_id })}>
      <Ago at={node.last_run_at} none="at an unknown time" />
      {typeof node.last_execution_time === "number" ? (
        <span className="text-muted">
          , took <Duration seconds={node.last_execution_time} />
        </span>
      ) : null}
    </Link>
  );
}

/** Tabs which could never hold anything for this type are not shown; those which hold nothing yet are, and say so. */
function isMeant(tab: string, node: NodeDetail): boolean {
  if (tab === "columns") return node.columns_known !== "none" || node.columns.length > 0;
  if (tab === "tests") return RELATIONS.has(node.resource_type) || node.test_results.length > 0;
  if (tab === "runs") return BUILDABLE.has(node.resource_type) || node.resource_type === "source";
  return true;
}

function NodeTabs({ workspace, node, lineage }: { workspace: string; node: NodeDetail; lineage: ReactNode }) {
  const { params } = useUrlState();
  const active = params.get("tab") ?? "overview";
  const to = (tab: string) => paths.node(workspace, node.unique_id, { tab: tab === "overview" ? null : tab });
  const tabs = [
    { key: "overview", label: "Overview", to: to("overview") },
    { key: "columns", label: "Columns", to: to("columns"), count: node.columns.length || undefined },
    { key: "lineage", label: "Lineage", to: to("lineage") },
    { key: "code", label: "Code", to: to("code") },
    { key: "tests", label: "Tests", to: to("tests"), count: node.test_results.length || undefined },
    { key: "runs", label: "Runs", to: to("runs") },
  ];
  const shown = tabs.filter((tab) => isMeant(tab.key, node));
  const known = shown.some((tab) => tab.key === active) ? active : "overview";
  const content: Record<string, ReactNode> = {
    overview: <NodeOverview workspace={workspace} node={node} />,
    columns: <NodeColumns node={node} />,
    lineage,
    code: <NodeCode workspace={workspace} node={node} />,
    tests: <NodeTests workspace={workspace} node={node} />,
    runs: <NodeRuns workspace={workspace} uniqueId={node.unique_id} name={node.name} />,
  };
  return (
    <>
      <Tabs label="Parts of this node" tabs={shown} active={known} />
      <div className="px-5 py-4 max-md:px-3">{content[known]}</div>
    </>
  );
}

function NoSuchNode({ workspace, name, uniqueId }: { workspace: string; name: string; uniqueId: string }) {
  return (
    <>
      <PageHeader
        crumbs={[
          { label: name, to: paths.dashboard(workspace) },
          { label: "Models", to: paths.models(workspace) },
        ]}
        title="Not in this project"
      />
      <EmptyState
        title={`${uniqueId} is not in the catalog of ${name}`}
        action={
          <ButtonLink to={paths.models(workspace, { q: uniqueId.split(".").at(-1) ?? "" })}>
            Search for it
          </ButtonLink>
        }
      >
        It may have been renamed or removed since this address was made.
      </EmptyState>
    </>
  );
}
