import type { Overview } from "@/api/types";
import { plural } from "@/lib/format";
import { isActive, type Tone } from "@/lib/status";

export interface Verdict {
  tone: Tone;
  title: string;
  detail: string;
}

interface Tally {
  ok: number;
  warning: number;
  failed: number;
  skipped: number;
  unknown: number;
}

/** The last results of all nodes. A word the app does not know counts as unknown, never as fine. */
export function tallyOf(overview: Pick<Overview, "nodes_by_status">): Tally {
  const tally: Tally = { ok: 0, warning: 0, failed: 0, skipped: 0, unknown: 0 };
  for (const [word, count] of Object.entries(overview.nodes_by_status)) {
    const key = word in tally ? (word as keyof Tally) : "unknown";
    tally[key] += count;
  }
  return tally;
}

/** The answer to "Is everything fine?". What nobody knows is never called fine. */
export function verdictOf(overview: Overview): Verdict {
  const tally = tallyOf(overview);
  const late = countFreshness(overview, ["error", "runtime error"]);
  const gettingLate = countFreshness(overview, ["warn"]);
  const lastRun = overview.recent_runs[0];
  if (tally.failed > 0) {
    return { tone: "failed", title: `${plural(tally.failed, "node")} failing`, detail: alsoSay(tally, late) };
  }
  if (late > 0) return { tone: "failed", title: `${plural(late, "source")} late`, detail: alsoSay(tally, 0) };
  if (lastRun?.status === "failed") {
    return { tone: "failed", title: "The last run failed", detail: lastRun.status_message ?? "" };
  }
  if (tally.warning > 0 || gettingLate > 0) {
    return {
      tone: "warning",
      title: "Nothing fails, but there are warnings",
      detail: alsoSay(tally, gettingLate),
    };
  }
  return calmVerdict(overview, tally);
}

function countFreshness(overview: Overview, statuses: string[]): number {
  return overview.freshness.filter((source) => statuses.includes(source.status)).length;
}

function calmVerdict({ recent_runs: runs, runs_known: runsKnown }: Overview, tally: Tally): Verdict {
  const open = tally.unknown + tally.skipped;
  if (tally.ok === 0) {
    if (runs[0] && isActive(runs[0].status)) {
      return {
        tone: "running",
        title: "The first results are on their way",
        detail: "Nothing has finished yet.",
      };
    }
    return { tone: "unknown", title: "Nothing is known yet", detail: neverRun(runs.length > 0, runsKnown) };
  }
  if (open > 0) {
    const detail = `${plural(open, "node")} never ran here or ${open === 1 ? "was" : "were"} skipped, so nothing is known about ${open === 1 ? "it" : "them"}.`;
    return { tone: "ok", title: "Everything that has run is fine", detail };
  }
  return {
    tone: "ok",
    title: "Everything is fine",
    detail: `${plural(tally.ok, "node")}, each with a good last result.`,
  };
}

function neverRun(hasRuns: boolean, runsKnown: boolean): string {
  if (!runsKnown) return "Dagster does not answer, so its runs are not known either.";
  return hasRuns
    ? "No run has built or tested anything here so far."
    : "Nothing has been run in this workspace.";
}

function alsoSay(tally: Tally, late: number): string {
  const parts = [];
  if (tally.skipped > 0) parts.push(`${plural(tally.skipped, "node")} skipped`);
  if (tally.warning > 0) parts.push(plural(tally.warning, "warning"));
  if (late > 0) parts.push(`${plural(late, "source")} behind on freshness`);
  return parts.length === 0 ? "" : `${parts.join(", ")}.`;
}
