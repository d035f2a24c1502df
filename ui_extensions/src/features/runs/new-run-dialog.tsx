import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useNavigate } from "react-router";
import { ApiError } from "@/api/errors";
import { runOptionsQuery, useRunPreview } from "@/api/run-queries";
import type { RunOptions, Workspace } from "@/api/types";
import { RetryFields } from "@/components/steps/retry-fields";
import { StepPreview } from "@/components/steps/step-preview";
import { CommandLines, StepsEditor } from "@/components/steps/steps-editor";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { ErrorState, QueryView } from "@/components/ui/feedback";
import { CONTROL, Field } from "@/components/ui/field";
import { paths } from "@/lib/paths";
import {
  localProblems,
  NO_RETRY,
  optionsOf,
  retryProblems,
  type StepDraft,
  serverProblems,
  toRetry,
  toStep,
} from "@/lib/steps";
import { useStartRun } from "./queries";

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
  const isWrong = local.some((problems) => Object.keys(problems).length > 0);
  const preview = useRunPreview(workspace, isWrong ? null : { ...body(), retry: null }, current + 1);

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
      <StepsEditor
        steps={steps}
        onChange={(next) => {
          start.reset();
          setSteps(next);
        }}
        current={current}
        onChoose={setCurrent}
        options={options}
        problemsOf={problemsOf}
      />
      <RetryFields draft={retry} onChange={setRetry} />
      <CommandLines steps={steps} options={options} />
      <div className="sticky bottom-0 -mx-4 -mb-4 flex flex-col gap-2 border-t bg-canvas px-4 py-3">
        <StepPreview state={preview} />
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
