import { forget, recall, remember } from "@/lib/storage";

const MARK = "refreshing";
const LONGEST_MILLISECONDS = 2_000;
const STEP_MILLISECONDS = 40;

/**
 * Runs the job when no other tab runs one: a refresh token that is used twice is taken for stolen. A page that goes
 * away in mid-refresh leaves a mark behind, for its request lives on: the next page waits for the end of it. The mark
 * holds a fingerprint of `version`, which the end of a refresh changes.
 */
export async function inTurn<T>(version: () => string | null, job: () => Promise<T>): Promise<T> {
  // Locks exist only where the page came by HTTPS or from this machine; elsewhere the mark has to do.
  if (!("locks" in navigator)) return marked(version, job, true);
  return await navigator.locks.request("workbench.refresh", () => marked(version, job, false));
}

async function marked<T>(version: () => string | null, job: () => Promise<T>, alone: boolean): Promise<T> {
  const own = await takeMark(version, alone);
  try {
    return await job();
  } finally {
    if (recall(MARK) === own) forget(MARK);
  }
}

async function takeMark(version: () => string | null, contested: boolean): Promise<string> {
  for (;;) {
    await othersEnd(version);
    const own = `${Date.now()} ${fingerprint(version())} ${Math.random()}`;
    remember(MARK, own);
    if (!contested) return own;
    // Another tab may have seen no mark at the same moment: the last to write goes first.
    await pause();
    const kept = recall(MARK);
    if (kept === own || kept === null) return own;
  }
}

async function othersEnd(version: () => string | null): Promise<void> {
  for (;;) {
    const [at, of] = (recall(MARK) ?? "").split(" ");
    const age = Math.abs(Date.now() - Number(at));
    if (!at || !(age < LONGEST_MILLISECONDS) || of !== fingerprint(version())) return;
    await pause();
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, STEP_MILLISECONDS));

/** Tells two values apart without saying what they are. */
function fingerprint(text: string | null): string {
  let hash = 7;
  for (const letter of text ?? "") hash = (Math.imul(hash, 31) + letter.charCodeAt(0)) | 0;
  return hash.toString(36);
}
