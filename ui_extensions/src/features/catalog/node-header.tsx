import { ExternalLink, Play, Workflow } from "lucide-react";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import type { NodeDetail } from "@/api/types";
import { ButtonAnchor, ButtonLink } from "@/components/ui/button";
import { LastStatusWord } from "@/components/ui/last-status";
import { type Fact, Facts } from "@/components/ui/page";
import { TypeIcon, TypeWord } from "@/components/ui/resource";
import { StatusWord } from "@/components/ui/status";
import { Ago, Duration } from "@/components/ui/time";
import { TrustWord } from "@/components/ui/trust";
import { paths } from "@/lib/paths";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { freshnessStatus } from "@/lib/status";
import { BUILDABLE, RELATIONS } from "./kinds";
import { TestCounts } from "./test-counts";

export function NodeTitle({ uniqueId, node }: { uniqueId: string; node: NodeDetail | undefined }) {
  return (
    <>
      {node ? <TypeIcon type={node.resource_type} size={18} /> : null}
      <span className="min-w-0 font-mono text-lg break-all">{node?.name ?? uniqueId.split(".").at(-1)}</span>
    </>
  );
}

export function NodeActions({ workspace, node }: { workspace: string; node: NodeDetail }) {
  const start = useMay("run:start", workspace);
  const dagster = useMay("dagster:read", workspace);
  const links = useCatalogPaths(workspace);
  const { snapshot } = useReading();
  return (
    <>
      <ButtonLink to={links.lineage({ node: node.unique_id })}>
        <Workflow size={14} aria-hidden />
        Lineage
      </ButtonLink>
      {node.dagster_asset_path ? (
        <ButtonAnchor href={node.dagster_asset_path} denied={dagster.why}>
          <ExternalLink size={14} aria-hidden />
          Asset in Dagster
        </ButtonAnchor>
      ) : null}
      {BUILDABLE.has(node.resource_type) && !snapshot ? (
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

/** The facts that are in sight on every tab. */
export function NodeFacts({ workspace, node }: { workspace: string; node: NodeDetail }) {
  const links = useCatalogPaths(workspace);
  const facts: Fact[] = [
    { name: "Type", value: <TypeWord type={node.resource_type} /> },
    ...(node.trust === null
      ? []
      : [{ name: "Trust", value: <TrustWord trust={node.trust} reasons={node.trust_reasons} /> }]),
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
  if (RELATIONS.has(node.resource_type) || node.owner) {
    facts.push({
      name: "Owner",
      value: node.owner ? (
        <Link
          className="hover:underline"
          to={links.catalog({ owner: node.owner, resource_type: node.resource_type })}
        >
          {node.owner}
        </Link>
      ) : (
        <span className="text-faint">nobody</span>
      ),
    });
  }
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
  if (!node.last_run_id || node.last_run_external) return <Ago at={node.last_run_at} />;
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
