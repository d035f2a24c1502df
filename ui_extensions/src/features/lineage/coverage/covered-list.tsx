import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { coveredNodesQuery, LINEAGE_PAGE } from "@/api/lineage-queries";
import type { CoverageQuery, CoveredNode } from "@/api/lineage-types";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/feedback";
import { SearchBox } from "@/components/ui/field";
import { ListPanel } from "@/components/ui/list-panel";
import { Section } from "@/components/ui/page";
import { Inline } from "@/components/ui/prose";
import { TypeIcon } from "@/components/ui/resource";
import { Segmented } from "@/components/ui/segmented";
import { StatusWord } from "@/components/ui/status";
import { Table, Td, Th } from "@/components/ui/table";
import { Duration } from "@/components/ui/time";
import { CsvButton } from "@/features/lineage/lists/csv-button";
import { csvUrl } from "@/features/lineage/lists/names";
import { lineageStatus } from "@/features/lineage/words";
import { formatNumber } from "@/lib/format";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { rowKeys } from "@/lib/row-keys";
import { nextSort, useUrlState } from "@/lib/url-state";

type Status = CoveredNode["status"];
type Sort = NonNullable<CoverageQuery["sort"]>;

const STATUSES: Status[] = ["unknown", "partial", "not_traced", "complete", "not_applicable"];
const SORTS: Sort[] = ["status", "name", "seconds", "columns", "-status", "-name", "-seconds", "-columns"];
const FIRST = { cursor: null, page: null };

/** Every node with what is known of its columns, the least known first. */
export function CoveredList({ workspace }: { workspace: string }) {
  const { params, patch } = useUrlState();
  const reading = useReading();
  const status = STATUSES.find((one) => one === params.get("status"));
  const q = params.get("q") ?? "";
  const sort = SORTS.find((one) => one === params.get("sort"));
  const cursor = params.get("cursor");
  const nodes = useQuery(
    coveredNodesQuery(workspace, reading, {
      ...(status && { status: [status] }),
      ...(q && { q }),
      ...(sort && { sort }),
      ...(cursor && { cursor }),
    }),
  );
  const url = csvUrl(workspace, reading, "/lineage/coverage/nodes", { status, q, sort });
  const sorted = (column: string, descending = false) => ({
    column,
    current: sort ?? "status",
    onSort: (by: string) => patch({ sort: nextSort(sort ?? null, by, descending), ...FIRST }),
  });
  return (
    <Section title="Nodes" actions={<CsvButton url={url} name="lineage-coverage" />}>
      <div className="mb-2 flex flex-wrap items-center gap-2">
        <Segmented
          label="Status"
          value={status ?? ""}
          options={[
            { value: "", label: "All" },
            ...STATUSES.map((value) => ({ value, label: lineageStatus(value).label })),
          ]}
          onChange={(next) => patch({ status: next, ...FIRST })}
        />
        <SearchBox
          main
          className="min-w-48 flex-1 md:max-w-72"
          placeholder="Search the nodes"
          value={q}
          onChange={(next) => patch({ q: next, ...FIRST }, { replace: true })}
        />
      </div>
      <ListPanel
        query={nodes}
        what="the nodes"
        pageSize={LINEAGE_PAGE}
        empty={
          <EmptyState
            title={status || q ? "Nothing matches these filters" : "There are no nodes"}
            action={
              status || q ? (
                <Button onClick={() => patch({ status: null, q: null, ...FIRST })}>Clear the filters</Button>
              ) : null
            }
          />
        }
      >
        {(items) => (
          <Table label="Nodes and what is known of their columns">
            <thead>
              <tr>
                <Th sort={sorted("name")}>Name</Th>
                <Th sort={sorted("status")}>Column lineage</Th>
                <Th>Why</Th>
                <Th numeric sort={sorted("columns", true)}>
                  Columns known
                </Th>
                <Th numeric sort={sorted("seconds", true)}>
                  Time to read
                </Th>
              </tr>
            </thead>
            <tbody onKeyDown={rowKeys}>
              {items.map((one) => (
                <CoveredRow key={one.node.unique_id} workspace={workspace} one={one} />
              ))}
            </tbody>
          </Table>
        )}
      </ListPanel>
    </Section>
  );
}

function CoveredRow({ workspace, one }: { workspace: string; one: CoveredNode }) {
  const links = useCatalogPaths(workspace);
  return (
    <tr className="hover:bg-hover">
      <Td className="max-w-80 min-w-44 max-md:max-w-48">
        <span className="flex items-center gap-1.5">
          <TypeIcon type={one.node.resource_type} />
          <Link
            data-row
            className="truncate font-mono hover:underline"
            title={one.node.unique_id}
            to={links.node(one.node.unique_id, { tab: "columns" })}
          >
            {one.node.name}
          </Link>
        </span>
      </Td>
      <Td>
        <StatusWord status={lineageStatus(one.status)} />
      </Td>
      <Td className="max-w-xl min-w-48 text-muted">
        <span className="break-words">
          <Inline text={one.reason} />
        </span>
        {one.kept_since === null ? null : (
          <span className="block text-xs text-warning">
            Could not be read; what is known is as of snapshot {one.kept_since}.
          </span>
        )}
      </Td>
      <Td numeric className="whitespace-nowrap">
        {one.columns === 0 ? (
          <span className="text-faint">no columns known</span>
        ) : (
          `${formatNumber(one.columns_resolved)} of ${formatNumber(one.columns)}`
        )}
      </Td>
      <Td numeric>
        <Duration seconds={one.seconds} none="never read" />
      </Td>
    </tr>
  );
}
