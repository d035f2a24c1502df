import type { ChannelKind, DeliveryState, Job, NotificationEvent, Rule } from "@/api/types";
import type { StatusView } from "@/lib/status";

/** What can be told of, in the order in which it is offered. */
export const EVENTS: Record<NotificationEvent, { label: string; help: string }> = {
  run_failed: { label: "A run failed", help: "For good: after the last attempt of its retry policy." },
  run_recovered: { label: "A run recovered", help: "It succeeded after it had failed the last time." },
  run_late: { label: "A run is late", help: "It was due, and had not begun as soon as its job says." },
  run_started: { label: "A run started", help: "Of every run, also those that people start." },
  run_succeeded: { label: "A run succeeded", help: "Every time." },
  run_cancelled: { label: "A run was cancelled", help: "By somebody, or by its timeout." },
  test_newly_failing: { label: "A test newly fails", help: "It passed the last time, or never ran before." },
  freshness: { label: "A source is out of date", help: "Its freshness changed to warn or error." },
  ingest_refused: { label: "Artifacts were refused", help: "What was brought could not be taken in." },
};

export const eventLabel = (event: NotificationEvent) => EVENTS[event].label;

/** Whether a rule is about runs of a job. One for another environment is not, where the job names its own. */
export function isAboutJob(rule: Rule, job: Pick<Job, "key" | "tags" | "owner" | "environment">): boolean {
  const fits = <T>(wanted: T | null, has: boolean) => wanted === null || has;
  return (
    rule.events.some((event) => event !== "ingest_refused") &&
    fits(rule.job, rule.job === job.key) &&
    fits(rule.tag, rule.tag !== null && job.tags.includes(rule.tag)) &&
    fits(rule.owner, rule.owner === job.owner) &&
    fits(rule.environment, job.environment === null || rule.environment === job.environment)
  );
}

export const KINDS: Record<ChannelKind, { label: string; urlHelp: string }> = {
  email: {
    label: "Email",
    urlHelp: "mailtos://user:password@mail.example.org?to=team@example.org",
  },
  slack: {
    label: "Slack",
    urlHelp: "The address of an incoming webhook, https://hooks.slack.com/services/…",
  },
  teams: { label: "Microsoft Teams", urlHelp: "The address of a workflow that posts to a channel." },
  webhook: { label: "Webhook, signed", urlHelp: "Where it is posted. Redirects are not followed." },
  url: { label: "Another service", urlHelp: "An address of Apprise: discord://…, ntfy://…, tgram://…" },
};

const STATES: Record<DeliveryState, StatusView> = {
  waiting: { tone: "running", label: "Waiting" },
  retrying: { tone: "warning", label: "Tried, will be again" },
  delivered: { tone: "ok", label: "Delivered" },
  dead: { tone: "failed", label: "Given up" },
};

export const STATE_NAMES = Object.keys(STATES) as DeliveryState[];
export const deliveryState = (state: DeliveryState) => STATES[state];

/** A secret for signing, made here: the server never shows one. */
export function makeSecret(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  return `whsec_${btoa(String.fromCharCode(...bytes))}`;
}
