import { Link } from "react-router";
import type { Run, RunCause, RunCauses } from "@/api/types";
import { StatusMark } from "@/components/ui/status";
import { formatNumber, plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { useUrlState } from "@/lib/url-state";

/** So many failures are named at once; the list of nodes has the others. */
const FIRST = 3;

/** What a run failed of: each failure with what it made dbt skip, and what is out of date because of it. */
export function Causes({ run, causes }: { run: Run; causes: RunCauses }) {
  const { params, patch } = useUrlState();
  const all = params.get("causes") === "all";
  const shown = all ? causes.items : causes.items.slice(0, FIRST);
  const more = causes.items.length - shown.length;
  return (
    <section aria-label="Causes" className="rounded-md bg-failed-soft px-3 py-2 text-sm">
      <p className="mb-1 flex flex-wrap items-center gap-x-2 font-medium" role="alert">
        <StatusMark tone="failed" />
        {headline(causes)}
      </p>
      <ul className={all ? "flex max-h-96 flex-col gap-2 overflow-auto" : "flex flex-col gap-2"}>
        {shown.map((cause) => (
          <Cause key={`${cause.step}:${cause.unique_id}`} run={run} cause={cause} />
        ))}
      </ul>
      {causes.unexplained.total > 0 ? (
        <p className="mt-1 text-muted">
          {plural(causes.unexplained.total, "node")} skipped without a failure before: the log says why.
        </p>
      ) : null}
      <p className="mt-1 flex flex-wrap gap-x-3 empty:hidden">
        {more > 0 ? (
          <button
            type="button"
            className="underline"
            onClick={() => patch({ causes: "all" }, { replace: true })}
          >
            Show {formatNumber(more)} more
          </button>
        ) : null}
        {causes.failed_total > causes.items.length ? (
          <button
            type="button"
            className="underline"
            onClick={() => patch({ view: null, sort: "status", cursor: null, page: null })}
          >
            All {formatNumber(causes.failed_total)} failures, in the list of nodes
          </button>
        ) : null}
      </p>
    </section>
  );
}

function headline(causes: RunCauses): string {
  const failed = plural(causes.failed_total, "node");
  if (causes.failed_total === 0) return `${plural(causes.skipped_total, "node")} skipped, none failed`;
  if (causes.skipped_total === 0) return `${failed} failed`;
  return `${failed} failed, and ${formatNumber(causes.skipped_total)} skipped`;
}

function Cause({ run, cause }: { run: Run; cause: RunCause }) {
  const { patch } = useUrlState();
  const open = () =>
    patch({
      q: cause.unique_id,
      node: cause.unique_id,
      view: null,
      cursor: null,
      page: null,
      type: null,
      status: null,
    });
  return (
    <li className="min-w-0">
      <button type="button" className="text-left font-mono text-xs break-all underline" onClick={open}>
        {cause.name}
      </button>
      <Led names={cause.skipped} word="skipped because of it" />
      <Led
        names={cause.stale_exposures}
        word={cause.stale_exposures.total === 1 ? "exposure is out of date" : "exposures are out of date"}
        link={(uniqueId) => paths.node(run.workspace, uniqueId)}
        tone
      />
      <pre className="mt-0.5 max-h-32 overflow-auto font-mono text-xs whitespace-pre-wrap break-words">
        {cause.message ?? "dbt gave no message."}
      </pre>
    </li>
  );
}

interface LedProps {
  names: RunCause["skipped"];
  word: string;
  link?: (uniqueId: string) => string;
  tone?: boolean;
}

/** What a failure led to: a number, and on opening it the names. */
function Led({ names, word, link, tone = false }: LedProps) {
  if (names.total === 0) return null;
  return (
    <details className="ml-2 inline-block align-top">
      <summary className={tone ? "cursor-pointer text-warning" : "cursor-pointer text-muted"}>
        {formatNumber(names.total)} {word}
      </summary>
      <ul className="max-h-40 overflow-auto font-mono text-xs">
        {names.items.map((uniqueId) => (
          <li key={uniqueId} className="break-all">
            {link ? (
              <Link to={link(uniqueId)} className="hover:underline">
                {uniqueId}
              </Link>
            ) : (
              uniqueId
            )}
          </li>
        ))}
        {names.total > names.items.length ? (
          <li className="text-muted">and {formatNumber(names.total - names.items.length)} more</li>
        ) : null}
      </ul>
    </details>
  );
}
