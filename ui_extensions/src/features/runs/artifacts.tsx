import type { UseQueryResult } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useDownload } from "@/api/download";
import type { Artifact } from "@/api/types";
import { EmptyState, ErrorState, QueryView } from "@/components/ui/feedback";
import { StatusMark } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { formatBytes } from "@/lib/format";
import { artifactUrl } from "./queries";

interface ArtifactsProps {
  workspace: string;
  runId: string;
  query: UseQueryResult<{ items: Artifact[] }>;
  active: boolean;
}

/** The files dbt wrote, kept for failed runs too. */
export function Artifacts({ workspace, runId, query, active }: ArtifactsProps) {
  return (
    <QueryView query={query} what="the artifacts" compact>
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState title={active ? "No artifacts yet" : "This run left no artifacts"}>
            {active ? "dbt writes them when a step ends." : "dbt ended before it wrote any."}
          </EmptyState>
        ) : (
          <Table label="Artifacts" className="h-full">
            <Heads columns={["Name", { numeric: "Step" }, { numeric: "Size" }, "Content hash"]} />
            <tbody>
              {items.map((artifact) => (
                <tr key={`${artifact.step}-${artifact.name}`} className="hover:bg-hover">
                  <Td>
                    <ArtifactFile
                      url={artifactUrl(workspace, runId, artifact.step, artifact.name)}
                      name={artifact.name}
                    />
                    {artifact.refused ? (
                      <p className="mt-0.5 flex gap-1.5 text-xs text-warning">
                        <StatusMark tone="warning" size={12} />
                        Not in the catalog: {artifact.refused}
                      </p>
                    ) : null}
                  </Td>
                  <Td numeric className="text-muted">
                    {artifact.step}
                  </Td>
                  <Td numeric className="text-muted">
                    {formatBytes(artifact.size)}
                  </Td>
                  <Td className="max-w-40 truncate font-mono text-xs leading-5 text-faint">
                    {artifact.digest}
                  </Td>
                </tr>
              ))}
            </tbody>
          </Table>
        )
      }
    </QueryView>
  );
}

function ArtifactFile({ url, name }: { url: string; name: string }) {
  const file = useDownload();
  return (
    <>
      <button
        type="button"
        onClick={() => file.mutate({ url, name })}
        disabled={file.isPending}
        title={`Save ${name}`}
        className="inline-flex items-center gap-1.5 font-mono text-xs leading-5 hover:underline"
      >
        <Download size={13} aria-hidden />
        {name}
      </button>
      {file.isError ? <ErrorState compact title="Could not download it" error={file.error} /> : null}
    </>
  );
}
