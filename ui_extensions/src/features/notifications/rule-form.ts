import type { NotificationEvent, PreviewRequest, Rule, RuleRequest } from "@/api/types";

/** A rule as it is typed; empty texts stand for no filter, and for our own words. */
export interface RuleForm {
  name: string;
  events: NotificationEvent[];
  channels: number[];
  job: string;
  tag: string;
  owner: string;
  environment: string;
  everyAttempt: boolean;
  own: boolean;
  title: string;
  body: string;
}

/** What a new rule is about from the beginning. */
export interface About {
  job: string;
  name: string;
}

export function formOf(rule: Rule | null, about?: About): RuleForm {
  return {
    name: rule?.name ?? about?.name ?? "",
    events: rule?.events ?? ["run_failed", "run_recovered"],
    channels: rule?.channels ?? [],
    job: rule?.job ?? about?.job ?? "",
    tag: rule?.tag ?? "",
    owner: rule?.owner ?? "",
    environment: rule?.environment ?? "",
    everyAttempt: rule?.every_attempt ?? false,
    own: Boolean(rule?.title_template || rule?.body_template),
    title: rule?.title_template ?? "",
    body: rule?.body_template ?? "",
  };
}

const words = (form: RuleForm) => ({
  title_template: (form.own && form.title) || null,
  body_template: (form.own && form.body) || null,
});

export function requestOf(form: RuleForm): RuleRequest {
  return {
    name: form.name.trim(),
    events: form.events,
    channels: form.channels,
    job: form.job || null,
    tag: form.tag.trim() || null,
    owner: form.owner.trim() || null,
    environment: form.environment || null,
    every_attempt: form.everyAttempt,
    ...words(form),
  };
}

/** What a preview is asked for: an example of one of the events, by the words that are typed. */
export function previewOf(form: RuleForm, event: NotificationEvent): PreviewRequest {
  const hasJob = Boolean(form.job || form.tag.trim() || form.owner.trim());
  return { event, events: form.events, has_job: hasJob, ...words(form) };
}

export const isComplete = (form: RuleForm) =>
  form.name.trim() !== "" && form.events.length > 0 && form.channels.length > 0;

/** The list with one thing more or less in it. */
export const toggled = <T>(list: readonly T[], one: T, on: boolean): T[] =>
  on ? [...list, one] : list.filter((other) => other !== one);
