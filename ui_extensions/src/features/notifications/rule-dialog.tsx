import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { besideFields, errorsAt } from "@/api/errors";
import type { Channel, NotificationEvent, Rule, RuleOptions } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { ErrorState } from "@/components/ui/feedback";
import { CONTROL, Field } from "@/components/ui/field";
import { CheckField, ChoiceField, TextField } from "@/components/ui/text-field";
import { cn } from "@/lib/cn";
import { ruleOptionsQuery, useSaveRule } from "./queries";
import { type About, formOf, isComplete, type RuleForm, requestOf, toggled } from "./rule-form";
import { RulePreview } from "./rule-preview";
import { EVENTS } from "./words";

interface Props {
  workspace: string;
  /** Null for one that is to be made. */
  rule: Rule | null;
  about?: About;
  channels: Channel[];
  onClose: () => void;
}

const FIELDS = [
  "name",
  "events",
  "channels",
  "job",
  "tag",
  "owner",
  "environment",
  "title_template",
  "body_template",
];

export function RuleDialog({ workspace, rule, about, channels, onClose }: Props) {
  const save = useSaveRule(workspace, rule?.id ?? null);
  const options = useQuery(ruleOptionsQuery(workspace));
  const [form, setForm] = useState(() => formOf(rule, about));
  const set = (changes: Partial<RuleForm>) => setForm({ ...form, ...changes });
  const ready = isComplete(form);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (ready && !save.isPending) save.mutate(requestOf(form), { onSuccess: onClose });
  };
  const problem = besideFields(save.error, FIELDS);
  const part = { form, set, error: save.error };
  return (
    <Dialog
      open
      wide
      onClose={onClose}
      title={rule ? `Change ${rule.name}` : "New rule"}
      description="What happened before a rule was made, or while it was off, is not told."
    >
      <form onSubmit={submit} className="flex min-h-0 flex-col gap-4 overflow-y-auto px-4 pt-3">
        <TextField
          label="Name"
          maxLength={100}
          value={form.name}
          onChange={(name) => set({ name })}
          errors={errorsAt(save.error, "name")}
        />
        <Events {...part} />
        <ChannelChoice {...part} channels={channels} />
        <Filters {...part} options={options.data ?? null} />
        <Words {...part} options={options.data ?? null} />
        <RulePreview workspace={workspace} form={form} />
        <div className="sticky bottom-0 -mx-4 flex flex-col gap-2 border-t bg-canvas px-4 py-3">
          {problem ? <ErrorState compact title="The rule was not saved" error={problem} /> : null}
          <div className="flex justify-end gap-2">
            <Button onClick={onClose}>Not now</Button>
            <Button type="submit" look="primary" disabled={!ready || save.isPending}>
              {save.isPending ? "Saving" : "Save"}
            </Button>
          </div>
        </div>
      </form>
    </Dialog>
  );
}

interface PartProps {
  form: RuleForm;
  set: (changes: Partial<RuleForm>) => void;
  error: unknown;
}

function Errors({ error, field }: { error: unknown; field: string }) {
  return errorsAt(error, field).map((one) => (
    <p key={one} role="alert" className="text-xs text-failed">
      {one}
    </p>
  ));
}

function Events({ form, set, error }: PartProps) {
  return (
    <fieldset className="flex flex-col gap-2 rounded-md border p-3">
      <legend className="px-1 text-sm font-medium">Tells of</legend>
      <div className="grid gap-x-4 gap-y-2 sm:grid-cols-2">
        {(Object.keys(EVENTS) as NotificationEvent[]).map((event) => (
          <CheckField
            key={event}
            label={EVENTS[event].label}
            help={EVENTS[event].help}
            checked={form.events.includes(event)}
            onChange={(on) => set({ events: toggled(form.events, event, on) })}
          />
        ))}
      </div>
      {form.events.includes("run_failed") ? (
        <CheckField
          label="Also attempts that are tried again"
          help="Otherwise only the last attempt of a retry policy counts as failed."
          checked={form.everyAttempt}
          onChange={(everyAttempt) => set({ everyAttempt })}
        />
      ) : null}
      <Errors error={error} field="events" />
    </fieldset>
  );
}

function ChannelChoice({ form, set, error, channels }: PartProps & { channels: Channel[] }) {
  return (
    <fieldset className="flex flex-col gap-2 rounded-md border p-3">
      <legend className="px-1 text-sm font-medium">To</legend>
      {channels.map((channel) => (
        <CheckField
          key={channel.id}
          label={channel.name}
          help={channel.enabled ? channel.leads_to : `${channel.leads_to}; it is off`}
          checked={form.channels.includes(channel.id)}
          onChange={(on) => set({ channels: toggled(form.channels, channel.id, on) })}
        />
      ))}
      <Errors error={error} field="channels" />
    </fieldset>
  );
}

const choices = (every: string, values: { value: string; label: string }[], present: string) => [
  { value: "", label: every },
  ...values,
  ...(present && !values.some((one) => one.value === present) ? [{ value: present, label: present }] : []),
];
const plain = (values: readonly string[]) => values.map((value) => ({ value, label: value }));

function Filters({ form, set, error, options }: PartProps & { options: RuleOptions | null }) {
  const jobs = (options?.jobs ?? []).map(({ key, name }) => ({ value: key, label: name }));
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <ChoiceField
        label="Only of the job"
        value={form.job}
        onChange={(job) => set({ job })}
        options={choices("every job, and runs of none", jobs, form.job)}
        errors={errorsAt(error, "job")}
      />
      <ChoiceField
        label="Only in the environment"
        value={form.environment}
        onChange={(environment) => set({ environment })}
        options={choices("every environment", plain(options?.environments ?? []), form.environment)}
        errors={errorsAt(error, "environment")}
      />
      <ChoiceField
        label="Only of jobs with the tag"
        value={form.tag}
        onChange={(tag) => set({ tag })}
        options={choices("any or none", plain(options?.tags ?? []), form.tag)}
        errors={errorsAt(error, "tag")}
      />
      <ChoiceField
        label="Only of jobs owned by"
        value={form.owner}
        onChange={(owner) => set({ owner })}
        options={choices("anybody or nobody", plain(options?.owners ?? []), form.owner)}
        errors={errorsAt(error, "owner")}
      />
    </div>
  );
}

function Words({ form, set, error, options }: PartProps & { options: RuleOptions | null }) {
  const own = (on: boolean) =>
    set({
      own: on,
      title: form.title || (options?.title_template ?? ""),
      body: form.body || (options?.body_template ?? ""),
    });
  return (
    <div className="flex flex-col gap-3">
      <CheckField
        label="In my own words"
        help="Jinja2 templates: variables, conditions, loops and filters. They begin as a copy of ours."
        checked={form.own}
        onChange={own}
      />
      {form.own ? (
        <>
          <TemplateField
            label="Title"
            rows={4}
            value={form.title}
            onChange={(title) => set({ title })}
            errors={errorsAt(error, "title_template")}
          />
          <TemplateField
            label="Text"
            rows={10}
            value={form.body}
            onChange={(body) => set({ body })}
            errors={errorsAt(error, "body_template")}
          />
        </>
      ) : null}
    </div>
  );
}

interface TemplateProps {
  label: string;
  rows: number;
  value: string;
  onChange: (value: string) => void;
  errors: string[];
}

function TemplateField({ label, rows, value, onChange, errors }: TemplateProps) {
  return (
    <Field label={label} errors={errors}>
      {(field) => (
        <textarea
          {...field}
          rows={rows}
          spellCheck={false}
          className={cn(CONTROL, "h-auto py-1.5 font-mono text-xs leading-5")}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}
