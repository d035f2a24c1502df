import { useQuery } from "@tanstack/react-query";
import { useMay } from "@/api/access";
import { Button, ButtonLink } from "@/components/ui/button";
import { CursorPager } from "@/components/ui/cursor-pager";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { PageHeader, Panel } from "@/components/ui/page";
import { plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { nextSort, useUrlState } from "@/lib/url-state";
import { ModelFilters } from "./model-filters";
import { ModelsTable } from "./models-table";
import { facetsQuery, filtersOf, isFiltered, nodesQuery, PAGE_SIZE } from "./queries";

interface ModelsPageProps {
  workspace: string;
  name: string;
}

const NUMBERS_FIRST_HIGH = new Set(["last_execution_time", "last_run_at"]);
const NO_FILTERS = {
  q: null,
  resource_type: null,
  tag: null,
  schema: null,
  materialization: null,
  status: null,
  cursor: null,
  page: null,
};

export function ModelsPage({ workspace, name }: ModelsPageProps) {
  const { params, patch } = useUrlState();
  const filters = filtersOf(params);
  const nodes = useQuery(nodesQuery(workspace, filters));
  const facets = useQuery(facetsQuery(workspace));
  const sortBy = (column: string) =>
    patch({
      sort: nextSort(filters.sort || null, column, NUMBERS_FIRST_HIGH.has(column)),
      cursor: null,
      page: null,
    });
  return (
    <>
      <PageHeader
        crumbs={[{ label: name, to: paths.dashboard(workspace) }]}
        title="Models"
        tabTitle={`Models · ${name}`}
      />
      <div className="flex flex-col gap-3 px-5 pb-6 max-md:px-3">
        <ModelFilters filters={filters} facets={facets.data} patch={patch} />
        <Panel>
          <QueryView query={nodes} what="the models">
            {(page) =>
              page.items.length === 0 ? (
                <NothingHere
                  workspace={workspace}
                  filtered={isFiltered(filters)}
                  others={sumOf(facets.data?.resource_types)}
                  clear={() => patch(NO_FILTERS)}
                  showAll={() => patch({ resource_type: "all" })}
                />
              ) : (
                <>
                  <ModelsTable
                    workspace={workspace}
                    nodes={page.items}
                    sort={filters.sort || null}
                    onSort={sortBy}
                    onTag={(tag) => patch({ tag, cursor: null, page: null })}
                  />
                  <CursorPager
                    pageSize={PAGE_SIZE}
                    shown={page.items.length}
                    total={page.total}
                    nextCursor={page.next_cursor}
                  />
                </>
              )
            }
          </QueryView>
        </Panel>
      </div>
    </>
  );
}

const sumOf = (counts: Record<string, number> = {}) =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

interface NothingProps {
  workspace: string;
  filtered: boolean;
  /** How many nodes there are when nothing is filtered. */
  others: number;
  clear: () => void;
  showAll: () => void;
}

function NothingHere({ workspace, filtered, others, clear, showAll }: NothingProps) {
  const start = useMay("run:start", workspace);
  if (filtered) {
    return (
      <EmptyState
        title="Nothing matches these filters"
        action={<Button onClick={clear}>Clear the filters</Button>}
      >
        Names and descriptions are searched, among the types that are switched on.
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
      title="This project has no nodes"
      action={
        <ButtonLink
          look="primary"
          denied={start.why}
          to={paths.runs(workspace, { new: 1, command: "parse" })}
        >
          Parse the project
        </ButtonLink>
      }
    >
      dbt parsed the project and found nothing in it. Add models to the project, then parse it again.
    </EmptyState>
  );
}
