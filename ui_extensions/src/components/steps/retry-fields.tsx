import { CONTROL, Field } from "@/components/ui/field";
import { type RetryDraft, retryProblems } from "@/lib/steps";

interface RetryFieldsProps {
  draft: RetryDraft;
  onChange: (draft: RetryDraft) => void;
  /** What the server says of its parts. */
  said?: { attempts?: string[]; delay?: string[]; cap?: string[] };
}

/** Whether and how a run that fails is tried again by itself. */
export function RetryFields({ draft, onChange, said = {} }: RetryFieldsProps) {
  const problems = retryProblems(draft);
  const errors = (part: "attempts" | "delay" | "cap") => [
    ...(problems[part] ? [problems[part]] : []),
    ...(said[part] ?? []),
  ];
  const on = draft.what !== "";
  const exponential = draft.backoff === "exponential";
  return (
    <div className="grid gap-x-3 gap-y-2.5 sm:grid-cols-4">
      <div className={on ? "sm:col-span-4" : "sm:col-span-2"}>
        <Field label="If the run fails">
          {(field) => (
            <select
              {...field}
              className={CONTROL}
              value={draft.what}
              onChange={(event) => onChange({ ...draft, what: event.target.value as RetryDraft["what"] })}
            >
              <option value="">It is not tried again by itself</option>
              <option value="failed">Try again what failed, was skipped or never ran</option>
              <option value="all">Try all of it again</option>
            </select>
          )}
        </Field>
      </div>
      {on ? (
        <>
          <Field label="Attempts" help="The first one counts." errors={errors("attempts")}>
            {(field) => (
              <input
                {...field}
                className={CONTROL}
                inputMode="numeric"
                value={draft.attempts}
                onChange={(event) => onChange({ ...draft, attempts: event.target.value })}
              />
            )}
          </Field>
          <Field label="First delay" help="In seconds." errors={errors("delay")}>
            {(field) => (
              <input
                {...field}
                className={CONTROL}
                inputMode="numeric"
                value={draft.delay}
                onChange={(event) => onChange({ ...draft, delay: event.target.value })}
              />
            )}
          </Field>
          <div className={exponential ? undefined : "sm:col-span-2"}>
            <Field label="Later delays">
              {(field) => (
                <select
                  {...field}
                  className={CONTROL}
                  value={draft.backoff}
                  onChange={(event) =>
                    onChange({ ...draft, backoff: event.target.value as RetryDraft["backoff"] })
                  }
                >
                  <option value="fixed">The same</option>
                  <option value="exponential">Twice the one before</option>
                </select>
              )}
            </Field>
          </div>
          {exponential ? (
            <Field label="Longest delay" help="In seconds. Nothing: a day." errors={errors("cap")}>
              {(field) => (
                <input
                  {...field}
                  className={CONTROL}
                  inputMode="numeric"
                  value={draft.cap}
                  onChange={(event) => onChange({ ...draft, cap: event.target.value })}
                />
              )}
            </Field>
          ) : null}
        </>
      ) : null}
    </div>
  );
}
