import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useMay } from "@/api/access";
import type { Workspace } from "@/api/types";
import { Button, ButtonLink } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/feedback";
import { ListPanel } from "@/components/ui/list-panel";
import { PageHeader } from "@/components/ui/page";
import { paths } from "@/lib/paths";
import { useUrlState } from "@/lib/url-state";
import { DefinitionsBanner } from "./definitions-banner";
import { JobsFilters } from "./jobs-filters";
import { JobsTable } from "./jobs-table";
import { FILTER_NAMES, filtersOf, isFiltered, jobsQuery, PAGE_SIZE } from "./queries";

/** What runs when, and whether it is healthy. */
export function JobsPage({ workspace }: { workspace: Workspace }) {
  const { key, name } = workspace;
  const { params, patch } = useUrlState();
  const edit = useMay("job:edit", key);
  const filters = filtersOf(params);
  const jobs = useQuery(jobsQuery(key, filters));
  const nothing = Object.fromEntries(FILTER_NAMES.map((one) => [one, null]));
  const make = (
    <ButtonLink look="primary" denied={edit.why} to={paths.newJob(key)}>
      <Plus size={14} aria-hidden />
      New job
    </ButtonLink>
  );
  return (
    <>
      <PageHeader
        crumbs={[{ label: name, to: paths.dashboard(key) }]}
        title="Jobs"
        tabTitle={`Jobs · ${name}`}
        actions={make}
      />
      <div className="flex flex-col gap-3 px-5 pb-6 max-md:px-3">
        <DefinitionsBanner workspace={key} />
        <JobsFilters workspace={key} filters={filters} />
        <ListPanel
          query={jobs}
          what="the jobs"
          pageSize={PAGE_SIZE}
          empty={
            isFiltered(filters) ? (
              <EmptyState
                title="No job matches these filters"
                action={
                  <Button onClick={() => patch({ ...nothing, cursor: null, page: null })}>
                    Clear the filters
                  </Button>
                }
              />
            ) : (
              <EmptyState title="There is no job yet" action={make}>
                A job runs dbt commands again and again: at times of a schedule, after another job, when
                artifacts come, or when it is called. Archived ones are shown by the filter.
              </EmptyState>
            )
          }
        >
          {(items) => <JobsTable workspace={key} jobs={items} />}
        </ListPanel>
      </div>
    </>
  );
}
