import type { Run } from "@/api/types";
import { formatDuration } from "@/lib/format";
import { formatRelative } from "@/lib/time";

/** The part of a retry that the orchestrator still needs when its time has come. */
const LATE_SECONDS = 30;

export type Retry = NonNullable<Run["retry"]>;

/** "Attempt 2 of 3"; "Retry" for one by hand, which is one of no number. */
export function attemptWords(retry: Retry): string {
  return retry.max_attempts === null ? "Retry" : `Attempt ${retry.attempt} of ${retry.max_attempts}`;
}

/** When the next attempt comes, counted down: "in 40s". */
export function dueWords(at: string, now: number): string {
  const seconds = Math.ceil((Date.parse(at) - now) / 1000);
  if (seconds > 0) return seconds < 60 ? `in ${seconds}s` : `in ${formatDuration(seconds)}`;
  return seconds > -LATE_SECONDS ? "any moment now" : `was due ${formatRelative(at, now)}`;
}

/** What comes of a run that failed and was asked with a policy, where nothing is waited for; null for any other. */
export function endWords(run: Run): string | null {
  const { retry } = run;
  if (run.status !== "failed" || !retry || retry.max_attempts === null || retry.next_at) return null;
  if (retry.given_up) return `No further attempt: ${retry.given_up}`;
  return retry.attempt < retry.max_attempts
    ? "It was tried again since."
    : `No further attempt: all ${retry.max_attempts} are made.`;
}
