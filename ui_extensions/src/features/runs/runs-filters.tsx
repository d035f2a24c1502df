import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { FilterSelect, SearchBox } from "@/components/ui/field";
import { runStatus } from "@/lib/status";
import { useUrlState } from "@/lib/url-state";
import { PERIODS, RUN_STATUSES, type RunFilters, runFacetsQuery } from "./queries";

const STATUS_OPTIONS = [
  { value: "", label: "Any status" },
  ...RUN_STATUSES.map((value) => ({ value, label: runStatus(value).label })),
];
const PERIOD_OPTIONS = [{ value: "", label: "Any time" }, ...PERIODS];

/** What the list of runs is narrowed by; values are those that the latest runs carry. */
export function RunsFilters({ workspace, filters }: { workspace: string; filters: RunFilters }) {
  const { patch } = useUrlState();
  const facets = useQuery(runFacetsQuery(workspace));
  const set = (name: keyof RunFilters) => (value: string) =>
    patch({ [name]: value, cursor: null, page: null });
  const choices = (any: string, values: string[] | undefined, chosen: string) => [
    { value: "", label: any },
    ...[...new Set([...(values ?? []), ...(chosen ? [chosen] : [])])].map((value) => ({
      value,
      label: value,
    })),
  ];
  return (
    <div className="flex flex-wrap items-center gap-2" role="group" aria-label="Filters">
      <FilterSelect
        label="Status"
        value={filters.status ?? ""}
        options={STATUS_OPTIONS}
        onChange={set("status")}
      />
      <FilterSelect label="Time" value={filters.hours} options={PERIOD_OPTIONS} onChange={set("hours")} />
      <FilterSelect
        label="Environment of the runs"
        value={filters.environment}
        options={choices("Any environment", facets.data?.environments, filters.environment)}
        onChange={set("environment")}
      />
      <FilterSelect
        label="Started by"
        value={filters.actor}
        options={choices("Anybody", facets.data?.actors, filters.actor)}
        onChange={set("actor")}
      />
      <FilterSelect
        label="Command of the runs"
        className="max-w-64 font-mono text-xs"
        value={filters.command}
        options={choices("Any command", facets.data?.commands, filters.command)}
        onChange={set("command")}
      />
      {filters.job || (facets.data?.jobs.length ?? 0) > 0 ? (
        <FilterSelect
          label="Job of the runs"
          value={filters.job}
          options={choices("Any job", facets.data?.jobs, filters.job)}
          onChange={set("job")}
        />
      ) : null}
      {filters.schedule || (facets.data?.schedules.length ?? 0) > 0 ? (
        <FilterSelect
          label="Schedule"
          value={filters.schedule}
          options={choices("Any schedule", facets.data?.schedules, filters.schedule)}
          onChange={set("schedule")}
        />
      ) : null}
      <NodeFilter node={filters.node} onChange={set("node")} />
    </div>
  );
}

/** Runs are found by the whole name of a node, since that is how their history is kept. */
function NodeFilter({ node, onChange }: { node: string; onChange: (node: string) => void }) {
  if (node === "" || !node.includes(".")) {
    return (
      <SearchBox
        value={node}
        onChange={onChange}
        placeholder="Node, such as model.shop.orders"
        className="w-64 max-sm:w-full"
        errors={node === "" ? [] : ["Write its whole name: type, package and name."]}
      />
    );
  }
  return (
    <span className="inline-flex h-8 min-w-0 items-center gap-1 rounded-md border border-accent bg-accent-soft px-2 text-sm">
      <span className="shrink-0 text-muted">with</span>
      <span className="truncate font-mono text-xs">{node}</span>
      <button
        type="button"
        aria-label="Any node"
        className="text-muted hover:text-ink"
        onClick={() => onChange("")}
      >
        <X size={13} aria-hidden />
      </button>
    </span>
  );
}
