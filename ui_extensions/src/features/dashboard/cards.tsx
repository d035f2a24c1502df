import type { ReactNode } from "react";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import type { Overview } from "@/api/types";
import { CoverageFact } from "@/components/ui/coverage";
import { Panel, Section } from "@/components/ui/page";
import { TypeIcon } from "@/components/ui/resource";
import { StatusMark, StatusWord, toneFill } from "@/components/ui/status";
import { Ago, Unknown } from "@/components/ui/time";
import { cn } from "@/lib/cn";
import { formatDuration, formatNumber, plural, typeLabel, typePlural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { useCatalogPaths } from "@/lib/reading";
import { isOpenable } from "@/lib/runs";
import { freshnessStatus, nodeStatus, type Tone } from "@/lib/status";
import { tallyOf } from "./verdict";

/** What dbt executes, and therefore has a result. */
const RUNNABLE = ["model", "seed", "snapshot", "test", "unit_test"];

const TYPE_ORDER = ["model", "source", "seed", "snapshot", "test", "unit_test", "exposure", "metric"];

interface CardProps {
  workspace: string;
  overview: Overview;
}

/** The last result of every node as one bar, and how many there are of each type. */
export function Counts({ workspace, overview }: CardProps) {
  const links = useCatalogPaths(workspace);
  const place = (type: string) => (TYPE_ORDER.includes(type) ? TYPE_ORDER.indexOf(type) : TYPE_ORDER.length);
  const types = Object.entries(overview.counts)
    .filter(([, count]) => count > 0)
    .sort(([left], [right]) => place(left) - place(right));
  return (
    <div className="flex flex-wrap items-start gap-x-10 gap-y-4">
      <StateBar workspace={workspace} overview={overview} />
      <ul className="flex flex-wrap gap-x-5 gap-y-2" aria-label="Nodes by type">
        {types.map(([type, count]) => (
          <li key={type}>
            <Link
              to={links.catalog({ resource_type: type })}
              className="flex items-center gap-1.5 rounded-sm hover:underline"
            >
              <TypeIcon type={type} />
              <strong className="font-semibold">{formatNumber(count)}</strong>
              <span className="text-muted">{count === 1 ? typeLabel(type) : typePlural(type)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </div>
  );
}

function StateBar({ workspace, overview }: CardProps) {
  const links = useCatalogPaths(workspace);
  const tally = tallyOf(overview);
  const parts: { tone: Tone; count: number; word: string; status: string }[] = [
    { tone: "failed", count: tally.failed, word: "failing", status: "failing" },
    { tone: "warning", count: tally.warning, word: "with warnings", status: "warn" },
    { tone: "ok", count: tally.ok, word: "fine", status: "ok" },
    { tone: "unknown", count: tally.skipped, word: "skipped", status: "skipped" },
    { tone: "unknown", count: tally.unknown, word: "never run", status: "unknown" },
  ];
  const shown = parts.filter((part) => part.count > 0);
  if (shown.length === 0) return <p className="flex-1 text-sm text-muted">There is nothing dbt could run.</p>;
  return (
    <div className="min-w-0 flex-1 basis-72">
      <div className="flex h-2.5 gap-px overflow-hidden rounded-sm" aria-hidden>
        {shown.map((part) => (
          <div
            key={part.word}
            className={cn("min-w-1", toneFill(part.tone))}
            style={{ flexGrow: part.count }}
          />
        ))}
      </div>
      <p className="mt-1.5 flex flex-wrap gap-x-4 gap-y-1 text-sm">
        {shown.map((part) => (
          <Link
            key={part.word}
            to={links.catalog({ resource_type: RUNNABLE, status: part.status })}
            className="inline-flex items-center gap-1.5 hover:underline"
          >
            <StatusMark tone={part.tone} size={12} />
            {formatNumber(part.count)} {part.word}
          </Link>
        ))}
      </p>
    </div>
  );
}

/** What failed or warned the last time it ran, with dbt's own words. */
export function Failing({ workspace, overview }: CardProps) {
  const links = useCatalogPaths(workspace);
  return (
    <Section
      title={`Needs attention (${formatNumber(overview.failing_total)})`}
      actions={
        overview.failing_total > overview.failing.length ? (
          <Link
            className="text-sm text-accent hover:underline"
            to={links.catalog({ resource_type: RUNNABLE, status: "attention" })}
          >
            Show all
          </Link>
        ) : null
      }
    >
      <Panel>
        <ul>
          {overview.failing.map((node) => (
            <li key={node.unique_id} className="border-b px-3 py-2 last:border-b-0">
              <div className="flex flex-wrap items-center gap-x-3 gap-y-0.5">
                <StatusWord status={nodeStatus(node.last_status)} />
                <NodeLink workspace={workspace} node={node} />
                <span className="ml-auto text-sm text-muted">
                  {node.owner ? `${node.owner} · ` : ""}
                  {isOpenable(node.run_id) ? (
                    <Link
                      to={paths.run(workspace, node.run_id, { node: node.unique_id })}
                      className="hover:underline"
                    >
                      run of <Ago at={node.at} />
                    </Link>
                  ) : (
                    <Ago at={node.at} />
                  )}
                </span>
              </div>
              <p className="mt-0.5 line-clamp-3 font-mono text-xs whitespace-pre-wrap break-words text-muted">
                {node.message ?? "dbt gave no message."}
              </p>
            </li>
          ))}
        </ul>
      </Panel>
    </Section>
  );
}

interface NodeLinkProps {
  workspace: string;
  node: { unique_id: string; name: string; resource_type: string };
  tab?: string;
}

function NodeLink({ workspace, node, tab }: NodeLinkProps) {
  const links = useCatalogPaths(workspace);
  return (
    <Link
      to={links.node(node.unique_id, { tab })}
      className="inline-flex min-w-0 items-center gap-1.5 hover:underline"
    >
      <TypeIcon type={node.resource_type} />
      <span className="truncate font-mono text-sm">{node.name}</span>
    </Link>
  );
}

/** The slowest nodes by their last run. */
export function Slowest({ workspace, overview }: CardProps) {
  const longest = Math.max(0, ...overview.slowest.map((node) => node.seconds));
  return (
    <Section title="Slowest">
      {overview.slowest.length === 0 ? (
        <Quiet>Not known: nothing has been built yet.</Quiet>
      ) : (
        <ul className="flex flex-col gap-1">
          {overview.slowest.map((node) => (
            <li
              key={node.unique_id}
              className="grid grid-cols-[minmax(0,1fr)_5rem_4rem] items-center gap-3 text-sm"
            >
              <span className="inline-flex min-w-0">
                <NodeLink workspace={workspace} node={node} tab="runs" />
              </span>
              <span aria-hidden className="h-1.5 rounded-sm bg-sunken">
                <span
                  className="block h-full rounded-sm bg-accent"
                  style={{ width: `${longest > 0 ? (100 * node.seconds) / longest : 0}%` }}
                />
              </span>
              <span className="text-right text-muted">{formatDuration(node.seconds)}</span>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

/** How fresh the sources are, where dbt has checked. */
export function Freshness({ workspace, overview }: CardProps) {
  const links = useCatalogPaths(workspace);
  return (
    <Section title="Source freshness">
      {overview.freshness.length === 0 ? (
        <NoFreshness workspace={workspace} sources={overview.counts["source"] ?? 0} />
      ) : (
        <ul className="flex flex-col gap-1 text-sm">
          {overview.freshness.map((source) => (
            <li key={source.unique_id} className="flex items-center justify-between gap-3">
              <Link to={links.node(source.unique_id)} className="truncate font-mono hover:underline">
                {source.name}
              </Link>
              <span className="flex shrink-0 items-center gap-3">
                <span className="text-muted">{ageOf(source.age_seconds)}</span>
                <StatusWord status={freshnessStatus(source.status)} />
              </span>
            </li>
          ))}
          {overview.sources_without_freshness > 0 ? (
            <li className="text-muted">
              {plural(overview.sources_without_freshness, "source")} without a freshness check
            </li>
          ) : null}
        </ul>
      )}
    </Section>
  );
}

function NoFreshness({ workspace, sources }: { workspace: string; sources: number }) {
  const start = useMay("run:start", workspace);
  if (sources === 0) return <Quiet>This project has no sources.</Quiet>;
  return (
    <Quiet>
      Not known: {plural(sources, "source")}, and no freshness check has run.{" "}
      {start.may ? (
        <Link
          className="text-accent underline"
          to={paths.runs(workspace, { new: 1, command: "source freshness" })}
        >
          Check it
        </Link>
      ) : (
        start.why
      )}
    </Quiet>
  );
}

const ageOf = (seconds: number | null | undefined): ReactNode =>
  typeof seconds === "number" ? `${formatDuration(seconds)} old` : <Unknown why="age not known" />;

/** Share of models and columns that are described, and of models that are tested. */
export function Coverage({ workspace, overview }: CardProps) {
  const { models, documented, tested, columns, columns_documented: columnsDocumented } = overview.coverage;
  return (
    <Section title="Coverage" actions={<ModelsLink workspace={workspace} models={models} />}>
      {models === 0 ? (
        <Quiet>There are no models to describe or test.</Quiet>
      ) : (
        <dl className="grid grid-cols-3 gap-4 text-sm">
          <CoverageFact name="Models described" part={documented} total={models} />
          <CoverageFact name="Models tested" part={tested} total={models} />
          <CoverageFact name="Known columns described" part={columnsDocumented} total={columns} />
        </dl>
      )}
    </Section>
  );
}

function ModelsLink({ workspace, models }: { workspace: string; models: number }) {
  const links = useCatalogPaths(workspace);
  if (models === 0) return null;
  return (
    <Link className="text-sm text-accent hover:underline" to={links.catalog()}>
      {plural(models, "model")}
    </Link>
  );
}

function Quiet({ children }: { children: ReactNode }) {
  return <p className="text-sm text-muted">{children}</p>;
}
