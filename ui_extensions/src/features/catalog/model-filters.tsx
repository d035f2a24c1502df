import type { ReactNode } from "react";
import type { Facets } from "@/api/types";
import { FilterSelect, SearchBox } from "@/components/ui/field";
import { TypeIcon } from "@/components/ui/resource";
import { cn } from "@/lib/cn";
import { formatNumber, typePlural } from "@/lib/format";
import type { Patch } from "@/lib/url-state";
import type { NodeFilters } from "./queries";

const ALL = "all";
const DEFAULT_TYPE = "model";
const TYPES = ["model", "source", "seed", "snapshot", "test", "exposure", "metric"];
const STATUSES = [
  { value: "", label: "Any status" },
  { value: "attention", label: "Needs attention" },
  { value: "failing", label: "Failing" },
  { value: "warn", label: "Warned" },
  { value: "ok", label: "Fine" },
  { value: "skipped", label: "Skipped" },
  { value: "unknown", label: "Never run" },
];

interface FiltersProps {
  filters: NodeFilters;
  /** Undefined while they are not known. */
  facets: Facets | undefined;
  patch: (change: Patch, options?: { replace?: boolean }) => void;
}

export function ModelFilters({ filters, facets, patch }: FiltersProps) {
  const restart = { cursor: null, page: null };
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap gap-2">
        <SearchBox
          main
          className="min-w-56 flex-1 md:max-w-md"
          placeholder="Search names and descriptions"
          value={filters.q}
          onChange={(q) => patch({ q, ...restart }, { replace: true })}
        />
        <FilterSelect
          label="Status"
          value={filters.status}
          options={withCurrent(STATUSES, filters.status)}
          onChange={(status) => patch({ status, ...restart })}
        />
        <ValueSelect
          label="tag"
          value={filters.tag}
          values={facets?.tags}
          onChange={(tag) => patch({ tag, ...restart })}
        />
        <ValueSelect
          label="schema"
          value={filters.schema}
          values={facets?.schemas}
          onChange={(schema) => patch({ schema, ...restart })}
        />
        <ValueSelect
          label="materialization"
          value={filters.materialization}
          values={facets?.materializations}
          onChange={(materialization) => patch({ materialization, ...restart })}
        />
      </div>
      <TypeFacet
        chosen={filters.types.length > 0 ? filters.types : [DEFAULT_TYPE]}
        counts={facets?.resource_types}
        onChange={(types) => patch({ resource_type: types, ...restart })}
      />
    </div>
  );
}

type Choice = { value: string; label: string };

/** A value of the address that is not among the choices is shown, not dropped. */
const withCurrent = (choices: Choice[], current: string): Choice[] =>
  choices.some((choice) => choice.value === current)
    ? choices
    : [...choices, { value: current, label: current }];

interface ValueSelectProps {
  label: string;
  value: string;
  values: string[] | undefined;
  onChange: (value: string) => void;
}

/** A filter over the values that occur; not shown where there are none to choose from. */
function ValueSelect({ label, value, values = [], onChange }: ValueSelectProps) {
  if (values.length === 0 && value === "") return null;
  const choices = [
    { value: "", label: `Any ${label}` },
    ...values.map((one) => ({ value: one, label: one })),
  ];
  return (
    <FilterSelect
      label={label}
      className="max-w-44"
      value={value}
      options={withCurrent(choices, value)}
      onChange={onChange}
    />
  );
}

interface FacetProps {
  chosen: string[];
  counts: Record<string, number> | undefined;
  onChange: (types: string[]) => void;
}

/** Models unless something else is chosen; several types can be. */
function TypeFacet({ chosen, counts, onChange }: FacetProps) {
  const others = Object.keys(counts ?? {}).filter((type) => !TYPES.includes(type));
  const present = [...TYPES, ...others].filter(
    (type) => counts === undefined || (counts[type] ?? 0) > 0 || chosen.includes(type),
  );
  const all = chosen.includes(ALL);
  const toggle = (type: string) => {
    const rest = chosen.filter((one) => one !== ALL && one !== type);
    onChange(chosen.includes(type) && !all ? rest : [...rest, type]);
  };
  const total = counts ? Object.values(counts).reduce((sum, count) => sum + count, 0) : undefined;
  return (
    <fieldset className="flex flex-wrap gap-1.5">
      <legend className="sr-only">Resource types</legend>
      {present.map((type) => (
        <Chip key={type} on={chosen.includes(type)} count={counts?.[type]} onClick={() => toggle(type)}>
          <TypeIcon type={type} size={13} />
          {typePlural(type)}
        </Chip>
      ))}
      <Chip on={all} count={total} onClick={() => onChange(all ? [] : [ALL])}>
        everything
      </Chip>
    </fieldset>
  );
}

interface ChipProps {
  on: boolean;
  count: number | undefined;
  onClick: () => void;
  children: ReactNode;
}

function Chip({ on, count, onClick, children }: ChipProps) {
  return (
    <button
      type="button"
      aria-pressed={on}
      onClick={onClick}
      className={cn(
        "inline-flex h-7 items-center gap-1.5 rounded-md border px-2 text-sm",
        on ? "border-accent bg-accent-soft text-ink" : "text-muted hover:bg-hover",
      )}
    >
      {children}
      {count === undefined ? null : <span className="text-xs text-faint">{formatNumber(count)}</span>}
    </button>
  );
}
