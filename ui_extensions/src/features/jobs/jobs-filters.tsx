import { useQuery } from "@tanstack/react-query";
import { FilterSelect, SearchBox } from "@/components/ui/field";
import { useUrlState } from "@/lib/url-state";
import { JOB_STATES, type JobFilters, jobOptionsQuery } from "./queries";
import { stateView } from "./words";

const STATE_OPTIONS = [
  { value: "", label: "Any state" },
  ...JOB_STATES.map((value) => ({ value, label: stateView(value).label })),
];

/** What the list of jobs is narrowed by. */
export function JobsFilters({ workspace, filters }: { workspace: string; filters: JobFilters }) {
  const { patch } = useUrlState();
  const options = useQuery(jobOptionsQuery(workspace));
  const set = (name: keyof JobFilters) => (value: string) =>
    patch({ [name]: value, cursor: null, page: null });
  return (
    <div className="flex flex-wrap items-center gap-2" role="group" aria-label="Filters">
      <SearchBox
        main
        value={filters.q}
        onChange={(q) => patch({ q, cursor: null, page: null }, { replace: true })}
        placeholder="Key, name or description"
        className="w-64 max-sm:w-full"
      />
      <FilterSelect
        label="State"
        value={filters.state ?? ""}
        options={STATE_OPTIONS}
        onChange={set("state")}
      />
      <FilterSelect
        label="Owner"
        value={filters.owner}
        options={choices("Any owner", options.data?.owners, filters.owner)}
        onChange={set("owner")}
      />
      <FilterSelect
        label="Tag"
        value={filters.tag}
        options={choices("Any tag", options.data?.tags, filters.tag)}
        onChange={set("tag")}
      />
    </div>
  );
}

/** What the address asks for is offered too, even where no job has it. */
function choices(any: string, values: readonly string[] | undefined, chosen: string) {
  const all = new Set([...(values ?? []), ...(chosen ? [chosen] : [])]);
  return [{ value: "", label: any }, ...[...all].map((value) => ({ value, label: value }))];
}
