import type { Channel, Rule } from "@/api/types";
import { answer } from "./server";

export const PLACE = "/api/workspaces/shop/notifications";
export const CHANNELS = `${PLACE}/channels`;
export const RULES = `${PLACE}/rules`;

export const channel = (changes: Partial<Channel> = {}): Channel => ({
  id: 1,
  name: "data team",
  kind: "slack",
  leads_to: "Slack",
  enabled: true,
  rules: 1,
  updated_at: "2026-01-01T00:00:00Z",
  updated_by: "ann",
  ...changes,
});

export const rule = (changes: Partial<Rule> = {}): Rule => ({
  id: 1,
  name: "nights",
  enabled: true,
  events: ["run_failed"],
  channels: [1],
  job: "nightly",
  tag: null,
  owner: null,
  environment: "prod",
  every_attempt: false,
  title_template: null,
  body_template: null,
  since: "2026-01-01T00:00:00Z",
  updated_at: "2026-01-01T00:00:00Z",
  updated_by: "ann",
  ...changes,
});

/** The channels and rules of the workspace, and what rules can be about. */
export function withRules(channels: Channel[] = [channel()], rules: Rule[] = [rule()]) {
  answer(CHANNELS, { items: channels, total: channels.length, has_mail_server: true });
  answer(RULES, { items: rules, total: rules.length });
  answer(`${PLACE}/options`, {
    jobs: [{ key: "nightly", name: "Nightly build" }],
    tags: ["finance"],
    owners: ["ann"],
    environments: ["dev", "prod"],
    title_template: "{{ event }}",
    body_template: "{{ url }}",
  });
}
