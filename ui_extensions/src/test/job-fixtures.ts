import type { Definitions, Job, JobHistory, JobOptions, JobRun, JobTick, JobTrigger } from "@/api/types";
import { runOptions } from "@/test/fixtures";
import { withRules } from "@/test/notification-fixtures";
import { renderApp, withWorkspace } from "@/test/render";
import { accept, answer, answerWith, page } from "@/test/server";

export const JOBS = "/api/workspaces/shop/jobs";
export const DEFINITIONS = "/api/workspaces/shop/definitions";

type Cron = Extract<JobTrigger, { kind: "cron" }>;
type OfJob = Extract<JobTrigger, { kind: "job" }>;
type Api = Extract<JobTrigger, { kind: "api" }>;
type OfArtifacts = Extract<JobTrigger, { kind: "artifacts" }>;

/** The night on which clocks go forward in Berlin, and the one after it. */
export const NEXT_TIMES = [
  {
    at: "2099-03-29T01:00:00Z",
    local: "2099-03-29T03:00:00",
    offset: "+02:00",
    note: "02:30 does not exist on this day: clocks go forward.",
  },
  { at: "2099-03-30T00:30:00Z", local: "2099-03-30T02:30:00", offset: "+02:00", note: null },
];

const stand = (id: number, kind: string) => ({
  ...{ id, version: 1, state: "live" as const, since: null, reason: null, last_tick: null },
  ...{ dagster_name: `shop__nightly__${kind}_${id}`, dagster_path: `/dagster/automation/${kind}_${id}` },
});

export const cron = (id: number, changes: Partial<Cron> = {}): Cron => ({
  ...stand(id, "cron"),
  kind: "cron",
  words: "At 02:30",
  expression: "30 2 * * *",
  timezone: "Europe/Berlin",
  missed: "skip",
  missed_limit: 1,
  next_times: NEXT_TIMES,
  ...changes,
});

export const afterJob = (id: number, changes: Partial<OfJob> = {}): OfJob => ({
  ...stand(id, "job"),
  ...{ kind: "job", words: "When Load has succeeded", job: "load", on: "success" },
  ...changes,
});

export const onArtifacts = (id: number, changes: Partial<OfArtifacts> = {}): OfArtifacts => ({
  ...stand(id, "artifacts"),
  ...{ kind: "artifacts", words: "When artifacts of prod come", environment: "prod" },
  ...changes,
});

export const called = (id: number, changes: Partial<Api> = {}): Api => ({
  ...stand(id, "api"),
  ...{ kind: "api", words: "When it is called", call_path: `${JOBS}/nightly/triggers/${id}/calls` },
  ...changes,
});

export const jobRun = (run_id: string, changes: Partial<JobRun> = {}): JobRun => ({
  run_id,
  status: "success",
  created_at: "2024-05-01T08:00:00Z",
  started_at: "2024-05-01T08:00:02Z",
  finished_at: "2024-05-01T08:01:42Z",
  duration_seconds: 100,
  actor: null,
  trigger_id: 1,
  retry_of: null,
  due_at: "2024-05-01T08:00:00Z",
  ...changes,
});

export const job = (changes: Partial<Job> = {}): Job => ({
  key: "nightly",
  name: "Nightly build",
  description: "",
  version: 3,
  state: "live",
  steps: [{ command: "build", options: { select: ["tag:nightly"] }, on_failure: "stop" }],
  environment: "prod",
  retry: null,
  timeout_seconds: null,
  overlap: "skip",
  priority: 0,
  retention_days: null,
  late_after_minutes: null,
  owner: "ann",
  tags: ["finance"],
  triggers: [cron(1)],
  next_at: NEXT_TIMES[0]?.at ?? null,
  last_runs: [jobRun("run-2", { status: "failed", duration_seconds: 50 }), jobRun("run-1")],
  created_at: "2024-05-01T08:00:00Z",
  created_by: "ann",
  updated_at: "2024-05-01T08:00:00Z",
  updated_by: "ann",
  archived_at: null,
  ...changes,
});

export const definitions = (changes: Partial<Definitions> = {}): Definitions => ({
  ...{ state: "live", reason: null, since: null, loaded_at: "2024-05-01T08:00:00Z" },
  ...{ waiting: [], failed: [], leaving: [] },
  ...changes,
});

export const jobOptions = (changes: Partial<JobOptions> = {}): JobOptions => ({
  kinds: [
    { name: "cron", title: "At set times", description: "A cron expression." },
    { name: "job", title: "After a job", description: "Another job." },
    { name: "artifacts", title: "When artifacts come", description: "From elsewhere." },
    { name: "api", title: "When it is called", description: "By a token." },
  ],
  environments: ["dev", "prod"],
  jobs: [
    { key: "load", name: "Load" },
    { key: "nightly", name: "Nightly build" },
  ],
  overlaps: ["skip", "queue", "allow"],
  owners: ["ann", "bob"],
  tags: ["finance"],
  default_timezone: "UTC",
  timezones: ["Europe/Berlin", "UTC"],
  bounds: {
    timeout_seconds: { least: 60, most: 604_800 },
    priority: { least: -100, most: 100 },
    retention_days: { least: 1, most: 3650 },
    late_after_minutes: { least: 1, most: 10_080 },
  },
  ...changes,
});

export const jobHistory = (runs: JobRun[], changes: Partial<JobHistory> = {}): JobHistory => ({
  ...{ runs, total: runs.length, succeeded: 1, failed: 1, cancelled: 0, success_rate: 0.5 },
  ...{ median_seconds: 100, trend: null },
  ...changes,
});

export const tick = (changes: Partial<JobTick> = {}): JobTick => ({
  ...{ at: "2024-05-01T08:00:00Z", trigger_id: 1, kind: "cron", status: "success", reason: null },
  ...{ run_ids: [], due_times: [] },
  ...changes,
});

/** The list of jobs, as it answers; what it was asked for is kept. */
export function withJobs(jobs: Job[], load: Definitions = definitions()): URLSearchParams[] {
  withWorkspace();
  answer(DEFINITIONS, load);
  answer(`${JOBS}/options`, jobOptions());
  return answerWith(JOBS, () => page(jobs));
}

/** One job and all that its page asks for; what its ticks were asked for is kept. */
export function withJob(one: Job, ticks: JobTick[] = []): URLSearchParams[] {
  withJobs([one]);
  answer("/api/workspaces/shop/runs/options", runOptions);
  accept("/api/workspaces/shop/runs/preview", NO_PREVIEW, 200);
  answer(`${JOBS}/${one.key}`, one);
  withRules();
  answer(`${JOBS}/${one.key}/history`, jobHistory(one.last_runs ?? []));
  return answerWith(`${JOBS}/${one.key}/ticks`, () => page(ticks));
}

const NO_PREVIEW = {
  ...{ environment: "prod", step: 1, total: 0, next_cursor: null, items: [] },
  steps: [{ index: 1, display: "dbt build", total: 0, reason: null, as_of: null, by_type: {} }],
};

/** What the server says of any expression. */
export const withCron = (body: object = checked, status = 200) =>
  accept(`${JOBS}/check-cron`, body as never, status);

const checked = {
  ...{ expression: "30 2 * * *", timezone: "Europe/Berlin", words: "At 02:30", next_times: NEXT_TIMES },
};

export const renderJob = (tail = "") => renderApp(`/w/shop/jobs/nightly${tail}`);
