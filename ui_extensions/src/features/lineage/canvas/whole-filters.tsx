import { useQuery } from "@tanstack/react-query";
import { ListFilter } from "lucide-react";
import type { WholeQuery } from "@/api/lineage-types";
import { facetsQuery } from "@/api/node-queries";
import type { FacetName, FacetValue } from "@/api/types";
import { Button } from "@/components/ui/button";
import { QueryView } from "@/components/ui/feedback";
import { FilterSelect } from "@/components/ui/field";
import { Popover } from "@/components/ui/popover";
import { formatNumber, typePlural } from "@/lib/format";
import { useReading } from "@/lib/reading";
import { useUrlState } from "@/lib/url-state";

type Key = "resource_types" | "schema" | "folder" | "package" | "tag";

const FIELDS: { key: Key; facet: FacetName; label: string }[] = [
  { key: "resource_types", facet: "resource_types", label: "Type" },
  { key: "schema", facet: "schemas", label: "Schema" },
  { key: "folder", facet: "folders", label: "Folder" },
  { key: "package", facet: "packages", label: "Package" },
  { key: "tag", facet: "tags", label: "Tag" },
];

/** What of the graph is asked for, as the address has it. */
export function wholeQueryOf(params: URLSearchParams): WholeQuery {
  const set = FIELDS.map(({ key }) => [key, params.getAll(key).filter(Boolean)] as const);
  return Object.fromEntries(set.filter(([, values]) => values.length > 0));
}

/** Draws less: only some types, schemas, folders, packages or tags. */
export function WholeFilters({ workspace }: { workspace: string }) {
  const { params } = useUrlState();
  const chosen = FIELDS.filter(({ key }) => params.has(key)).length;
  return (
    <Popover
      label="What is drawn"
      align="start"
      className="w-72"
      trigger={
        <Button>
          <ListFilter size={14} aria-hidden />
          Filters{chosen > 0 ? ` (${chosen})` : ""}
        </Button>
      }
    >
      <Choices workspace={workspace} some={chosen > 0} />
    </Popover>
  );
}

function Choices({ workspace, some }: { workspace: string; some: boolean }) {
  const { params, patch } = useUrlState();
  const facets = useQuery(facetsQuery(workspace, useReading(), ["all"]));
  const fresh = { selected: null, view: null };
  return (
    <QueryView query={facets} what="the filters" compact>
      {(values) => (
        <div className="flex flex-col gap-2">
          {FIELDS.map(({ key, facet, label }) => (
            <FilterSelect
              key={key}
              label={label}
              className="w-full"
              value={params.get(key) ?? ""}
              options={[
                { value: "", label: `${label}: any` },
                ...values[facet].map((one) => optionOf(key, one)),
              ]}
              onChange={(value) => patch({ [key]: value, ...fresh })}
            />
          ))}
          <p className="text-xs text-faint">Tests are drawn only when they are the type chosen.</p>
          {some ? (
            <Button
              onClick={() => patch({ ...Object.fromEntries(FIELDS.map(({ key }) => [key, null])), ...fresh })}
            >
              Clear the filters
            </Button>
          ) : null}
        </div>
      )}
    </QueryView>
  );
}

const optionOf = (key: Key, { value, count }: FacetValue) => ({
  value,
  label: `${key === "resource_types" ? typePlural(value) : value} (${formatNumber(count)})`,
});
