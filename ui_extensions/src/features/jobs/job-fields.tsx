import { useId } from "react";
import type { JobOptions, Workspace } from "@/api/types";
import { RetryFields } from "@/components/steps/retry-fields";
import { Section } from "@/components/ui/page";
import { ChoiceField, TextArea, TextField } from "@/components/ui/text-field";
import { formatDuration } from "@/lib/format";
import { type JobForm, keyFrom } from "./form";

interface FieldsProps {
  form: JobForm;
  set: (changes: Partial<JobForm>) => void;
  options: JobOptions;
  /** What is said of a field, by the server's name of it. */
  said: (field: string) => string[];
}

/** What a job is called, and who answers for it. */
export function AboutFields({ form, set, options, said, isNew }: FieldsProps & { isNew: boolean }) {
  const owners = useId();
  return (
    <Section title="What it is">
      <div className="flex flex-col gap-3">
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField
            label="Name"
            maxLength={200}
            value={form.name}
            onChange={(name) => set({ name })}
            errors={said("name")}
          />
          <TextField
            label="Key"
            help={
              isNew
                ? "Names it in addresses and calls. It never changes. Nothing: made from the name."
                : "It never changes."
            }
            className="font-mono"
            spellCheck={false}
            autoComplete="off"
            disabled={!isNew}
            placeholder={keyFrom(form.name)}
            value={form.key}
            onChange={(key) => set({ key })}
            errors={said("key")}
          />
        </div>
        <TextArea
          label="Description"
          value={form.description}
          onChange={(description) => set({ description })}
          errors={said("description")}
        />
        <div className="grid gap-3 sm:grid-cols-2">
          <TextField
            label="Owner"
            help="Who answers for it: a person or a team."
            list={owners}
            maxLength={200}
            value={form.owner}
            onChange={(owner) => set({ owner })}
            errors={said("owner")}
          />
          <datalist id={owners}>
            {options.owners.map((owner) => (
              <option key={owner} value={owner} />
            ))}
          </datalist>
          <TextField
            label="Tags"
            help="With commas between. Jobs are found by them."
            value={form.tags}
            onChange={(tags) => set({ tags })}
            errors={said("tags")}
          />
        </div>
      </div>
    </Section>
  );
}

/** Where it runs. */
export function EnvironmentField({
  workspace,
  form,
  set,
  said,
}: Omit<FieldsProps, "options"> & { workspace: Workspace }) {
  const usable = workspace.environments.filter((one) => one.is_runnable);
  const standard = usable.find((one) => one.is_default);
  const gone = form.environment !== "" && !usable.some((one) => one.key === form.environment);
  return (
    <ChoiceField
      label="Environment"
      value={form.environment}
      onChange={(environment) => set({ environment })}
      options={[
        { value: "", label: `the default one at the time${standard ? ` (now ${standard.name})` : ""}` },
        ...usable.map((one) => ({
          value: one.key,
          label: `${one.name}${one.dbt_target ? ` (target ${one.dbt_target})` : ""}`,
        })),
        ...(gone
          ? [{ value: form.environment, label: `${form.environment} (nothing can be run there)` }]
          : []),
      ]}
      errors={said("environment")}
    />
  );
}

/** What happens when runs fail, last long, or meet. */
export function RuleFields({ form, set, said }: Omit<FieldsProps, "options">) {
  const timeout = Number(form.timeout);
  return (
    <Section title="How it runs">
      <div className="flex flex-col gap-3">
        <RetryFields
          draft={form.retry}
          onChange={(retry) => set({ retry })}
          said={{
            attempts: said("retry.max_attempts"),
            delay: said("retry.delay_seconds"),
            cap: said("retry.max_delay_seconds"),
          }}
        />
        <div className="grid gap-3 sm:grid-cols-2">
          <ChoiceField
            label="If one of its runs is not over when it is due"
            value={form.overlap}
            onChange={(overlap) => set({ overlap })}
            options={[
              { value: "skip", label: "it is skipped, and the reason noted" },
              { value: "queue", label: "it waits: runs follow one another" },
              { value: "allow", label: "it runs beside the other" },
            ]}
            errors={said("overlap")}
          />
          <TextField
            label="Timeout"
            help={
              timeout >= 60
                ? `${formatDuration(timeout)}; Dagster ends the run then.`
                : "In seconds, 60 or more. Nothing: none."
            }
            inputMode="numeric"
            value={form.timeout}
            onChange={(next) => set({ timeout: next })}
            errors={said("timeout_seconds")}
          />
          <TextField
            label="Late after"
            help="Minutes after which a run that was due and has not begun is late. Nothing: never."
            inputMode="numeric"
            value={form.late}
            onChange={(late) => set({ late })}
            errors={said("late_after_minutes")}
          />
          <TextField
            label="Priority"
            help="Runs of a higher one leave the queue first. Usual is 0; from -100 to 100."
            value={form.priority}
            onChange={(priority) => set({ priority })}
            errors={said("priority")}
          />
          <TextField
            label="Days that runs are kept"
            help="Their logs and folders. Nothing: as the environment says."
            inputMode="numeric"
            value={form.retention}
            onChange={(retention) => set({ retention })}
            errors={said("retention_days")}
          />
        </div>
      </div>
    </Section>
  );
}
