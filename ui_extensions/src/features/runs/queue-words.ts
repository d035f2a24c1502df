import type { RunQueue, WaitingRun } from "@/api/types";
import { formatNumber } from "@/lib/format";

/** So many runs that another waits for are linked to. */
const FIRST = 3;

/** "3 of at most 10 runs go on (2 here), 5 wait (1 here)": all workspaces share the places. */
export function queueWords(queue: RunQueue): string {
  const active = formatNumber(queue.active_everywhere);
  const runs =
    queue.most === null
      ? `${active} ${queue.active_everywhere === 1 ? "run goes" : "runs go"} on`
      : `${active} of at most ${formatNumber(queue.most)} runs ${queue.active_everywhere === 1 ? "goes" : "go"} on`;
  const waiting = queue.waiting_everywhere;
  const wait = waiting === 0 ? "none waits" : `${formatNumber(waiting)} ${waiting === 1 ? "waits" : "wait"}`;
  return `${runs}${here(queue.active, queue.active_everywhere)}, ${wait}${here(queue.total, waiting)}.`;
}

/** How many of them are this workspace's, where not all are. */
const here = (own: number, all: number) => (own === all ? "" : ` (${formatNumber(own)} here)`);

/** "2 runs are ahead of it." */
export function aheadWords(ahead: number): string {
  if (ahead === 0) return "It is the next.";
  return `${formatNumber(ahead)} ${ahead === 1 ? "run is" : "runs are"} ahead of it.`;
}

/** A run as reasons name it. */
export const shortId = (runId: string) => runId.slice(0, 8);

interface Piece {
  text: string;
  runId?: string;
}

/** A reason in pieces, the runs that it names apart; of those that it does not name, the first and how many more. */
export function reasonOf({ reason, blockers }: Pick<WaitingRun, "reason" | "blockers">) {
  const named = blockers.filter((runId) => reason.includes(shortId(runId)));
  const others = blockers.filter((runId) => !named.includes(runId));
  const pieces = named.reduce<Piece[]>(
    (all, runId) => all.flatMap((piece) => (piece.runId ? [piece] : splitAt(piece.text, runId))),
    [{ text: reason }],
  );
  return { pieces, others: others.slice(0, FIRST), more: Math.max(0, others.length - FIRST) };
}

function splitAt(text: string, runId: string): Piece[] {
  const at = text.indexOf(shortId(runId));
  if (at < 0) return [{ text }];
  const end = at + shortId(runId).length;
  return [{ text: text.slice(0, at) }, { text: shortId(runId), runId }, { text: text.slice(end) }];
}
