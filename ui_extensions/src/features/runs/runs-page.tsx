import { useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { useMay } from "@/api/access";
import type { Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/feedback";
import { ListPanel } from "@/components/ui/list-panel";
import { PageHeader } from "@/components/ui/page";
import { Tabs } from "@/components/ui/tabs";
import { paths } from "@/lib/paths";
import { patched, useUrlState } from "@/lib/url-state";
import { NewRun } from "./new-run";
import { FILTER_NAMES, filtersOf, isFiltered, PAGE_SIZE, queueQuery, runsQuery } from "./queries";
import { QueueView, Unserved } from "./run-queue";
import { RunsFilters } from "./runs-filters";
import { RunsTable } from "./runs-table";

export function RunsPage({ workspace }: { workspace: Workspace }) {
  const { params, patch } = useUrlState();
  const queue = useQuery(queueQuery(workspace.key));
  const startNew = () => patch({ new: 1 });
  const start = useMay("run:start", workspace.key);
  const view = params.get("view") === "queue" ? "queue" : "all";
  const to = (name: string | null) => `?${patched(params, { view: name, new: null, again: null })}`;
  const tabs = [
    { key: "all", label: "All runs", to: to(null) },
    { key: "queue", label: "Queue", to: to("queue"), count: queue.data?.total || undefined },
  ];
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
      <Tabs label="Views of the runs" tabs={tabs} active={view} />
      <div className="flex flex-col gap-3 px-5 pt-3 pb-6 max-md:px-3">
        <Unserved queue={queue.data} />
        {view === "queue" ? (
          <QueueView workspace={workspace.key} />
        ) : (
          <AllRuns workspace={workspace.key} startNew={startNew} denied={start.why} />
        )}
      </div>
      {params.has("new") ? <NewRun workspace={workspace} /> : null}
    </>
  );
}

interface AllRunsProps {
  workspace: string;
  startNew: () => void;
  denied: string | null;
}

/** Every run, the newest first, narrowed by the filters of the address. */
function AllRuns({ workspace, startNew, denied }: AllRunsProps) {
  const { params, patch } = useUrlState();
  const filters = filtersOf(params);
  const runs = useQuery(runsQuery(workspace, filters));
  const nothing = Object.fromEntries(FILTER_NAMES.map((name) => [name, null]));
  return (
    <>
      <RunsFilters workspace={workspace} filters={filters} />
      <ListPanel
        query={runs}
        what="the runs"
        pageSize={PAGE_SIZE}
        empty={
          <NoRuns
            filtered={isFiltered(filters)}
            clear={() => patch({ ...nothing, cursor: null, page: null })}
            startNew={startNew}
            denied={denied}
          />
        }
      >
        {(items) => <RunsTable workspace={workspace} runs={items} />}
      </ListPanel>
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
