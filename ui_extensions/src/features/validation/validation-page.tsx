import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link, useNavigate } from "react-router";
import type { ValidationPage as Page, ValidationItem } from "@/api/types";
import { Button } from "@/components/ui/button";
import { ShareBar } from "@/components/ui/coverage";
import { CursorPager } from "@/components/ui/cursor-pager";
import { EmptyState, QueryView, Skeleton } from "@/components/ui/feedback";
import { LineChart } from "@/components/ui/line-chart";
import { PageHeader, Panel, Section } from "@/components/ui/page";
import { TypeIcon } from "@/components/ui/resource";
import { Heads, Table, Td } from "@/components/ui/table";
import { Unknown } from "@/components/ui/time";
import { TrustWord } from "@/components/ui/trust";
import { cn } from "@/lib/cn";
import { formatNumber, formatShare } from "@/lib/format";
import { useCatalogPaths, useReading } from "@/lib/reading";
import { rowKeys } from "@/lib/row-keys";
import { formatExact } from "@/lib/time";
import { useUrlState } from "@/lib/url-state";
import { CHECKS, type Check, labelOf, seriesOf } from "./checks";
import { PAGE_SIZE, trendQuery, validationQuery } from "./queries";

interface ValidationProps {
  workspace: string;
  name: string;
  asOf: ReactNode;
}

/** What is undocumented, untested, ownerless, failing or stale, and how that moved over time. */
export function ValidationPage({ workspace, name, asOf }: ValidationProps) {
  const { params, patch } = useUrlState();
  const reading = useReading();
  const links = useCatalogPaths(workspace);
  const check = CHECKS.find((one) => one.check === params.get("check"))?.check ?? null;
  const types = params.getAll("resource_type");
  const query = useQuery(validationQuery(workspace, reading, check, types, params.get("cursor") ?? ""));
  return (
    <>
      <PageHeader
        crumbs={[{ label: name, to: links.dashboard() }]}
        title="Validation"
        tabTitle={`Validation · ${name}`}
        actions={asOf}
      />
      <div className="flex flex-col gap-6 px-5 pb-6 max-md:px-3">
        <QueryView query={query} what="the checks">
          {(page) => (
            <div className="flex flex-col gap-6">
              <Checks
                page={page}
                chosen={check}
                onChoose={(next) => patch({ check: next === check ? null : next, cursor: null, page: null })}
              />
              <Trend workspace={workspace} />
              <Section title={check ? labelOf(check) : "Everything that is not in order"}>
                <Found
                  workspace={workspace}
                  page={page}
                  check={check}
                  all={() => patch({ check: null, resource_type: null, cursor: null, page: null })}
                />
              </Section>
            </div>
          )}
        </QueryView>
      </div>
    </>
  );
}

interface ChecksProps {
  page: Page;
  chosen: Check | null;
  onChoose: (check: Check) => void;
}

function Checks({ page, chosen, onChoose }: ChecksProps) {
  return (
    <ul aria-label="Checks" className="grid gap-2.5 sm:grid-cols-2 lg:grid-cols-3 2xl:grid-cols-6">
      {CHECKS.map(({ check, label, covered }) => {
        const { count, of } = page.summary[check] ?? { count: 0, of: 0 };
        const share = formatShare(of - count, of);
        return (
          <li key={check}>
            <button
              type="button"
              aria-pressed={check === chosen}
              onClick={() => onChoose(check)}
              className={cn(
                "flex w-full flex-col gap-1 rounded-md border px-3 py-2 text-left hover:border-line-strong",
                check === chosen && "border-accent bg-accent-soft",
              )}
            >
              <span className="text-sm text-muted">{label}</span>
              <span className="flex items-baseline gap-2">
                <strong className="text-lg font-semibold">{formatNumber(count)}</strong>
                <span className="text-xs text-muted">of {formatNumber(of)}</span>
              </span>
              <ShareBar part={of - count} total={of} />
              <span className="text-xs text-faint">
                {share === null ? "nothing to check" : `${share} ${covered}`}
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}

function Trend({ workspace }: { workspace: string }) {
  const trend = useQuery(trendQuery(workspace, useReading()));
  const links = useCatalogPaths(workspace);
  const navigate = useNavigate();
  return (
    <Section title="Coverage over time">
      <QueryView query={trend} what="the coverage over time" compact skeleton={<Skeleton className="h-44" />}>
        {({ items }) =>
          items.length < 2 ? (
            <p className="text-sm text-muted">
              {items.length === 0
                ? "Not known yet: no snapshot has been counted."
                : "There is one snapshot so far; a line needs two."}
            </p>
          ) : (
            <LineChart
              label="Coverage over time, one point for each snapshot"
              series={seriesOf(items)}
              points={items.map((point) => formatExact(point.at))}
              onChoose={(index) => {
                const point = items[index];
                if (point) navigate(links.validation({ snapshot: String(point.snapshot_id) }));
              }}
            />
          )
        }
      </QueryView>
    </Section>
  );
}

interface FoundProps {
  workspace: string;
  page: Page;
  check: Check | null;
  all: () => void;
}

function Found({ workspace, page, check, all }: FoundProps) {
  if (page.items.length === 0) {
    return (
      <Panel>
        <EmptyState
          title={check ? "Nothing: this check finds no fault" : "Nothing: everything is in order"}
          action={check ? <Button onClick={all}>Show all checks</Button> : null}
        />
      </Panel>
    );
  }
  return (
    <Panel>
      <Table label="Nodes that are not in order" className="max-h-[70dvh]">
        <Heads columns={["Name", "What is missing", "Trust", "Owner", { numeric: "Columns described" }]} />
        <tbody onKeyDown={rowKeys}>
          {page.items.map((node) => (
            <FoundRow key={node.unique_id} workspace={workspace} node={node} />
          ))}
        </tbody>
      </Table>
      <CursorPager
        pageSize={PAGE_SIZE}
        shown={page.items.length}
        total={page.total}
        nextCursor={page.next_cursor}
      />
    </Panel>
  );
}

/** Where what is missing can be seen, or mended. */
const TAB_OF: Partial<Record<string, string>> = {
  untested: "tests",
  failing: "tests",
  columns_undocumented: "columns",
};

function FoundRow({ workspace, node }: { workspace: string; node: ValidationItem }) {
  const links = useCatalogPaths(workspace);
  return (
    <tr className="hover:bg-hover">
      <Td className="max-w-96 min-w-40">
        <span className="flex items-center gap-1.5">
          <TypeIcon type={node.resource_type} />
          <Link
            to={links.node(node.unique_id)}
            data-row
            className="truncate font-mono hover:underline"
            title={node.unique_id}
          >
            {node.name}
          </Link>
        </span>
      </Td>
      <Td>
        <span className="flex flex-wrap gap-x-2.5">
          {node.checks.map((check) => (
            <Link
              key={check}
              to={links.node(node.unique_id, { tab: TAB_OF[check] })}
              className="whitespace-nowrap text-muted hover:underline"
            >
              {labelOf(check).toLowerCase()}
            </Link>
          ))}
        </span>
      </Td>
      <Td>
        <TrustWord trust={node.trust} reasons={node.trust_reasons} />
      </Td>
      <Td className="max-w-44 truncate">{node.owner ?? <span className="text-faint">nobody</span>}</Td>
      <Td numeric className="whitespace-nowrap text-muted">
        {node.columns_total > 0 ? (
          `${formatNumber(node.columns_documented)} of ${formatNumber(node.columns_total)}`
        ) : (
          <Unknown why="columns not known" />
        )}
      </Td>
    </tr>
  );
}
