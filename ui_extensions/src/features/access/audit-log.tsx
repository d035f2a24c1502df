import { useQuery } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { useMay } from "@/api/access";
import { useDownload } from "@/api/download";
import { Button } from "@/components/ui/button";
import { EmptyState, ErrorState } from "@/components/ui/feedback";
import { ListPanel } from "@/components/ui/list-panel";
import { useUrlState } from "@/lib/url-state";
import { AuditFilterBar } from "./audit-filters";
import {
  type AuditFormat,
  auditExport,
  auditFacetsQuery,
  auditQuery,
  filtersOf,
  isFiltered,
  NO_FILTERS,
  PAGE_SIZE,
} from "./audit-queries";
import { AuditTable } from "./audit-table";
import { allWorkspacesQuery } from "./workspace-queries";

/** Who did what and when: of one workspace, or of everything (null). Everything chosen is in the address. */
export function AuditLog({ workspace }: { workspace: string | null }) {
  const { params, patch } = useUrlState();
  const filters = filtersOf(params);
  const entries = useQuery(auditQuery(workspace, filters, params.get("cursor") ?? ""));
  const facets = useQuery(auditFacetsQuery(workspace));
  const read = useMay(workspace === null ? "audit:read-all" : "audit:read", workspace);
  const workspaces = useQuery({ ...allWorkspacesQuery, enabled: workspace === null });
  return (
    <div className="flex flex-col gap-3">
      <AuditFilterBar
        filters={filters}
        facets={facets.data}
        workspaces={workspace === null ? (workspaces.data?.items ?? []).map(({ key }) => key) : null}
        patch={patch}
      />
      <Exports denied={read.why} make={(format) => auditExport(workspace, filters, format)} />
      <ListPanel
        query={entries}
        what="the audit log"
        pageSize={PAGE_SIZE}
        empty={<NothingHere filtered={isFiltered(filters)} clear={() => patch(NO_FILTERS)} />}
      >
        {(items) => (
          <AuditTable
            entries={items}
            everywhere={workspace === null}
            open={params.get("event")}
            onOpen={(event) => patch({ event }, { replace: true })}
            onSubject={(subject) => patch({ subject, cursor: null, page: null, event: null })}
          />
        )}
      </ListPanel>
    </div>
  );
}

function NothingHere({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  if (!filtered) return <EmptyState title="Nothing has happened yet" />;
  return (
    <EmptyState
      title="Nothing matches these filters"
      action={<Button onClick={clear}>Clear the filters</Button>}
    />
  );
}

/** The whole of what the filters choose, not only the page in sight. */
function Exports({
  make,
  denied,
}: {
  make: (format: AuditFormat) => { url: string; name: string };
  denied: string | null;
}) {
  const file = useDownload();
  const formats: [AuditFormat, string][] = [
    ["jsonl", "JSON lines"],
    ["csv", "CSV"],
  ];
  return (
    <div>
      <div className="flex flex-wrap items-center gap-2">
        <span className="text-sm text-muted">Export what matches as</span>
        {formats.map(([format, label]) => (
          <Button
            key={format}
            denied={denied}
            disabled={file.isPending}
            onClick={() => file.mutate(make(format))}
          >
            <Download size={14} aria-hidden />
            {label}
          </Button>
        ))}
        {file.isPending ? <span className="text-sm text-muted">Fetching</span> : null}
      </div>
      {file.isError ? <ErrorState compact title="Nothing was exported" error={file.error} /> : null}
    </div>
  );
}
