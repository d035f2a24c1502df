import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { NodeVersion } from "@/api/types";
import { ChangeList } from "@/components/ui/change-list";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { Panel } from "@/components/ui/page";
import { Ago } from "@/components/ui/time";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { nodeChangesQuery } from "./queries";

const WORDS: Record<string, string> = { added: "Added", changed: "Changed", removed: "Removed" };

/** What the node was before, newest first. */
export function NodeChanges({ workspace, uniqueId }: { workspace: string; uniqueId: string }) {
  const reading = useReading();
  const versions = useQuery(nodeChangesQuery(workspace, reading, uniqueId));
  return (
    <QueryView query={versions} what="the changes of this node">
      {({ items }) =>
        items.length === 0 ? (
          <EmptyState title="No change is known">
            Every ingest that finds it different is listed here, with what was different.
          </EmptyState>
        ) : (
          <ol className="flex flex-col gap-3">
            {items.map((version) => (
              <li key={version.snapshot.id}>
                <Version workspace={workspace} uniqueId={uniqueId} version={version} />
              </li>
            ))}
          </ol>
        )
      }
    </QueryView>
  );
}

interface VersionProps {
  workspace: string;
  uniqueId: string;
  version: NodeVersion;
}

function Version({ workspace, uniqueId, version }: VersionProps) {
  const links = useCatalogPaths(workspace);
  return (
    <Panel>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b bg-surface px-3 py-1.5 text-sm">
        <h2 className="font-medium">{WORDS[version.kind] ?? version.kind}</h2>
        <span className="text-muted">
          <Ago at={version.snapshot.at} none="at an unknown time" />
        </span>
        {version.kind === "removed" ? null : (
          <Link
            className="ml-auto text-accent hover:underline"
            to={links.node(uniqueId, { snapshot: String(version.snapshot.id) })}
          >
            See it as of then
          </Link>
        )}
      </div>
      <div className="p-3">
        {version.changes.length > 0 ? (
          <ChangeList changes={version.changes} />
        ) : (
          <p className="text-sm text-muted">
            {version.kind === "added" ? "It came into the project." : "It left the project."}
          </p>
        )}
      </div>
    </Panel>
  );
}
