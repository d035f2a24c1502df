import { DiffView } from "@/components/ui/diff-view";
import { StatusMark } from "@/components/ui/status";
import { asText, isBlank } from "@/lib/values";

export interface ChangeLike {
  aspect: string;
  what: string;
  before?: unknown;
  after?: unknown;
  breaking: boolean;
  why?: string | null;
}

const CODE = new Set(["sql", "compiled"]);

/** What changed in a node, the breaking first; texts of SQL as a difference line by line. */
export function ChangeList({ changes }: { changes: readonly ChangeLike[] }) {
  const ordered = changes.toSorted((left, right) => Number(right.breaking) - Number(left.breaking));
  return (
    <ul className="flex flex-col gap-2.5" aria-label="What changed">
      {ordered.map((change) => (
        <li key={`${change.aspect} ${change.what}`} className="flex min-w-0 flex-col gap-1">
          <Words change={change} />
          <Values change={change} />
        </li>
      ))}
    </ul>
  );
}

/** A difference of texts says by itself what it is of. */
function Words({ change }: { change: ChangeLike }) {
  if (isText(change) && !change.breaking && !change.why) return null;
  return (
    <p className="flex flex-wrap items-center gap-x-2 text-sm">
      {change.breaking ? <BreakingMark /> : null}
      <span>{change.what}</span>
      {change.why ? <span className="text-muted">{change.why}</span> : null}
    </p>
  );
}

export function BreakingMark() {
  return (
    <span className="inline-flex items-center gap-1 rounded-md bg-failed-soft px-1.5 text-xs font-medium text-failed">
      <StatusMark tone="failed" size={11} />
      breaking
    </span>
  );
}

const isLong = (value: unknown) => typeof value === "string" && value.includes("\n");
const isText = ({ aspect, before, after }: ChangeLike) =>
  (CODE.has(aspect) || isLong(before) || isLong(after)) && !(isBlank(before) && isBlank(after));

function Values({ change }: { change: ChangeLike }) {
  const { before, after } = change;
  if (isBlank(before) && isBlank(after)) return null;
  if (isText(change)) return <DiffView label={change.what} before={textOr(before)} after={textOr(after)} />;
  return (
    <p className="flex flex-wrap items-baseline gap-1.5 font-mono text-xs">
      <Value value={before} sign="-" className="bg-failed-soft text-failed" none="not there before" />
      <span aria-hidden className="text-faint">
        →
      </span>
      <Value value={after} sign="+" className="bg-ok-soft text-ok" none="not there any more" />
    </p>
  );
}

const textOr = (value: unknown) => (value === null || value === undefined ? null : asText(value));

function Value({
  value,
  sign,
  className,
  none,
}: {
  value: unknown;
  sign: string;
  className: string;
  none: string;
}) {
  if (isBlank(value)) return <span className="font-sans text-faint">{none}</span>;
  return (
    <span className={`min-w-0 rounded-sm px-1.5 whitespace-pre-wrap break-all ${className}`}>
      <span aria-hidden>{sign} </span>
      {asText(value)}
    </span>
  );
}
