import { type FormEvent, type ReactNode, useState } from "react";
import { useMay } from "@/api/access";
import { ApiError } from "@/api/errors";
import { useRunPreview } from "@/api/run-queries";
import type { JobOptions, RunOptions, Workspace } from "@/api/types";
import { StepPreview } from "@/components/steps/step-preview";
import { CommandLines, StepsEditor } from "@/components/steps/steps-editor";
import { Button, ButtonLink } from "@/components/ui/button";
import { ErrorState } from "@/components/ui/feedback";
import { LeaveGuard } from "@/components/ui/leave-guard";
import { Section } from "@/components/ui/page";
import { localProblems, optionsOf, serverProblems, toStep } from "@/lib/steps";
import { besideForm, isChanged, isComplete, type JobForm, problemsOf, saidSince, stepAsSent } from "./form";
import { AboutFields, EnvironmentField, RuleFields } from "./job-fields";
import { TriggersFields } from "./trigger-fields";

interface EditorProps {
  workspace: Workspace;
  initial: JobForm;
  isNew: boolean;
  /** Whether what the form is filled with may be sent as it is. */
  isReady: boolean;
  steps: RunOptions;
  options: JobOptions;
  /** What came of sending it. */
  sent: { error: unknown; isPending: boolean; isSuccess: boolean };
  /** What is said of an error that belongs to no field; null for how errors are usually said. */
  conflict: ReactNode;
  onSend: (form: JobForm) => void;
  backTo: string;
}

/** Everything a job is made of; the same for a new one and for one that is changed. */
export function JobEditor(props: EditorProps) {
  const { workspace, initial, isNew, steps: commands, options, sent } = props;
  const edit = useMay("job:edit", workspace.key);
  const [form, setForm] = useState(initial);
  const [asked, setAsked] = useState(initial);
  const [current, setCurrent] = useState(0);
  const [tried, setTried] = useState(false);
  const set = (changes: Partial<JobForm>) => setForm((before) => ({ ...before, ...changes }));

  const refusal = sent.error instanceof ApiError ? sent.error : null;
  const details = refusal?.details ?? [];
  const own = problemsOf(form, options.bounds);
  const said = (field: string) => [
    ...(own[field] ? [own[field]] : []),
    ...saidSince(details, field, asked, form),
  ];

  const local = form.steps.map((step) => localProblems(step, optionsOf(commands, step.command)));
  const ofSteps = details.filter((detail) => /^(body\.)?steps\W/.test(detail.field));
  const server = serverProblems(refusal && { message: "", details: ofSteps }, asked.steps, commands);
  const stepProblems = (index: number) => ({
    ...server.steps[stepAsSent(asked.steps, form.steps, index)],
    ...(tried ? local[index] : {}),
  });
  const areStepsWrong = local.some((problems) => Object.keys(problems).length > 0);
  const preview = useRunPreview(
    workspace.key,
    areStepsWrong
      ? null
      : {
          environment: form.environment || null,
          steps: form.steps.map((step) => toStep(step, optionsOf(commands, step.command))),
        },
    current + 1,
  );

  const changed = isChanged(initial, form);
  const ready = (changed || props.isReady) && isComplete(form, options.bounds);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready || sent.isPending || !edit.may) return;
    setTried(true);
    const wrong = local.findIndex((problems) => Object.keys(problems).length > 0);
    if (wrong >= 0) return setCurrent(wrong);
    setAsked(form);
    props.onSend(form);
  };
  const general = [...besideForm(details, asked), ...server.general.filter(Boolean)];
  return (
    <form onSubmit={submit} noValidate>
      <LeaveGuard when={changed && !sent.isPending && !sent.isSuccess} />
      <fieldset disabled={!edit.may} className="flex max-w-4xl min-w-0 flex-col gap-6">
        <AboutFields form={form} set={set} options={options} said={said} isNew={isNew} />
        <Section title="What it runs">
          <div className="flex flex-col gap-4">
            <EnvironmentField workspace={workspace} form={form} set={set} said={said} />
            <StepsEditor
              steps={form.steps}
              onChange={(steps) => set({ steps })}
              current={current}
              onChoose={setCurrent}
              options={commands}
              problemsOf={stepProblems}
            />
            <CommandLines steps={form.steps} options={commands} />
            <StepPreview state={preview} />
          </div>
        </Section>
        <Section title="When it runs">
          <TriggersFields
            workspace={workspace}
            job={isNew ? "" : form.key}
            triggers={form.triggers}
            onChange={(triggers) => set({ triggers })}
            options={options}
            said={said}
          />
        </Section>
        <RuleFields form={form} set={set} said={said} />
      </fieldset>
      <div className="sticky bottom-0 -mx-5 mt-6 flex flex-col gap-2 border-t bg-canvas px-5 py-3 max-md:-mx-3 max-md:px-3">
        {sent.error ? (
          <div className="max-w-4xl">
            {props.conflict ?? (
              <Refused error={sent.error} general={general} known={details.length > 0} isNew={isNew} />
            )}
          </div>
        ) : null}
        <div className="flex max-w-4xl flex-wrap items-center justify-end gap-2">
          {edit.why ? <span className="text-xs text-muted">{edit.why}</span> : null}
          <ButtonLink to={props.backTo}>{isNew ? "Not now" : "Back to the job"}</ButtonLink>
          <Button type="submit" look="primary" denied={edit.why} disabled={!ready || sent.isPending}>
            {sent.isPending ? "Saving" : isNew ? "Make the job" : "Save"}
          </Button>
        </div>
      </div>
    </form>
  );
}

interface RefusedProps {
  error: unknown;
  /** What is about no field of the form. */
  general: string[];
  known: boolean;
  isNew: boolean;
}

/** Nothing is said twice: what is at a field is only pointed at, with the hint how to mend it. */
function Refused({ error, general, known, isNew }: RefusedProps) {
  const title = isNew ? "The job was not made" : "Nothing was saved";
  if (!known || !(error instanceof ApiError)) return <ErrorState compact title={title} error={error} />;
  const message = general.join(" ") || "What is wrong is said at the fields.";
  const told = { message, hint: error.hint, requestId: error.requestId };
  return <ErrorState compact title={title} error={error.code === "forbidden" ? error : told} />;
}
