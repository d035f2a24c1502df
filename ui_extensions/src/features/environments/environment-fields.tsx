import { errorsAt } from "@/api/errors";
import type { EnvironmentList } from "@/api/types";
import { CONTROL, Field } from "@/components/ui/field";
import { ChoiceField, TextArea, TextField } from "@/components/ui/text-field";
import { cn } from "@/lib/cn";
import { chosenProfile, type EnvironmentForm, EXAMPLE, problemsOf } from "./form";

interface FieldsProps {
  form: EnvironmentForm;
  onChange: (form: EnvironmentForm) => void;
  list: EnvironmentList;
  isNew: boolean;
  /** What the server said of what was sent. */
  error: unknown;
}

/** The names under which the server speaks of the fields. */
export const FIELDS = [
  "key",
  "name",
  "description",
  "dbt_target",
  "profile_yaml",
  "threads",
  "retention_days",
  "dbt_executable",
  "defer_to",
];

/** What an environment is made of; the same for a new one and for one that is changed. */
export function EnvironmentFields({ form, onChange, list, isNew, error }: FieldsProps) {
  const set = (changes: Partial<EnvironmentForm>) => onChange({ ...form, ...changes });
  const problems = problemsOf(form, isNew);
  const said = (field: keyof EnvironmentForm, name: string) => [
    ...(problems[field] ? [problems[field]] : []),
    ...errorsAt(error, name),
  ];
  return (
    <div className="flex flex-col gap-4">
      <div className="grid gap-4 sm:grid-cols-2">
        {isNew ? (
          <TextField
            label="Key"
            help="Names it in addresses and commands. It cannot be changed."
            autoComplete="off"
            spellCheck={false}
            maxLength={100}
            className="font-mono"
            value={form.key}
            onChange={(key) => set({ key })}
            errors={said("key", "key")}
          />
        ) : null}
        <TextField
          label="Name"
          {...(isNew ? { help: "Without one, its key." } : {})}
          maxLength={200}
          value={form.name}
          onChange={(name) => set({ name })}
          errors={said("name", "name")}
        />
      </div>
      <TextArea
        label="Description"
        value={form.description}
        onChange={(description) => set({ description })}
        errors={said("description", "description")}
      />
      <ProfileFields form={form} set={set} list={list} said={said} isNew={isNew} />
      <div className="grid gap-4 sm:grid-cols-2">
        <TextField
          label="Threads"
          help="How many nodes run at once. Nothing: as the profile says."
          inputMode="numeric"
          value={form.threads}
          onChange={(threads) => set({ threads })}
          errors={said("threads", "threads")}
        />
        <TextField
          label="Days that runs are kept"
          help={`Their logs and folders. Nothing: ${list.items[0]?.instance_retention_days ?? "as many"} days, as the instance says.`}
          inputMode="numeric"
          value={form.retention}
          onChange={(retention) => set({ retention })}
          errors={said("retention", "retention_days")}
        />
        <ChoiceField
          label="Defers to"
          help="What is not built here is read from the last good state of that environment."
          value={form.deferTo}
          onChange={(deferTo) => set({ deferTo })}
          options={[
            { value: "", label: "nothing" },
            ...list.items
              .filter((one) => one.key !== form.key && (one.archived_at === null || one.key === form.deferTo))
              .map((one) => ({ value: one.key, label: one.name })),
          ]}
          errors={said("deferTo", "defer_to")}
        />
        <ExecutableField form={form} set={set} list={list} errors={said("executable", "dbt_executable")} />
      </div>
    </div>
  );
}

interface PartProps {
  form: EnvironmentForm;
  set: (changes: Partial<EnvironmentForm>) => void;
  list: EnvironmentList;
}

function ProfileFields({
  form,
  set,
  list,
  said,
  isNew,
}: PartProps & { said: (field: keyof EnvironmentForm, name: string) => string[]; isNew: boolean }) {
  const targets = [...new Set([...list.repository_targets, ...(form.target ? [form.target] : [])])];
  return (
    <fieldset className="flex flex-col gap-3 rounded-md border p-3">
      <legend className="px-1 text-sm font-medium">How dbt connects</legend>
      <ChoiceField
        label="Profile"
        value={form.profile}
        onChange={(profile) => set(chosenProfile(form, profile, list.repository_targets, isNew))}
        options={[
          { value: "repository", label: "profiles.yml of the repository" },
          { value: "own", label: "kept here" },
        ]}
        help={
          list.repository_problem ? `The repository's cannot be used: ${list.repository_problem}` : undefined
        }
      />
      {form.profile === "repository" ? (
        <ChoiceField
          label="dbt target"
          value={form.target}
          onChange={(target) => set({ target })}
          options={targets.map((value) => ({
            value,
            label: list.repository_targets.includes(value) ? value : `${value} (not in the profile)`,
          }))}
          errors={said("target", "dbt_target")}
        />
      ) : (
        <>
          <TextField
            label="dbt target"
            help="The name that `target.name` has in the project. Nothing: the key."
            spellCheck={false}
            autoComplete="off"
            className="font-mono"
            value={form.target}
            onChange={(target) => set({ target })}
            errors={said("target", "dbt_target")}
          />
          <Field
            label="Output"
            help="One output of a profile, in YAML. A password is never written here: make it a secret, and write {{ env_var('NAME') }}."
            errors={said("profileYaml", "profile_yaml")}
          >
            {(field) => (
              <textarea
                {...field}
                rows={9}
                spellCheck={false}
                placeholder={EXAMPLE}
                className={cn(CONTROL, "h-auto py-1.5 font-mono text-xs leading-5")}
                value={form.profileYaml}
                onChange={(event) => set({ profileYaml: event.target.value })}
              />
            )}
          </Field>
        </>
      )}
    </fieldset>
  );
}

function ExecutableField({ form, set, list, errors }: PartProps & { errors: string[] }) {
  const allowed = list.dbt_executables_allowed;
  return (
    <TextField
      label="dbt"
      help={
        allowed
          ? "Path of a dbt on the server, or of its virtual environment. Nothing: the one of the product. It is asked for its version."
          : "The one of the product. The server allows no other (DBT_EXECUTABLES_ALLOWED)."
      }
      disabled={!allowed && form.executable === ""}
      spellCheck={false}
      autoComplete="off"
      className="font-mono"
      value={form.executable}
      onChange={(executable) => set({ executable })}
      errors={errors}
    />
  );
}
