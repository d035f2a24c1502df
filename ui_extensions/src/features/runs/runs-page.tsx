import { useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useMay } from "@/api/access";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/feedback";
import { ListPanel } from "@/components/ui/list-panel";
import { PageHeader } from "@/components/ui/page";
import { paths } from "@/lib/paths";
import { useUrlState } from "@/lib/url-state";
import { NewRun } from "./new-run";
import { FILTER_NAMES, filtersOf, isFiltered, PAGE_SIZE, runsQuery } from "./queries";
import { RunsFilters } from "./runs-filters";
import { RunsTable } from "./runs-table";

export function RunsPage({ workspace }: { workspace: Workspace }) {
  const { params, patch } = useUrlState();
  const filters = filtersOf(params);
  const runs = useQuery(runsQuery(workspace.key, filters));
  const startNew = () => patch({ new: 1 });
  const start = useMay("run:start", workspace.key);
  const nothing = Object.fromEntries(FILTER_NAMES.map((name) => [name, null]));
  return (
    <>
      <PageHeader
        crumbs={[{ label: workspace.name, to: paths.dashboard(workspace.key) }]}
        title="Runs"
        tabTitle={`Runs · ${workspace.name}`}
        actions={
          <Button look="primary" denied={start.why} onClick={startNew}>
            <Play size={14} aria-hidden />
            New run
          </Button>
        }
      />
      <div className="flex flex-col gap-3 px-5 pb-6 max-md:px-3">
        <RunsFilters workspace={workspace.key} filters={filters} />
        <ListPanel
          query={runs}
          what="the runs"
          pageSize={PAGE_SIZE}
          empty={
            <NoRuns
              filtered={isFiltered(filters)}
              clear={() => patch({ ...nothing, cursor: null, page: null })}
              startNew={startNew}
              denied={start.why}
            />
          }
        >
          {(items) => <RunsTable workspace={workspace.key} runs={items} />}
        </ListPanel>
      </div>
      {params.has("new") ? <NewRun workspace={workspace} /> : null}
    </>
  );
}

interface NoRunsProps {
  filtered: boolean;
  clear: () => void;
  startNew: () => void;
  denied: string | null;
}

function NoRuns({ filtered, clear, startNew, denied }: NoRunsProps) {
  if (filtered) {
    return (
      <EmptyState
        title="No run matches these filters"
        action={<Button onClick={clear}>Clear the filters</Button>}
      />
    );
  }
  return (
    <EmptyState
      title="No runs yet"
      action={
        <Button look="primary" denied={denied} onClick={startNew}>
          Start the first run
        </Button>
      }
    >
      Every run started here, by a schedule or in Dagster is listed with its log and results.
    </EmptyState>
  );
}
