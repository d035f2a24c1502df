import { CONTROL, Field } from "@/components/ui/field";
import { cn } from "@/lib/cn";
import {
  type Option,
  optionsOf,
  type Problems,
  type StepDraft,
  type StepOptions,
  type Value,
} from "@/lib/steps";

interface StepFieldsProps {
  step: StepDraft;
  options: StepOptions;
  problems: Problems;
  onCommand: (command: string) => void;
  onValue: (name: string, value: Value) => void;
  /** Whether there are steps behind it, and what is done with them when it fails. */
  onGoesOn: ((on: boolean) => void) | null;
}

const LABELS: Record<string, string> = { vars: "Vars", args: "Arguments" };
const HELP: Record<string, string> = {
  list: "Words with spaces between, such as +orders tag:nightly",
  mapping: 'A JSON object, such as {"day": "2024-01-31"}',
  state: "The key of an environment, or the id of a run: its last good manifest",
  sample: 'A time such as 3 days, or {"start": "2024-01-01", "end": "2024-02-01"}',
};
const WIDE = new Set(["mapping"]);

const labelOf = (option: Option) => {
  const spaced = option.name.replaceAll("_", " ");
  return LABELS[option.name] ?? spaced.charAt(0).toUpperCase() + spaced.slice(1);
};

/** The fields of one step: only those its command takes, each drawn by the kind of its value. */
export function StepFields({ step, options, problems, onCommand, onValue, onGoesOn }: StepFieldsProps) {
  const taken = optionsOf(options, step.command);
  const switches = taken.filter((option) => option.kind === "switch");
  const texts = taken.filter((option) => option.kind !== "switch" && !WIDE.has(option.kind));
  const wide = taken.filter((option) => WIDE.has(option.kind));
  return (
    <div className="flex flex-col gap-3">
      <CommandField step={step} options={options} problems={problems} onCommand={onCommand} />
      <div className="grid gap-x-3 gap-y-2.5 sm:grid-cols-2">
        {[...texts, ...wide].map((option) => (
          <ValueField
            key={option.name}
            option={option}
            value={step.values[option.name]}
            problems={problems[option.name] ?? []}
            onValue={onValue}
          />
        ))}
      </div>
      {switches.length > 0 ? (
        <div className="grid gap-x-3 gap-y-2 sm:grid-cols-2">
          {switches.map((option) => (
            <SwitchField
              key={option.name}
              option={option}
              on={step.values[option.name] === true}
              problems={problems[option.name] ?? []}
              onValue={onValue}
            />
          ))}
        </div>
      ) : null}
      {onGoesOn ? (
        <Field label="If this step fails">
          {(field) => (
            <select
              {...field}
              className={CONTROL}
              value={step.goesOn ? "continue" : "stop"}
              onChange={(event) => onGoesOn(event.target.value === "continue")}
            >
              <option value="stop">The steps behind it are not run</option>
              <option value="continue">The steps behind it are run all the same; the run still fails</option>
            </select>
          )}
        </Field>
      ) : null}
    </div>
  );
}

function CommandField({ step, options, problems, onCommand }: Omit<StepFieldsProps, "onValue" | "onGoesOn">) {
  const command = options.commands.find((one) => one.name === step.command);
  return (
    <Field label="Command" help={command?.description} errors={problems["command"] ?? []}>
      {(field) => (
        <select
          {...field}
          className={cn(CONTROL, "font-mono")}
          value={step.command}
          onChange={(event) => onCommand(event.target.value)}
        >
          {command ? null : <option value={step.command}>{step.command} (not offered)</option>}
          {options.commands.map((one) => (
            <option key={one.name} value={one.name}>
              {one.name}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface ValueFieldProps {
  option: Option;
  value: Value | undefined;
  problems: string[];
  onValue: (name: string, value: Value) => void;
}

function ValueField({ option, value, problems, onValue }: ValueFieldProps) {
  const text = typeof value === "string" ? value : "";
  const help = HELP[option.kind] ?? option.description;
  return (
    <div className={cn("min-w-0", WIDE.has(option.kind) && "sm:col-span-2")} title={option.description}>
      <Field label={labelOf(option)} help={help} errors={problems}>
        {(field) =>
          option.kind === "mapping" ? (
            <textarea
              {...field}
              rows={2}
              className={cn(CONTROL, "h-auto py-1.5 font-mono")}
              value={text}
              onChange={(event) => onValue(option.name, event.target.value)}
              spellCheck={false}
            />
          ) : option.kind === "choice" ? (
            <select
              {...field}
              className={CONTROL}
              value={text}
              onChange={(event) => onValue(option.name, event.target.value)}
            >
              <option value="">As dbt does by itself</option>
              {(option.choices ?? []).map((choice) => (
                <option key={choice} value={choice}>
                  {choice}
                </option>
              ))}
            </select>
          ) : (
            <input
              {...field}
              className={cn(CONTROL, "font-mono")}
              value={text}
              onChange={(event) => onValue(option.name, event.target.value)}
              inputMode={option.kind === "count" ? "numeric" : "text"}
              spellCheck={false}
              autoComplete="off"
            />
          )
        }
      </Field>
    </div>
  );
}

interface SwitchFieldProps extends Omit<ValueFieldProps, "value"> {
  on: boolean;
}

function SwitchField({ option, on, problems, onValue }: SwitchFieldProps) {
  return (
    <label className="flex items-start gap-2 text-sm">
      <input
        type="checkbox"
        className="mt-1 accent-accent"
        checked={on}
        onChange={(event) => onValue(option.name, event.target.checked)}
      />
      <span>
        {labelOf(option)}
        <span className="block text-xs text-faint">{option.description}</span>
        {problems.map((problem) => (
          <span key={problem} role="alert" className="block text-xs text-failed">
            {problem}
          </span>
        ))}
      </span>
    </label>
  );
}
