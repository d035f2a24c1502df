import { useQuery } from "@tanstack/react-query";
import { Plus, Trash2 } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { ApiError } from "@/api/errors";
import type { RunOptions, Workspace } from "@/api/types";
import { Button, IconButton } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { ErrorState, QueryView } from "@/components/ui/feedback";
import { CONTROL, Field } from "@/components/ui/field";
import { cn } from "@/lib/cn";
import { paths } from "@/lib/paths";
import { runOptionsQuery, useStartRun } from "./queries";
import { RetryFields } from "./retry-fields";
import {
  commandLine,
  localProblems,
  NO_RETRY,
  optionsOf,
  retryProblems,
  type StepDraft,
  serverProblems,
  toRetry,
  toStep,
  type Value,
} from "./run-form";
import { RunPreview } from "./run-preview";
import { StepFields } from "./step-fields";

const NEW_STEP: StepDraft = { command: "test", values: {} };

type Environment = Workspace["environments"][number];

interface NewRunProps {
  workspace: string;
  environments: Environment[];
  initial: { steps: StepDraft[]; environment: string | null };
  onClose: () => void;
}

export function NewRunDialog(props: NewRunProps) {
  const options = useQuery(runOptionsQuery(props.workspace));
  return (
    <Dialog
      open
      wide
      onClose={props.onClose}
      title="New run"
      description="Run dbt in one of the environments."
    >
      <div className="min-h-0 overflow-y-auto">
        <QueryView query={options} what="the commands" compact>
          {(data) => (
            <RunForm
              {...props}
              // Of the others only artifacts are brought: dbt has no target for them here.
              environments={props.environments.filter((environment) => environment.is_runnable)}
              options={data}
            />
          )}
        </QueryView>
      </div>
    </Dialog>
  );
}

function RunForm({
  workspace,
  environments,
  initial,
  onClose,
  options,
}: NewRunProps & { options: RunOptions }) {
  const navigate = useNavigate();
  const start = useStartRun(workspace);
  const fallback =
    environments.find((environment) => environment.is_default)?.key ?? environments[0]?.key ?? null;
  const [environment, setEnvironment] = useState(initial.environment ?? fallback);
  const [steps, setSteps] = useState(initial.steps);
  const [current, setCurrent] = useState(0);
  const [retry, setRetry] = useState(NO_RETRY);
  const [tried, setTried] = useState(false);

  const taken = (step: StepDraft) => optionsOf(options, step.command);
  const local = steps.map((step) => localProblems(step, taken(step)));
  const error = start.error instanceof ApiError ? start.error : null;
  const server = serverProblems(error, steps, options);
  const problemsOf = (index: number) => ({ ...server.steps[index], ...(tried ? local[index] : {}) });

  const change = (next: (step: StepDraft) => StepDraft) => {
    start.reset();
    setSteps((all) => all.map((step, index) => (index === current ? next(step) : step)));
  };
  const onCommand = (command: string) => change((step) => ({ ...step, command }));
  const onValue = (name: string, value: Value) =>
    change((step) => ({ ...step, values: { ...step.values, [name]: value } }));
  const body = () => ({
    environment,
    steps: steps.map((step) => toStep(step, taken(step))),
    retry: toRetry(retry),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    const wrong = local.findIndex((problems) => Object.keys(problems).length > 0);
    if (wrong >= 0) return setCurrent(wrong);
    if (Object.keys(retryProblems(retry)).length > 0) return;
    start.mutate(body(), { onSuccess: (run) => navigate(paths.run(workspace, run.run_id)) });
  };
  const step = steps[current] ?? NEW_STEP;

  return (
    <form onSubmit={submit} className="flex flex-col gap-4 px-4 pt-3 pb-4" noValidate>
      {start.error && (server.general.length > 0 || !error) ? (
        <div className="rounded-md bg-failed-soft">
          <ErrorState
            compact
            title="The run was not started"
            error={generalError(start.error, server.general)}
          />
        </div>
      ) : null}
      <EnvironmentField
        environments={environments}
        value={environment}
        errors={server.environment}
        onChange={(next) => {
          start.reset();
          setEnvironment(next);
        }}
      />
      <StepList
        steps={steps}
        current={current}
        wrong={steps.map((_, index) => Object.keys(problemsOf(index)).length > 0)}
        onChoose={setCurrent}
        onAdd={() => {
          setSteps([...steps, NEW_STEP]);
          setCurrent(steps.length);
        }}
        onRemove={(index) => {
          start.reset();
          setSteps(steps.filter((_, other) => other !== index));
          setCurrent(Math.max(0, index - 1));
        }}
      />
      <StepFields
        key={current}
        step={step}
        options={options}
        problems={problemsOf(current)}
        onCommand={onCommand}
        onValue={onValue}
        onGoesOn={current < steps.length - 1 ? (goesOn) => change((step) => ({ ...step, goesOn })) : null}
      />
      <RetryFields draft={retry} onChange={setRetry} />
      <div>
        <p className="mb-1 text-xs text-faint">In a terminal this would be</p>
        <pre
          data-testid="command-line"
          className="overflow-x-auto rounded-md border bg-surface px-3 py-2 font-mono text-xs whitespace-pre-wrap break-all"
        >
          {steps.map((one) => commandLine(one, taken(one))).join("\n")}
        </pre>
      </div>
      <div className="sticky bottom-0 -mx-4 -mb-4 flex flex-col gap-2 border-t bg-canvas px-4 py-3">
        <RunPreview
          workspace={workspace}
          body={
            local.some((problems) => Object.keys(problems).length > 0) ? null : { ...body(), retry: null }
          }
          step={current + 1}
        />
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>Not now</Button>
          <Button type="submit" look="primary" disabled={start.isPending}>
            {start.isPending ? "Starting" : "Start run"}
          </Button>
        </div>
      </div>
    </form>
  );
}

/** The error without the parts that are already shown at their fields. */
function generalError(error: unknown, general: string[]) {
  if (!(error instanceof ApiError) || error.details.length === 0) return error;
  return { message: general.join(" "), hint: error.hint, requestId: error.requestId };
}

interface EnvironmentProps {
  environments: Environment[];
  value: string | null;
  errors: string[];
  onChange: (key: string | null) => void;
}

function EnvironmentField({ environments, value, errors, onChange }: EnvironmentProps) {
  return (
    <Field label="Environment" errors={errors}>
      {(field) => (
        <select
          {...field}
          className={CONTROL}
          value={value ?? ""}
          onChange={(event) => onChange(event.target.value || null)}
        >
          {environments.length === 0 ? <option value="">The project's own default</option> : null}
          {environments.map((environment) => (
            <option key={environment.key} value={environment.key}>
              {environment.name}
              {environment.dbt_target ? ` (target ${environment.dbt_target})` : ""}
              {environment.is_default ? ", default" : ""}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface StepListProps {
  steps: StepDraft[];
  current: number;
  wrong: boolean[];
  onChoose: (index: number) => void;
  onAdd: () => void;
  onRemove: (index: number) => void;
}

/** Several commands in one run, one after the other. */
function StepList({ steps, current, wrong, onChoose, onAdd, onRemove }: StepListProps) {
  return (
    <div className="flex flex-wrap items-center gap-1.5" role="group" aria-label="Steps">
      {steps.map((step, index) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: a step is known by its place
          key={index}
          className={cn(
            "inline-flex h-8 items-center rounded-md border pl-2.5 text-sm",
            index === current && "border-accent bg-accent-soft",
            wrong[index] && "border-failed",
          )}
        >
          <button
            type="button"
            aria-pressed={index === current}
            onClick={() => onChoose(index)}
            className="pr-2.5"
          >
            {steps.length > 1 ? `${index + 1}. ` : ""}
            <span className="font-mono">{step.command}</span>
          </button>
          {steps.length > 1 ? (
            <IconButton label={`Remove step ${index + 1}`} onClick={() => onRemove(index)}>
              <Trash2 size={13} aria-hidden />
            </IconButton>
          ) : null}
        </span>
      ))}
      <Button look="quiet" onClick={onAdd}>
        <Plus size={14} aria-hidden />
        Add a step
      </Button>
    </div>
  );
}
