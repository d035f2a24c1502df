import { ChevronDown, ChevronRight } from "lucide-react";
import { useId, useState } from "react";
import type { Facets, FacetValue } from "@/api/types";
import { CONTROL } from "@/components/ui/field";
import { TypeIcon } from "@/components/ui/resource";
import { cn } from "@/lib/cn";
import { formatNumber } from "@/lib/format";
import { recall, remember } from "@/lib/storage";
import type { Patch } from "@/lib/url-state";
import { type Chosen, FIELDS, FIRST_PAGE, type FilterField, type FilterKey } from "./filters";

const OPEN_AT_FIRST: FilterKey[] = ["resource_type", "trust", "status", "owner", "tag"];
const SHOWN = 7;
const SEARCHED_FROM = 12;
const ALL_TYPES = "all";
const DEFAULT_TYPE = "model";

interface FacetPanelProps {
  chosen: Chosen;
  /** Undefined while they are not known. */
  facets: Facets | undefined;
  patch: (change: Patch) => void;
}

/** What occurs in the catalog and how often; several values of one kind can be chosen. */
export function FacetPanel({ chosen, facets, patch }: FacetPanelProps) {
  const [open, setOpen] = useState<string[]>(rememberedOpen);
  const toggle = (key: FilterKey) => {
    const next = open.includes(key) ? open.filter((one) => one !== key) : [...open, key];
    remember("catalog.facets", next.join(" "));
    setOpen(next);
  };
  return (
    <div className="flex flex-col">
      {FIELDS.map((field) => (
        <FacetGroup
          key={field.key}
          field={field}
          values={withTypes(field, withChosen(facets?.[field.facet] ?? [], chosen[field.key]))}
          chosen={shownAsChosen(field, chosen[field.key])}
          open={open.includes(field.key)}
          onToggle={() => toggle(field.key)}
          onChoose={(values) => patch({ [field.key]: values, ...FIRST_PAGE })}
        />
      ))}
    </div>
  );
}

const rememberedOpen = () => recall("catalog.facets")?.split(" ") ?? OPEN_AT_FIRST;

/** Models, unless something else is chosen. */
const shownAsChosen = ({ key }: FilterField, chosen: string[]) =>
  key === "resource_type" && chosen.length === 0 ? [DEFAULT_TYPE] : chosen;

/** A value of the address that does not occur is shown, not dropped: it may be why nothing is found. */
function withChosen(values: FacetValue[], chosen: string[]): FacetValue[] {
  const missing = chosen.filter((one) => !values.some(({ value }) => value === one));
  return [...values, ...missing.map((value) => ({ value, count: -1 }))];
}

function withTypes({ key }: FilterField, values: FacetValue[]): FacetValue[] {
  if (key !== "resource_type") return values;
  const types = values.filter(({ value }) => value !== ALL_TYPES);
  const count = types.reduce((sum, type) => sum + Math.max(0, type.count), 0);
  return types.length === 0 ? [] : [{ value: ALL_TYPES, count }, ...types];
}

/** Of types, "everything" and a single type exclude each other; models are what is left when nothing is chosen. */
export function toggled(key: FilterKey, chosen: string[], value: string): string[] {
  const without = chosen.filter((one) => one !== value);
  if (key !== "resource_type") return chosen.includes(value) ? without : [...chosen, value];
  if (value === ALL_TYPES) return chosen.includes(ALL_TYPES) ? [] : [ALL_TYPES];
  const types = without.filter((one) => one !== ALL_TYPES);
  const next = chosen.includes(value) && !chosen.includes(ALL_TYPES) ? types : [...types, value];
  return next.length === 1 && next[0] === DEFAULT_TYPE ? [] : next;
}

interface GroupProps {
  field: FilterField;
  values: FacetValue[];
  chosen: string[];
  open: boolean;
  onToggle: () => void;
  onChoose: (values: string[]) => void;
}

function FacetGroup({ field, values, chosen, open, onToggle, onChoose }: GroupProps) {
  const id = useId();
  if (values.length === 0) return null;
  const Icon = open ? ChevronDown : ChevronRight;
  return (
    <section className="border-b py-1 last:border-b-0">
      <h2>
        <button
          type="button"
          aria-expanded={open}
          aria-controls={id}
          onClick={onToggle}
          className="flex h-7 w-full items-center gap-1.5 rounded-sm text-sm font-medium hover:text-accent"
        >
          <Icon size={14} className="text-faint" aria-hidden />
          {field.label}
          <span className="ml-auto text-xs font-normal text-faint">{formatNumber(values.length)}</span>
        </button>
      </h2>
      {open ? (
        <div id={id}>
          <FacetValues
            field={field}
            values={values}
            chosen={chosen}
            onToggle={(value) => onChoose(toggled(field.key, chosen, value))}
          />
        </div>
      ) : null}
    </section>
  );
}

interface ValuesProps {
  field: FilterField;
  values: FacetValue[];
  chosen: string[];
  onToggle: (value: string) => void;
}

function FacetValues({ field, values, chosen, onToggle }: ValuesProps) {
  const [text, setText] = useState("");
  const [all, setAll] = useState(false);
  const label = field.label.toLowerCase();
  const wanted = text.trim().toLowerCase();
  const found = values.filter(({ value }) => field.word(value).toLowerCase().includes(wanted));
  const ordered = [...found].sort(
    (left, right) => Number(chosen.includes(right.value)) - Number(chosen.includes(left.value)),
  );
  const isLong = values.length > SEARCHED_FROM;
  const shown = all || !isLong ? (isLong ? ordered : found) : ordered.slice(0, SHOWN);
  return (
    <div className="flex flex-col gap-0.5 pb-1.5">
      {isLong ? (
        <input
          className={cn(CONTROL, "mb-1 h-7 w-full")}
          value={text}
          onChange={(event) => setText(event.target.value)}
          aria-label={`Search ${label}`}
          placeholder={`Search ${formatNumber(values.length)}`}
          spellCheck={false}
          autoComplete="off"
        />
      ) : null}
      <ul className={cn("flex flex-col", all && "max-h-72 overflow-y-auto")} aria-label={field.label}>
        {shown.map((one) => (
          <FacetRow
            key={one.value}
            field={field}
            one={one}
            checked={chosen.includes(one.value)}
            onToggle={() => onToggle(one.value)}
          />
        ))}
      </ul>
      {found.length === 0 ? <p className="px-1 text-sm text-faint">None is named like this.</p> : null}
      {isLong && found.length > SHOWN ? (
        <button
          type="button"
          onClick={() => setAll(!all)}
          className="self-start px-1 text-xs text-accent hover:underline"
        >
          {all ? "Show fewer" : `Show all ${formatNumber(found.length)}`}
        </button>
      ) : null}
    </div>
  );
}

interface RowProps {
  field: FilterField;
  one: FacetValue;
  checked: boolean;
  onToggle: () => void;
}

function FacetRow({ field, one, checked, onToggle }: RowProps) {
  const everything = field.key === "resource_type" && one.value === ALL_TYPES;
  const word = everything ? "everything" : field.word(one.value);
  return (
    <li>
      <label className="flex min-h-6 cursor-pointer items-center gap-1.5 rounded-sm px-1 text-sm hover:bg-hover">
        <input type="checkbox" className="accent-accent" checked={checked} onChange={onToggle} />
        {field.key === "resource_type" && !everything ? <TypeIcon type={one.value} size={13} /> : null}
        <span className="min-w-0 flex-1 truncate" title={word}>
          {word}
        </span>
        <span className="text-xs text-faint">
          {one.count < 0 ? <span title="does not occur here">–</span> : formatNumber(one.count)}
        </span>
      </label>
    </li>
  );
}
