import type { Job, JobChange, JobRequest, JobTrigger } from "@/api/types";
import { normaliseField } from "@/lib/field-names";
import {
  isWhole,
  NO_RETRY,
  optionsOf,
  type RetryDraft,
  retryProblems,
  type StepDraft,
  type StepOptions,
  stepsAsTyped,
  toRetry,
  toStep,
} from "@/lib/steps";

export type Kind = JobTrigger["kind"];
type TriggerRequest = NonNullable<JobRequest["triggers"]>[number];

/** A trigger as the form holds it: the fields of every kind, of which one's own are sent. */
export interface TriggerDraft {
  /** Names it in the form, where a new one has no id. */
  place: string;
  id: number | null;
  kind: Kind;
  expression: string;
  timezone: string;
  missed: "skip" | "run";
  limit: string;
  job: string;
  on: "success" | "failure" | "any";
  environment: string;
}

/** The form as it is typed; empty texts stand for none. */
export interface JobForm {
  name: string;
  key: string;
  description: string;
  environment: string;
  steps: StepDraft[];
  retry: RetryDraft;
  timeout: string;
  overlap: Job["overlap"];
  priority: string;
  retention: string;
  late: string;
  owner: string;
  tags: string;
  triggers: TriggerDraft[];
}

const EMPTY: JobForm = {
  name: "",
  key: "",
  description: "",
  environment: "",
  steps: [{ command: "build", values: {} }],
  retry: NO_RETRY,
  timeout: "",
  overlap: "skip",
  priority: "0",
  retention: "",
  late: "",
  owner: "",
  tags: "",
  triggers: [],
};

/** The form of a job, or of one that is to be made. */
export function formOf(job: Job | null): JobForm {
  if (job === null) return EMPTY;
  return {
    name: job.name,
    key: job.key,
    description: job.description,
    environment: job.environment ?? "",
    steps: stepsAsTyped(job.steps),
    retry: retryOf(job.retry),
    timeout: numberText(job.timeout_seconds),
    overlap: job.overlap,
    priority: String(job.priority),
    retention: numberText(job.retention_days),
    late: numberText(job.late_after_minutes),
    owner: job.owner,
    tags: job.tags.join(", "),
    triggers: job.triggers.map(draftOf),
  };
}

/** The form of another job that is like this one; its triggers are its own. */
export function formLike(job: Job): JobForm {
  const form = formOf(job);
  return {
    ...form,
    key: "",
    name: `${form.name.slice(0, 190)} (copy)`,
    triggers: form.triggers.map((trigger) => ({ ...trigger, id: null })),
  };
}

const numberText = (value: number | null) => (value === null ? "" : String(value));

function retryOf(retry: Job["retry"]): RetryDraft {
  if (retry === null) return NO_RETRY;
  return {
    what: retry.what ?? "failed",
    attempts: String(retry.max_attempts),
    delay: String(retry.delay_seconds ?? NO_RETRY.delay),
    backoff: retry.backoff ?? "fixed",
    cap: numberText(retry.max_delay_seconds ?? null),
  };
}

let places = 0;

/** A trigger that is to be added. */
export function newTrigger(kind: Kind): TriggerDraft {
  places += 1;
  return {
    ...{ place: `new-${places}`, id: null, kind, expression: "", timezone: "", missed: "skip", limit: "1" },
    ...{ job: "", on: "success", environment: "" },
  };
}

function draftOf(trigger: JobTrigger): TriggerDraft {
  const draft = { ...newTrigger(trigger.kind), place: `trigger-${trigger.id}`, id: trigger.id };
  switch (trigger.kind) {
    case "cron": {
      const { expression, timezone, missed, missed_limit } = trigger;
      return { ...draft, expression, timezone, missed, limit: String(missed_limit) };
    }
    case "job":
      return { ...draft, job: trigger.job ?? "", on: trigger.on };
    case "artifacts":
      return { ...draft, environment: trigger.environment ?? "" };
    default:
      return draft;
  }
}

function triggerRequest(draft: TriggerDraft): TriggerRequest {
  const { id, kind } = draft;
  switch (kind) {
    case "cron":
      return {
        ...{ kind, id, expression: draft.expression.trim(), timezone: draft.timezone.trim() || null },
        ...{ missed: draft.missed, missed_limit: draft.missed === "run" ? Number(draft.limit) : 1 },
      };
    case "job":
      return { kind, id, job: draft.job, on: draft.on };
    case "artifacts":
      return { kind, id, environment: draft.environment || null };
    default:
      return { kind, id };
  }
}

const numberOf = (text: string) => (text.trim() === "" ? null : Number(text));

/** Tags are typed with commas between. */
export const tagsOf = (text: string) => [
  ...new Set(
    text
      .split(",")
      .map((tag) => tag.trim())
      .filter(Boolean),
  ),
];

/** What the form says, as the server takes it. Only of a form that has no problems. */
export function bodyOf(form: JobForm, options: StepOptions) {
  return {
    name: form.name.trim(),
    description: form.description.trim(),
    environment: form.environment || null,
    steps: form.steps.map((step) => toStep(step, optionsOf(options, step.command))),
    retry: toRetry(form.retry),
    timeout_seconds: numberOf(form.timeout),
    overlap: form.overlap,
    priority: numberOf(form.priority) ?? 0,
    retention_days: numberOf(form.retention),
    late_after_minutes: numberOf(form.late),
    owner: form.owner.trim(),
    tags: tagsOf(form.tags),
    triggers: form.triggers.map(triggerRequest),
  };
}

/** A job that is to be made; without a key, the server makes one from the name. */
export const requestOf = (form: JobForm, options: StepOptions): JobRequest => ({
  ...bodyOf(form, options),
  key: form.key.trim() || null,
});

/** What changed since the form was filled, as the server takes it; empty where nothing did. */
export function changesOf(before: JobForm, after: JobForm, options: StepOptions): JobChange {
  const [old, now] = [bodyOf(before, options), bodyOf(after, options)];
  const names = Object.keys(now) as (keyof typeof now)[];
  const changed = names.filter((name) => JSON.stringify(old[name]) !== JSON.stringify(now[name]));
  return Object.fromEntries(changed.map((name) => [name, now[name]]));
}

/** Whether anything was typed since the form was filled. */
export const isChanged = (before: JobForm, after: JobForm) =>
  JSON.stringify(before) !== JSON.stringify(after);

/** The key that the server makes of a name, where it is free. */
export function keyFrom(name: string): string {
  const plain = name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "");
  if (name.trim() === "") return "";
  return (/^[a-z]/.test(plain) ? plain : `job_${plain}`).replace(/_+$/, "").slice(0, 55);
}

type Bounds = Record<string, { least: number; most: number }>;
const NUMBERS = {
  timeout: "timeout_seconds",
  priority: "priority",
  retention: "retention_days",
  late: "late_after_minutes",
} as const;

/** What is wrong with the form already here, by the server's name of the field. */
export function problemsOf(form: JobForm, bounds: Bounds): Record<string, string> {
  const problems: Record<string, string> = {};
  if (form.key !== "" && !/^[a-z][a-z0-9_]{0,59}$/.test(form.key))
    problems["key"] = "Takes small letters, digits and '_', begins with a letter, up to 60 characters.";
  for (const [field, name] of Object.entries(NUMBERS) as [keyof typeof NUMBERS, string][]) {
    const bound = bounds[name];
    const text = form[field].trim();
    if (bound && text !== "" && !isWhole(text, bound.least, bound.most))
      problems[name] = `A whole number from ${bound.least} to ${bound.most}, or nothing.`;
  }
  form.triggers.forEach((trigger, index) => {
    const runs = trigger.kind === "cron" && trigger.missed === "run";
    if (runs && !isWhole(trigger.limit, 1, 10))
      problems[`triggers.${index}.missed_limit`] = "A whole number from 1 to 10.";
  });
  return problems;
}

/** Whether there is enough to send, and nothing seen to be wrong with it. */
export const isComplete = (form: JobForm, bounds: Bounds) =>
  form.name.trim() !== "" &&
  Object.keys(problemsOf(form, bounds)).length === 0 &&
  Object.keys(retryProblems(form.retry)).length === 0;

const PLAIN = [
  ...["name", "key", "description", "environment", "overlap", "owner", "tags"],
  ...Object.values(NUMBERS),
  ...["retry.max_attempts", "retry.delay_seconds", "retry.max_delay_seconds"],
];
const OF_KIND: Record<Kind, string[]> = {
  cron: ["expression", "timezone", "missed", "missed_limit"],
  job: ["job", "on"],
  artifacts: ["environment"],
  api: [],
};

interface Detail {
  field: string;
  message: string;
}

/** The field of the form that a detail of a refusal is about. Of triggers the kind may be named in between. */
export const fieldOf = (detail: Detail) =>
  normaliseField(detail.field).replace(/^(triggers\.\d+)\.(?:cron|job|artifacts|api)\.(?=\w)/, "$1.");

/** What a refusal says of one field. */
export const saidOf = (details: readonly Detail[], field: string) =>
  details.filter((detail) => fieldOf(detail) === field).map((detail) => detail.message);

/**
 * What a refusal of the form as it was sent says of a field of the form as it is now. Triggers may have been removed since:
 * theirs is said only while they are as they were sent.
 */
export function saidSince(details: readonly Detail[], field: string, sent: JobForm, now: JobForm): string[] {
  const [, index, name] = /^triggers\.(\d+)\.(\w+)$/.exec(field) ?? [];
  if (index === undefined) return saidOf(details, field);
  const trigger = now.triggers[Number(index)];
  const place = trigger ? sent.triggers.indexOf(trigger) : -1;
  return place < 0 ? [] : saidOf(details, `triggers.${place}.${name}`);
}

/** Where a step was in what was sent; -1 for one that was not in it. */
export function stepAsSent(sent: readonly StepDraft[], now: readonly StepDraft[], index: number): number {
  const step = now[index];
  const place = step ? sent.indexOf(step) : -1;
  return place < 0 && sent.length === now.length ? index : place;
}

/** What a refusal says of no field that the form shows; what is about steps is sorted elsewhere. */
export function besideForm(details: readonly Detail[], form: JobForm): string[] {
  const shown = new Set([
    ...PLAIN,
    ...form.triggers.flatMap(({ kind }, index) => OF_KIND[kind].map((name) => `triggers.${index}.${name}`)),
  ]);
  return details
    .filter((detail) => !shown.has(fieldOf(detail)) && !fieldOf(detail).startsWith("steps."))
    .map((detail) => (detail.field ? `${fieldOf(detail)} ${detail.message}` : detail.message));
}
