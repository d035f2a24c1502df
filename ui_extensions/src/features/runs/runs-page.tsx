import { useQuery } from "@tanstack/react-query";
import { Play } from "lucide-react";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import type { Run, Workspace } from "@/api/types";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/feedback";
import { FilterSelect } from "@/components/ui/field";
import { ListPanel } from "@/components/ui/list-panel";
import { NodeCounts } from "@/components/ui/node-counts";
import { PageHeader } from "@/components/ui/page";
import { StatusWord } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { Ago, Duration, Elapsed, Unknown } from "@/components/ui/time";
import { paths } from "@/lib/paths";
import { isActive, runStatus } from "@/lib/status";
import { useUrlState } from "@/lib/url-state";
import { NewRun } from "./new-run";
import { filtersOf, PAGE_SIZE, RUN_STATUSES, runsQuery } from "./queries";

const STATUS_OPTIONS = [
  { value: "", label: "Any status" },
  ...RUN_STATUSES.map((value) => ({ value, label: runStatus(value).label })),
];

export function RunsPage({ workspace }: { workspace: Workspace }) {
  const { params, patch } = useUrlState();
  const filters = filtersOf(params);
  const runs = useQuery(runsQuery(workspace.key, filters));
  const startNew = () => patch({ new: 1 });
  const start = useMay("run:start", workspace.key);
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
        <div>
          <FilterSelect
            label="Status"
            value={filters.status ?? ""}
            options={STATUS_OPTIONS}
            onChange={(status) => patch({ status, cursor: null, page: null })}
          />
        </div>
        <ListPanel
          query={runs}
          what="the runs"
          pageSize={PAGE_SIZE}
          empty={
            <NoRuns
              filtered={filters.status !== null}
              clear={() => patch({ status: null, cursor: null, page: null })}
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

function NoRuns({
  filtered,
  clear,
  startNew,
  denied,
}: {
  filtered: boolean;
  clear: () => void;
  startNew: () => void;
  denied: string | null;
}) {
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

function RunsTable({ workspace, runs }: { workspace: string; runs: Run[] }) {
  return (
    <Table label="Runs" className="max-h-[calc(100dvh-13rem)]">
      <Heads
        columns={[
          "Status",
          "Command",
          "Environment",
          "Started by",
          "Started",
          { numeric: "Duration" },
          "Nodes",
        ]}
      />
      <tbody>
        {runs.map((run) => (
          <RunRow key={run.run_id} workspace={workspace} run={run} />
        ))}
      </tbody>
    </Table>
  );
}

function RunRow({ workspace, run }: { workspace: string; run: Run }) {
  return (
    <tr className="hover:bg-hover">
      <Td>
        <StatusWord status={runStatus(run.status)} title={run.status_message ?? undefined} />
      </Td>
      <Td className="max-w-md min-w-48">
        <Link
          to={paths.run(workspace, run.run_id)}
          title={run.run_id}
          className="block truncate font-mono text-xs leading-5 hover:underline"
        >
          {run.steps.map((step) => step.display).join(" && ") || "unknown command"}
        </Link>
      </Td>
      <Td className="text-muted">{run.environment ?? <Unknown why="not known" />}</Td>
      <Td className="text-muted">{run.actor ?? <Unknown why="not known" />}</Td>
      <Td className="text-muted">
        {run.started_at ? (
          <Ago at={run.started_at} />
        ) : (
          <span title="when it was asked for">
            <Ago at={run.created_at} />
          </span>
        )}
      </Td>
      <Td numeric className="text-muted">
        {isActive(run.status) ? (
          <Elapsed from={run.started_at} to={run.finished_at} />
        ) : (
          <Duration seconds={run.duration_seconds} />
        )}
      </Td>
      <Td>
        <NodeCounts counts={run.node_counts} />
      </Td>
    </tr>
  );
}
