import type { Job, JobHistory, JobRun, JobTick, JobTrigger, NextTime } from "@/api/types";
import { formatDuration } from "@/lib/format";
import { runStatus, type StatusView } from "@/lib/status";
import { formatExact, formatRelative } from "@/lib/time";

const STATES: Record<Job["state"], StatusView> = {
  live: { tone: "ok", label: "Live" },
  applying: { tone: "running", label: "Applying" },
  paused: { tone: "unknown", label: "Paused" },
  failed: { tone: "failed", label: "Failed to load" },
  unknown: { tone: "unknown", label: "Unknown" },
  manual: { tone: "ok", label: "By hand only" },
  archived: { tone: "unknown", label: "Archived" },
};

/** Where a job or one of its triggers stands. */
export const stateView = (state: Job["state"]): StatusView => STATES[state];

/** Why a job is not live, from the first of its triggers that is in the same state and says so. */
export const reasonOf = (job: Job): string | null =>
  job.triggers.find((trigger) => trigger.state === job.state && trigger.reason)?.reason ?? null;

/** Since when it is so, where somebody knows. */
export const sinceOf = (job: Job): string | null =>
  job.triggers.find((trigger) => trigger.state === job.state && trigger.since)?.since ?? null;

/** Whether a trigger can be paused or resumed now: Dagster has to know it. */
export const canSwitch = (trigger: JobTrigger, to: "pause" | "resume") =>
  trigger.state === (to === "pause" ? "live" : "paused");

export interface Coming {
  time: NextTime;
  timezone: string;
}

/** Whether a trigger fires on its own as things stand. */
const ticks = (trigger: JobTrigger) => trigger.state !== "paused" && trigger.state !== "failed";

/** The next time of a job, as the schedule that it comes from tells it. */
export function comingOf(job: Job): Coming | null {
  for (const trigger of job.triggers) {
    if (trigger.kind !== "cron") continue;
    const time = trigger.next_times.find((one) => one.at === job.next_at);
    if (time && ticks(trigger)) return { time, timezone: trigger.timezone };
  }
  return null;
}

const localDay = new Intl.DateTimeFormat("en-GB", {
  weekday: "short",
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  timeZone: "UTC",
});

/** "Sun, 29 Mar 2026, 03:00", of a time that is told without its offset. */
export function formatLocal(local: string): string {
  const at = Date.parse(`${local}Z`);
  return Number.isNaN(at) ? local : localDay.format(at);
}

/** Why a job has no next time. */
export function noNextWords(job: Job): string {
  if (job.archived_at !== null) return "archived";
  const schedules = job.triggers.filter((trigger) => trigger.kind === "cron");
  if (schedules.length === 0) return job.triggers.length === 0 ? "by hand only" : "no schedule";
  if (schedules.some(ticks)) return "no time to come";
  return schedules.some((trigger) => trigger.state === "failed") ? "failed to load" : "paused";
}

/** A run in a sentence, for those who cannot see its bar. */
export function runWords(run: JobRun, now: number): string {
  const parts = [runStatus(run.status).label, formatRelative(run.started_at ?? run.created_at, now)];
  if (run.duration_seconds !== null) parts.push(`took ${formatDuration(run.duration_seconds)}`);
  return `${parts.join(", ")} (${formatExact(run.started_at ?? run.created_at)})`;
}

const LEAST_BAR = 0.15;

/** Heights of bars between 0 and 1, by duration; those of which none is known are low. */
export function heightsOf(runs: readonly JobRun[]): number[] {
  const longest = Math.max(0, ...runs.map((run) => run.duration_seconds ?? 0));
  return runs.map(({ duration_seconds: seconds }) =>
    longest === 0 || seconds === null ? LEAST_BAR : Math.max(LEAST_BAR, seconds / longest),
  );
}

const STEADY = 0.1;

/** How the newer runs compare with the older ones. */
export function trendWords(trend: JobHistory["trend"]): string {
  if (trend === null) return "too few runs";
  if (Math.abs(trend - 1) < STEADY) return "as long as before";
  return trend > 1 ? `${trend.toFixed(1)} times as long as before` : `${trend.toFixed(2)} of before`;
}

/** What came of one evaluation, or of a time that was decided in it. */
export interface Outcome {
  view: StatusView;
  /** The time that was due; null where none was. */
  dueAt: string | null;
  reason: string | null;
}

const TICK_STATUS: Record<string, StatusView> = {
  started: { tone: "running", label: "Being looked at" },
  success: { tone: "ok", label: "Run" },
  skipped: { tone: "unknown", label: "Skipped" },
  failure: { tone: "failed", label: "Error" },
  unknown: { tone: "unknown", label: "Not kept" },
};
const DUE_OUTCOME: Record<string, StatusView> = {
  run: { tone: "ok", label: "Run" },
  skipped: { tone: "unknown", label: "Skipped" },
  missed: { tone: "warning", label: "Missed" },
};

/** What came of a tick: of each time that it decided, or of itself where there was none. */
export function outcomesOf(tick: JobTick): Outcome[] {
  const whole = {
    view: TICK_STATUS[tick.status] ?? { tone: "unknown" as const, label: tick.status },
    dueAt: null,
    reason: tick.reason,
  };
  const due = tick.due_times.map((one) => ({
    view: DUE_OUTCOME[one.outcome] ?? { tone: "unknown" as const, label: one.outcome },
    dueAt: one.due_at,
    reason: one.reason,
  }));
  if (due.length === 0) return [whole];
  return tick.status === "failure" ? [whole, ...due] : due;
}

/** How to call a job from elsewhere. */
export function curlOf(origin: string, callPath: string): string {
  return [
    `curl -X POST '${origin}${callPath}' \\`,
    `  -H "Authorization: Bearer $TOKEN" \\`,
    `  -H 'Content-Type: application/json' \\`,
    `  -H 'Idempotency-Key: a-name-for-this-call' \\`,
    `  -d '{"variables": {}}'`,
  ].join("\n");
}

const OVERLAPS: Record<Job["overlap"], string> = {
  skip: "skipped meanwhile",
  queue: "one after the other",
  allow: "beside each other",
};

/** What happens when a job is due while a run of it goes on. */
export const overlapWords = (overlap: Job["overlap"]): string => OVERLAPS[overlap];

/** "3 attempts, the second after 1m 00s, then twice as long each time, at most 10m 00s". */
export function retryPolicyWords(retry: Job["retry"]): string {
  if (retry === null) return "not tried again";
  const first = `${retry.max_attempts} attempts, the second after ${formatDuration(retry.delay_seconds ?? 60)}`;
  if (retry.backoff !== "exponential") return first;
  const cap = retry.max_delay_seconds ? `, at most ${formatDuration(retry.max_delay_seconds)}` : "";
  return `${first}, then twice as long each time${cap}`;
}

/** What made a run: a trigger, a retry, or a person. */
export function causeWords(run: JobRun, job: Job): string {
  if (run.retry_of !== null) return `retry of ${run.retry_of.slice(0, 8)}`;
  if (run.trigger_id === null) return run.actor === null ? "not known" : `by hand, ${run.actor}`;
  const trigger = job.triggers.find((one) => one.id === run.trigger_id);
  return trigger?.words ?? "a trigger that is there no more";
}
