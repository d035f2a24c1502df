import { useQuery } from "@tanstack/react-query";
import { LocateFixed, X } from "lucide-react";
import { nodeQuery } from "@/api/node-queries";
import type { NodeDetail } from "@/api/types";
import { Button, ButtonLink, IconButton } from "@/components/ui/button";
import { QueryView } from "@/components/ui/feedback";
import { LastStatusWord } from "@/components/ui/last-status";
import { type Fact, Facts } from "@/components/ui/page";
import { TypeIcon, TypeWord } from "@/components/ui/resource";
import { Ago, Duration } from "@/components/ui/time";
import { formatNumber, plural } from "@/lib/format";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { PANEL } from "./frame";

interface SidePanelProps {
  workspace: string;
  uniqueId: string;
  isFocus: boolean;
  onFocus: (uniqueId: string) => void;
  onClose: () => void;
}

/** The facts of a node beside the graph. */
export function SidePanel({ workspace, uniqueId, isFocus, onFocus, onClose }: SidePanelProps) {
  const links = useCatalogPaths(workspace);
  const node = useQuery(nodeQuery(workspace, useReading(), uniqueId));
  return (
    <aside aria-label="Chosen node" className={PANEL}>
      <div className="flex items-start justify-between gap-2 px-4 pt-3">
        <h2 className="flex min-w-0 items-center gap-1.5">
          {node.data ? <TypeIcon type={node.data.resource_type} /> : null}
          <span className="min-w-0 font-mono text-sm font-semibold break-all">
            {node.data?.name ?? uniqueId.split(".").at(-1)}
          </span>
        </h2>
        <IconButton label="Close" onClick={onClose}>
          <X size={15} aria-hidden />
        </IconButton>
      </div>
      <QueryView query={node} what="this node" compact>
        {(data) => <PanelFacts node={data} />}
      </QueryView>
      <div className="flex flex-wrap gap-2 px-4 pb-4">
        <ButtonLink look="primary" to={links.node(uniqueId)}>
          Open
        </ButtonLink>
        {isFocus ? null : (
          <Button onClick={() => onFocus(uniqueId)}>
            <LocateFixed size={14} aria-hidden />
            Put in the middle
          </Button>
        )}
      </div>
    </aside>
  );
}

function PanelFacts({ node }: { node: NodeDetail }) {
  const facts: Fact[] = [
    { name: "Type", value: <TypeWord type={node.resource_type} /> },
    { name: "Last status", value: <LastStatusWord node={node} /> },
    { name: "Last run", value: <Ago at={node.last_run_at} /> },
    { name: "Duration", value: <Duration seconds={node.last_execution_time} none="never measured" /> },
    { name: "Tests", value: testsOf(node) },
    { name: "Parents", value: formatNumber(node.parents.length) },
    { name: "Children", value: formatNumber(node.children.length) },
  ];
  if (node.materialization) facts.push({ name: "Materialization", value: node.materialization });
  if (node.owner) facts.push({ name: "Owner", value: node.owner });
  if (node.relation_name) {
    facts.push({
      name: "Relation",
      value: <code className="font-mono text-xs break-all">{node.relation_name}</code>,
    });
  }
  return (
    <div className="flex flex-col gap-3 px-4 py-3">
      {node.description ? <p className="line-clamp-6 text-sm text-muted">{node.description}</p> : null}
      <Facts facts={facts} />
    </div>
  );
}

function testsOf(node: NodeDetail): string {
  const { total, failed, warned, unknown } = node.tests;
  if (total === 0) return "none";
  const parts = [plural(total, "test")];
  if (failed > 0) parts.push(`${failed} failed`);
  if (warned > 0) parts.push(`${warned} warned`);
  if (unknown > 0) parts.push(`${unknown} never run`);
  return parts.join(", ");
}
