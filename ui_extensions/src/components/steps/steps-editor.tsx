import { Plus, Trash2 } from "lucide-react";
import { Button, IconButton } from "@/components/ui/button";
import { cn } from "@/lib/cn";
import {
  commandLine,
  optionsOf,
  type Problems,
  type StepDraft,
  type StepOptions,
  type Value,
} from "@/lib/steps";
import { StepFields } from "./step-fields";

const NEW_STEP: StepDraft = { command: "test", values: {} };

interface StepsEditorProps {
  steps: StepDraft[];
  onChange: (steps: StepDraft[]) => void;
  /** The step whose fields are shown, from 0. */
  current: number;
  onChoose: (index: number) => void;
  options: StepOptions;
  problemsOf: (index: number) => Problems;
}

/** dbt commands, one after the other, each with the fields that it takes. */
export function StepsEditor({ steps, onChange, current, onChoose, options, problemsOf }: StepsEditorProps) {
  const step = steps[current] ?? NEW_STEP;
  const change = (changes: Partial<StepDraft>) =>
    onChange(steps.map((one, index) => (index === current ? { ...one, ...changes } : one)));
  const onValue = (name: string, value: Value) => change({ values: { ...step.values, [name]: value } });
  return (
    <>
      <StepList
        steps={steps}
        current={current}
        wrong={steps.map((_, index) => Object.keys(problemsOf(index)).length > 0)}
        onChoose={onChoose}
        onAdd={() => {
          onChange([...steps, NEW_STEP]);
          onChoose(steps.length);
        }}
        onRemove={(index) => {
          onChange(steps.filter((_, other) => other !== index));
          onChoose(Math.max(0, index - 1));
        }}
      />
      <StepFields
        key={current}
        step={step}
        options={options}
        problems={problemsOf(current)}
        onCommand={(command) => change({ command })}
        onValue={onValue}
        onGoesOn={current < steps.length - 1 ? (goesOn) => change({ goesOn }) : null}
      />
    </>
  );
}

/** The steps as one would type them. */
export function CommandLines({ steps, options }: { steps: StepDraft[]; options: StepOptions }) {
  return (
    <div>
      <p className="mb-1 text-xs text-faint">In a terminal this would be</p>
      <pre
        data-testid="command-line"
        className="overflow-x-auto rounded-md border bg-surface px-3 py-2 font-mono text-xs whitespace-pre-wrap break-all"
      >
        {steps.map((one) => commandLine(one, optionsOf(options, one.command))).join("\n")}
      </pre>
    </div>
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
