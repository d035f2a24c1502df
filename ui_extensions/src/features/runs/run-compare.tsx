import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { Run, RunComparison } from "@/api/types";
import { EmptyState, QueryView } from "@/components/ui/feedback";
import { TypeIcon } from "@/components/ui/resource";
import { StatusMark } from "@/components/ui/status";
import { Ago, Duration } from "@/components/ui/time";
import { formatDuration, formatNumber } from "@/lib/format";
import { paths } from "@/lib/paths";
import { isActive, nodeStatus, runStatus, type Tone } from "@/lib/status";
import { useUrlState } from "@/lib/url-state";
import { compareQuery } from "./queries";

type Pairs = NonNullable<RunComparison["slower"]>;
type Pair = Pairs["items"][number];
type ListName =
  | "newly_failing"
  | "fixed"
  | "left_out"
  | "resumed"
  | "slower"
  | "faster"
  | "added"
  | "removed";

const LISTS: { name: ListName; title: string; tone: Tone }[] = [
  { name: "newly_failing", title: "Newly failing", tone: "failed" },
  { name: "fixed", title: "Fixed", tone: "ok" },
  { name: "left_out", title: "Ran before, skipped now", tone: "unknown" },
  { name: "resumed", title: "Skipped before, ran now", tone: "ok" },
  { name: "slower", title: "Slower", tone: "warning" },
  { name: "faster", title: "Faster", tone: "ok" },
  { name: "added", title: "Not part of the run before", tone: "unknown" },
  { name: "removed", title: "Not part of this run", tone: "unknown" },
];

/** What this run did otherwise than the last one of the same command in the same environment. */
export function RunCompare({ run }: { run: Run }) {
  const { params } = useUrlState();
  const difference = useQuery(compareQuery(run.workspace, run.run_id, params.get("with") ?? ""));
  return (
    <div className="overflow-auto px-3 py-2">
      <QueryView query={difference} what="the comparison" compact>
        {(found) => (found.before ? <Compared run={run} found={found} /> : <Nothing />)}
      </QueryView>
    </div>
  );
}

function Nothing() {
  return (
    <EmptyState title="There is no earlier run to compare with">
      It would be the last one of the same command in the same environment that ran to its end.
    </EmptyState>
  );
}

function Compared({ run, found }: { run: Run; found: RunComparison }) {
  const lists = LISTS.filter(({ name }) => (found[name]?.total ?? 0) > 0);
  return (
    <div className="flex flex-col gap-4 text-sm">
      <p className="text-muted">
        <Before run={run} found={found} />
        {isActive(run.status) ? " This run still goes on: what it has not come to is missing below." : ""}
      </p>
      {lists.length === 0 ? <p>Nothing differs by much.</p> : null}
      {lists.map(({ name, title, tone }) => {
        const pairs = found[name];
        return pairs ? <List key={name} run={run} title={title} tone={tone} pairs={pairs} /> : null;
      })}
      <p className="text-xs text-faint">
        {formatNumber(found.unchanged ?? 0)} others: nothing worth telling. Slower and faster: by at least 20
        % and half a second, both times well.
      </p>
    </div>
  );
}

function Before({ run, found }: { run: Run; found: RunComparison }) {
  const { before } = found;
  if (!before) return null;
  return (
    <>
      Beside{" "}
      <Link to={paths.run(run.workspace, before.run_id)} className="font-mono text-xs underline">
        {before.run_id.slice(0, 8)}
      </Link>
      , <Ago at={before.created_at} />, {runStatus(before.status).label.toLowerCase()} in{" "}
      <Duration seconds={before.duration_seconds} />; this one took{" "}
      <Duration seconds={run.duration_seconds} />.
    </>
  );
}

function List({ run, title, tone, pairs }: { run: Run; title: string; tone: Tone; pairs: Pairs }) {
  return (
    <section>
      <h3 className="mb-1 flex items-center gap-1.5 font-semibold">
        <StatusMark tone={tone} size={13} />
        {title} <span className="font-normal text-faint">{formatNumber(pairs.total)}</span>
      </h3>
      <ul className="rounded-md border">
        {pairs.items.map((pair) => (
          <li
            key={`${pair.step}:${pair.unique_id}`}
            className="flex flex-wrap items-center justify-between gap-x-4 border-b px-3 py-1 last:border-b-0"
          >
            <Name run={run} pair={pair} />
            <span className="text-muted">{change(pair)}</span>
          </li>
        ))}
        {pairs.total > pairs.items.length ? (
          <li className="px-3 py-1 text-muted">and {formatNumber(pairs.total - pairs.items.length)} more</li>
        ) : null}
      </ul>
    </section>
  );
}

function Name({ run, pair }: { run: Run; pair: Pair }) {
  const text = (
    <>
      <TypeIcon type={pair.resource_type} size={13} />
      <span className="font-mono text-xs break-all">{pair.name}</span>
    </>
  );
  const classes = "inline-flex min-w-0 items-center gap-1.5";
  if (pair.status === null) return <span className={classes}>{text}</span>;
  const query = { node: pair.unique_id, q: pair.unique_id };
  return (
    <Link to={paths.run(run.workspace, run.run_id, query)} className={`${classes} hover:underline`}>
      {text}
    </Link>
  );
}

/** What became of a node, in words: its status where that changed, its time otherwise. */
export function change(pair: Pair): string {
  const word = (status: string | null) =>
    status === null ? "absent" : nodeStatus(status).label.toLowerCase();
  if (pair.status !== pair.status_before) return `${word(pair.status_before)}, now ${word(pair.status)}`;
  if (pair.seconds === null || pair.seconds_before === null) return word(pair.status);
  const difference = pair.seconds - pair.seconds_before;
  const sign = difference < 0 ? "−" : "+";
  return `${formatDuration(pair.seconds_before)}, now ${formatDuration(pair.seconds)} (${sign}${formatDuration(Math.abs(difference))})`;
}
