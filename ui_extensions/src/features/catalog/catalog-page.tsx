import { useQuery } from "@tanstack/react-query";
import { ListFilter } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useMay } from "@/api/access";
import { errorsAt } from "@/api/errors";
import { facetsQuery } from "@/api/node-queries";
import { Button, ButtonLink } from "@/components/ui/button";
import { ColumnPicker } from "@/components/ui/column-picker";
import { CursorPager } from "@/components/ui/cursor-pager";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { SearchBox } from "@/components/ui/field";
import { PageHeader, Panel } from "@/components/ui/page";
import { cn } from "@/lib/cn";
import { useColumns } from "@/lib/columns";
import { plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { nextSort, useUrlState } from "@/lib/url-state";
import { Chips } from "./chips";
import { NODE_COLUMNS } from "./columns";
import { ExportPage } from "./export-page";
import { FacetPanel } from "./facet-panel";
import { countOf, FIRST_PAGE, filtersOf, isFiltered, NO_FILTERS, totalOf } from "./filters";
import { NodesTable } from "./nodes-table";
import { nodesQuery, PAGE_SIZE } from "./queries";
import { SelectorHelp } from "./selector-help";

interface CatalogPageProps {
  workspace: string;
  name: string;
  /** Chooses the snapshot that is looked at: it belongs to another feature, the route brings it. */
  asOf: ReactNode;
}

const HIGHEST_FIRST = new Set(["last_execution_time", "last_run_at"]);

export function CatalogPage({ workspace, name, asOf }: CatalogPageProps) {
  const { params, patch } = useUrlState();
  const reading = useReading();
  const links = useCatalogPaths(workspace);
  const filters = filtersOf(params);
  const nodes = useQuery(nodesQuery(workspace, reading, filters));
  const facets = useQuery(facetsQuery(workspace, reading, filters.chosen.resource_type));
  const columns = useColumns("catalog", NODE_COLUMNS);
  const [facetsOpen, setFacetsOpen] = useState(false);
  const selectorErrors = errorsAt(nodes.error, "q").concat(errorsAt(nodes.error, "query.q"));
  const search = (q: string) => patch({ q, ...FIRST_PAGE }, { replace: true });
  const chosen = countOf(filters.chosen);
  return (
    <>
      <PageHeader
        crumbs={[{ label: name, to: links.dashboard() }]}
        title="Catalog"
        tabTitle={`Catalog · ${name}`}
        actions={asOf}
      />
      <div className="flex flex-col gap-2.5 px-5 pb-6 max-md:px-3">
        <div className="flex flex-wrap items-start gap-1.5">
          <div className="flex min-w-56 flex-1 gap-1 md:max-w-xl">
            <div className="min-w-0 flex-1">
              <SearchBox
                main
                placeholder="Search, or select as in dbt: +orders tag:daily"
                value={filters.q}
                onChange={search}
                errors={selectorErrors}
              />
            </div>
            <SelectorHelp onTry={search} />
          </div>
          <Button
            className="lg:hidden"
            aria-expanded={facetsOpen}
            aria-controls="facets"
            onClick={() => setFacetsOpen(!facetsOpen)}
          >
            <ListFilter size={14} aria-hidden />
            Filters{chosen > 0 ? ` (${chosen})` : ""}
          </Button>
          <span className="flex flex-wrap gap-1 md:ml-auto">
            <ExportPage workspace={workspace} nodes={nodes.data?.items ?? []} columns={columns.shown} />
            <ColumnPicker columns={NODE_COLUMNS} choice={columns} />
          </span>
        </div>
        <Chips chosen={filters.chosen} patch={patch} />
        <div className="grid gap-4 lg:grid-cols-[13rem_minmax(0,1fr)]">
          <aside
            id="facets"
            aria-label="Filters"
            className={cn(
              "lg:max-h-[calc(100dvh-10rem)] lg:overflow-y-auto",
              facetsOpen ? "rounded-md border px-2 lg:border-0 lg:px-0" : "max-lg:hidden",
            )}
          >
            <QueryView query={facets} what="the filters" compact>
              {(values) => <FacetPanel chosen={filters.chosen} facets={values} patch={patch} />}
            </QueryView>
          </aside>
          <Panel className="self-start">
            {selectorErrors.length > 0 && nodes.data === undefined ? (
              <EmptyState title="This selector cannot be read">
                What is wrong is said below the search box. The help beside it has examples.
              </EmptyState>
            ) : (
              <QueryView query={nodes} what="the catalog">
                {(page) =>
                  page.items.length === 0 ? (
                    <NothingHere
                      workspace={workspace}
                      filtered={isFiltered(filters)}
                      selector={page.query?.selector ?? null}
                      onlyModels={filters.chosen.resource_type.length === 0}
                      others={totalOf(facets.data)}
                      clear={() => patch(NO_FILTERS)}
                      showAll={() => patch({ resource_type: "all", ...FIRST_PAGE })}
                    />
                  ) : (
                    <>
                      <NodesTable
                        workspace={workspace}
                        links={links}
                        nodes={page.items}
                        columns={columns.shown}
                        sort={filters.sort || null}
                        onSort={(column) =>
                          patch({
                            sort: nextSort(filters.sort || null, column, HIGHEST_FIRST.has(column)),
                            ...FIRST_PAGE,
                          })
                        }
                        onTag={(tag) => patch({ tag, ...FIRST_PAGE })}
                        onOwner={(owner) => patch({ owner, ...FIRST_PAGE })}
                      />
                      <CursorPager
                        pageSize={PAGE_SIZE}
                        shown={page.items.length}
                        total={page.total}
                        cut
                        nextCursor={page.next_cursor}
                      />
                    </>
                  )
                }
              </QueryView>
            )}
          </Panel>
        </div>
      </div>
    </>
  );
}

interface NothingProps {
  workspace: string;
  filtered: boolean;
  /** The selector as the server read it. */
  selector: string | null;
  onlyModels: boolean;
  /** How many nodes there are when nothing is filtered. */
  others: number;
  clear: () => void;
  showAll: () => void;
}

function NothingHere({ workspace, filtered, selector, onlyModels, others, clear, showAll }: NothingProps) {
  const start = useMay("run:start", workspace);
  if (filtered) {
    return (
      <EmptyState
        title="Nothing matches these filters"
        action={
          <>
            {onlyModels ? (
              <Button look="primary" onClick={showAll}>
                Look among all types
              </Button>
            ) : null}
            <Button onClick={clear}>Clear the filters</Button>
          </>
        }
      >
        {onlyModels ? "Only models are looked at. " : ""}
        {selector ? (
          <>
            <code className="font-mono text-sm">{selector}</code> was read as a selector of dbt.
          </>
        ) : (
          "Names, columns, descriptions, tags and SQL are searched."
        )}
      </EmptyState>
    );
  }
  if (others > 0) {
    return (
      <EmptyState
        title="This project has no models"
        action={<Button onClick={showAll}>Show everything</Button>}
      >
        It has {plural(others, "node")} of other types.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="The catalog is empty"
      action={
        <>
          <ButtonLink
            look="primary"
            denied={start.why}
            to={paths.runs(workspace, { new: 1, command: "parse" })}
          >
            Parse the project
          </ButtonLink>
          <ButtonLink to={paths.artifacts(workspace)}>Bring artifacts</ButtonLink>
        </>
      }
    >
      dbt found nothing in the project, or its artifacts have not been brought to this environment.
    </EmptyState>
  );
}
