import type { Environment, EnvironmentChange, EnvironmentRequest } from "@/api/types";

/** The form as it is typed; empty texts stand for what the instance or the profile says. */
export interface EnvironmentForm {
  key: string;
  name: string;
  description: string;
  profile: "repository" | "own";
  target: string;
  profileYaml: string;
  threads: string;
  retention: string;
  executable: string;
  deferTo: string;
}

export const EXAMPLE = `type: postgres
host: warehouse.example.org
port: 5432
user: dbt
password: "{{ env_var('WAREHOUSE_PASSWORD') }}"
dbname: analytics
schema: staging
`;

/** The form of an environment, or of one that is to be made. */
export function formOf(environment: Environment | null, targets: readonly string[] = []): EnvironmentForm {
  if (environment === null) {
    const target = targets[0];
    return {
      key: "",
      name: "",
      description: "",
      profile: target === undefined ? "own" : "repository",
      target: target ?? "",
      profileYaml: "",
      threads: "",
      retention: "",
      executable: "",
      deferTo: "",
    };
  }
  return {
    key: environment.key,
    name: environment.name,
    description: environment.description,
    profile: environment.has_own_profile ? "own" : "repository",
    target: environment.dbt_target,
    profileYaml: environment.profile_yaml ?? "",
    threads: numberText(environment.threads),
    retention: numberText(environment.retention_days),
    executable: environment.dbt.executable ?? "",
    deferTo: environment.defer_to ?? "",
  };
}

const numberText = (value: number | null) => (value === null ? "" : String(value));

/** What choosing a profile changes: the target that was chosen for the other one may mean nothing there. */
export function chosenProfile(
  form: EnvironmentForm,
  profile: EnvironmentForm["profile"],
  targets: readonly string[],
  isNew: boolean,
): Partial<EnvironmentForm> {
  if (profile === "own") return isNew ? { profile, target: "" } : { profile };
  return { profile, target: targets.includes(form.target) ? form.target : (targets[0] ?? "") };
}

const NUMBERS = { threads: 256, retention: 36_500 } as const;

/** What is wrong with the form already here, by field. */
export function problemsOf(
  form: EnvironmentForm,
  isNew: boolean,
): Partial<Record<keyof EnvironmentForm, string>> {
  const problems: Partial<Record<keyof EnvironmentForm, string>> = {};
  if (isNew && form.key !== "" && !/^[A-Za-z0-9][A-Za-z0-9_.-]*$/.test(form.key))
    problems.key = "Takes letters, digits, '_', '-' and '.', and begins with a letter or digit.";
  for (const [field, most] of Object.entries(NUMBERS) as [keyof typeof NUMBERS, number][]) {
    const text = form[field].trim();
    const number = Number(text);
    if (text !== "" && !(/^\d+$/.test(text) && number >= 1 && number <= most))
      problems[field] = `A whole number from 1 to ${most}, or nothing.`;
  }
  return problems;
}

/** Whether there is enough to send. */
export function isComplete(form: EnvironmentForm, isNew: boolean): boolean {
  const named = isNew ? form.key !== "" : form.name.trim() !== "";
  const profiled = form.profile === "own" ? form.profileYaml.trim() !== "" : form.target !== "";
  return named && profiled && Object.keys(problemsOf(form, isNew)).length === 0;
}

/** What changed, as the server takes it; empty where nothing did. */
export function changesOf(before: EnvironmentForm, after: EnvironmentForm): EnvironmentChange {
  const changes: EnvironmentChange = {};
  if (after.name.trim() !== before.name) changes.name = after.name.trim();
  if (after.description.trim() !== before.description) changes.description = after.description.trim();
  if (targetOf(after) !== before.target) changes.dbt_target = targetOf(after);
  const [old, now] = [yamlOf(before), yamlOf(after)];
  if (now !== old) changes.profile_yaml = now;
  if (after.threads.trim() !== before.threads) changes.threads = numberOf(after.threads);
  if (after.retention.trim() !== before.retention) changes.retention_days = numberOf(after.retention);
  if (after.executable.trim() !== before.executable) changes.dbt_executable = after.executable.trim() || null;
  if (after.deferTo !== before.deferTo) changes.defer_to = after.deferTo || null;
  return changes;
}

/** An environment that is to be made. Its target has the name of the environment, where its profile is kept here. */
export function requestOf(form: EnvironmentForm): EnvironmentRequest {
  const { archived: _archived, ...changes } = changesOf(formOf(null), {
    ...form,
    name: form.name || form.key,
  });
  return { ...changes, key: form.key, dbt_target: targetOf(form) };
}

/** With a profile of its own, a target has the name of the environment unless another is typed. */
const targetOf = (form: EnvironmentForm) => form.target || (form.profile === "own" ? form.key : "");
const yamlOf = (form: EnvironmentForm) => (form.profile === "own" ? form.profileYaml : null);
const numberOf = (text: string) => (text.trim() === "" ? null : Number(text));
