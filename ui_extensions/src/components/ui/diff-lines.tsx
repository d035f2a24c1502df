import { CopyButton } from "@/components/ui/copy-button";
import { cn } from "@/lib/cn";
import { formatNumber, plural } from "@/lib/format";
import { type Diff, type DiffHunk, type DiffLine, diffOf } from "@/lib/sql-diff";

export interface DiffProps {
  before: string | null;
  after: string | null;
  label: string;
}

/** The unified difference of two texts, line by line. */
export default function DiffLines({ before, after, label }: DiffProps) {
  const diff = diffOf(before ?? "", after ?? "");
  return (
    <section aria-label={label} className="min-w-0 overflow-hidden rounded-md border bg-surface">
      <div className="flex h-9 items-center gap-3 border-b pr-1 pl-3 text-xs text-muted">
        <span className="min-w-0 flex-1 truncate">{label}</span>
        <Totals diff={diff} />
        {after === null ? null : <CopyButton text={after} label="Copy the new" />}
      </div>
      {diff === null ? (
        <p className="p-3 text-sm text-muted">
          The two texts are too long and too unlike to be compared here.
        </p>
      ) : (
        <Hunks diff={diff} />
      )}
    </section>
  );
}

function Totals({ diff }: { diff: Diff | null }) {
  if (diff === null) return null;
  return (
    <span className="shrink-0">
      <span className="text-ok">
        +{formatNumber(diff.added)}
        <span className="sr-only"> lines added</span>
      </span>{" "}
      <span className="text-failed">
        -{formatNumber(diff.removed)}
        <span className="sr-only"> lines removed</span>
      </span>
    </span>
  );
}

function Hunks({ diff }: { diff: Diff }) {
  if (diff.hunks.length === 0) return <p className="p-3 text-sm text-muted">Both texts are the same.</p>;
  return (
    <div className="max-h-[60dvh] overflow-auto">
      <table className="w-full border-separate border-spacing-0 font-mono text-xs leading-5">
        {diff.hunks.map((hunk) => (
          <Hunk key={`${hunk.lines[0]?.before}-${hunk.lines[0]?.after}`} hunk={hunk} />
        ))}
      </table>
    </div>
  );
}

function Hunk({ hunk }: { hunk: DiffHunk }) {
  return (
    <tbody>
      {hunk.skipped > 0 ? (
        <tr className="bg-sunken text-faint">
          <td colSpan={4} className="px-3">
            {plural(hunk.skipped, "line")} the same
          </td>
        </tr>
      ) : null}
      {hunk.lines.map((line) => (
        <Line key={`${line.before}-${line.after}`} line={line} />
      ))}
    </tbody>
  );
}

const SIGNS = { same: " ", added: "+", removed: "-" };
const SPOKEN = { same: null, added: "added", removed: "removed" };

function Line({ line }: { line: DiffLine }) {
  const number = "w-px px-1.5 text-right text-faint select-none align-top";
  return (
    <tr
      className={cn(line.kind === "added" && "bg-ok-soft", line.kind === "removed" && "bg-failed-soft")}
      data-kind={line.kind}
    >
      <td className={number}>{line.before}</td>
      <td className={number}>{line.after}</td>
      <td
        className={cn(
          "w-px pl-1 select-none align-top",
          line.kind === "added" && "text-ok",
          line.kind === "removed" && "text-failed",
        )}
      >
        <span aria-hidden>{SIGNS[line.kind]}</span>
        {SPOKEN[line.kind] ? <span className="sr-only">{SPOKEN[line.kind]}</span> : null}
      </td>
      <td className="w-full px-2 whitespace-pre-wrap break-all">{line.text}</td>
    </tr>
  );
}
