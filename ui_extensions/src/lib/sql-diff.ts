import { structuredPatch } from "diff";

export interface DiffLine {
  /** Numbers of the line before and after; null where it is not there. */
  before: number | null;
  after: number | null;
  kind: "same" | "added" | "removed";
  text: string;
}

export interface DiffHunk {
  lines: DiffLine[];
  /** Lines left out before this part: they are the same. */
  skipped: number;
}

export interface Diff {
  hunks: DiffHunk[];
  added: number;
  removed: number;
}

const CONTEXT = 3;
/** Beyond this the comparison of every line with every other would hold up the page. */
const LONGEST_MILLISECONDS = 500;

/** The unified difference of two texts; null where they are too unlike to be compared in reasonable time. */
export function diffOf(before: string, after: string): Diff | null {
  const patch = structuredPatch("before", "after", before, after, "", "", {
    context: CONTEXT,
    timeout: LONGEST_MILLISECONDS,
  });
  if (!patch) return null;
  let reached = 0;
  const hunks = patch.hunks.map((hunk) => {
    const skipped = Math.max(0, hunk.oldStart - 1 - reached);
    reached = hunk.oldStart - 1 + hunk.oldLines;
    return { skipped, lines: linesOf(hunk) };
  });
  const count = (kind: DiffLine["kind"]) =>
    hunks.reduce((sum, { lines }) => sum + lines.filter((line) => line.kind === kind).length, 0);
  return { hunks, added: count("added"), removed: count("removed") };
}

function linesOf(hunk: { oldStart: number; newStart: number; lines: string[] }): DiffLine[] {
  let before = hunk.oldStart;
  let after = hunk.newStart;
  return hunk.lines
    .filter((line) => !line.startsWith("\\"))
    .map((line) => {
      const text = line.slice(1);
      if (line.startsWith("+")) return { before: null, after: after++, kind: "added", text };
      if (line.startsWith("-")) return { before: before++, after: null, kind: "removed", text };
      return { before: before++, after: after++, kind: "same", text };
    });
}
