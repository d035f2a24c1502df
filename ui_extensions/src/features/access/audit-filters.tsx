import type { AuditFacets } from "@/api/types";
import { CONTROL, FilterSelect, SearchBox } from "@/components/ui/field";
import { cn } from "@/lib/cn";
import type { Patch } from "@/lib/url-state";
import { type AuditFilters, RANGES } from "./audit-queries";

const CUSTOM = "custom";
const RANGE_OPTIONS = [
  { value: "", label: "Any time" },
  ...Object.entries(RANGES).map(([value, { label }]) => ({ value, label })),
  { value: CUSTOM, label: "Between two times" },
];

interface FiltersProps {
  filters: AuditFilters;
  facets: AuditFacets | undefined;
  /** The workspaces to choose from; null where the log is of one. */
  workspaces: string[] | null;
  patch: (change: Patch, options?: { replace?: boolean }) => void;
}

export function AuditFilterBar({ filters, facets, workspaces, patch }: FiltersProps) {
  const change = (next: Patch, replace = false) =>
    patch({ ...next, cursor: null, page: null, event: null }, { replace });
  return (
    <div className="flex flex-wrap items-center gap-2">
      <SearchBox
        main
        className="min-w-56 flex-1 md:max-w-md"
        placeholder="Search subjects and details"
        value={filters.q}
        onChange={(q) => change({ q }, true)}
      />
      <Choice
        label="Actor"
        none="Anybody"
        value={filters.actor}
        values={facets?.actors}
        onChange={(actor) => change({ actor })}
      />
      <Choice
        label="Action"
        none="Any action"
        value={filters.tag}
        values={facets?.tags}
        onChange={(tag) => change({ tag })}
      />
      {workspaces ? (
        <Choice
          label="Workspace"
          none="Any workspace"
          value={filters.workspace}
          values={workspaces}
          onChange={(workspace) => change({ workspace })}
        />
      ) : null}
      <FilterSelect
        label="Time"
        value={filters.range}
        options={RANGE_OPTIONS}
        onChange={(range) => change(range === CUSTOM ? { range } : { range, from: null, to: null })}
      />
      {filters.range === CUSTOM ? (
        <>
          <TimeInput label="From" value={filters.from} onChange={(from) => change({ from }, true)} />
          <TimeInput label="To" value={filters.to} onChange={(to) => change({ to }, true)} />
        </>
      ) : null}
      {filters.subject ? (
        <button
          type="button"
          className="inline-flex h-7 items-center gap-1 rounded-md border border-accent bg-accent-soft px-2 text-sm"
          onClick={() => change({ subject: null })}
        >
          Only {filters.subject} <span aria-hidden>×</span>
          <span className="sr-only">, show all</span>
        </button>
      ) : null}
    </div>
  );
}

interface ChoiceProps {
  label: string;
  none: string;
  value: string;
  values: string[] | undefined;
  onChange: (value: string) => void;
}

/** A value of the address that is not among the choices is shown, not dropped. */
function Choice({ label, none, value, values = [], onChange }: ChoiceProps) {
  const all = value === "" || values.includes(value) ? values : [...values, value];
  return (
    <FilterSelect
      label={label}
      className="max-w-44"
      value={value}
      options={[{ value: "", label: none }, ...all.map((one) => ({ value: one, label: one }))]}
      onChange={onChange}
    />
  );
}

function TimeInput({
  label,
  value,
  onChange,
}: {
  label: string;
  value: string;
  onChange: (value: string) => void;
}) {
  return (
    <input
      type="datetime-local"
      aria-label={label}
      title={label}
      className={cn(CONTROL, value && "border-accent")}
      value={value}
      onChange={(event) => onChange(event.target.value)}
    />
  );
}
