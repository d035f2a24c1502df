import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { ApiError, describeError } from "@/api/errors";
import type { JobOptions } from "@/api/types";
import { ChoiceField, TextField } from "@/components/ui/text-field";
import { useDebounced } from "@/lib/hooks";
import { saidOf, type TriggerDraft } from "./form";
import { NextTimes } from "./next-time";
import { cronQuery } from "./queries";

const SETTLE_MILLISECONDS = 300;

interface CronFieldsProps {
  workspace: string;
  draft: TriggerDraft;
  set: (changes: Partial<TriggerDraft>) => void;
  options: JobOptions;
  /** What the server said when it was sent, and what is seen here, by field. */
  said: (field: string) => string[];
}

/** A cron expression, looked at as it is typed: what it means, when it comes next, what is wrong with it. */
export function CronFields({ workspace, draft, set, options, said }: CronFieldsProps) {
  const zones = useId();
  const typed = `${draft.expression.trim()}\n${draft.timezone.trim()}`;
  const settled = useDebounced(typed, SETTLE_MILLISECONDS);
  const [expression = "", timezone = ""] = settled.split("\n");
  const check = useQuery({ ...cronQuery(workspace, expression, timezone), enabled: expression !== "" });
  const isOld = settled !== typed;
  const refused = check.error instanceof ApiError && check.error.status === 422 ? check.error : null;
  const errors = (field: string) => [
    ...new Set([...said(field), ...(refused && !isOld ? saidOf(refused.details, field) : [])]),
  ];
  return (
    <>
      <div className="grid gap-3 sm:grid-cols-2">
        <TextField
          label="Cron expression"
          help="Minute, hour, day of month, month, day of week: 30 6 * * mon-fri is 06:30 on weekdays."
          className="font-mono"
          spellCheck={false}
          autoComplete="off"
          maxLength={200}
          value={draft.expression}
          onChange={(next) => set({ expression: next })}
          errors={errors("expression")}
        />
        <TextField
          label="Timezone"
          help={`Nothing: ${options.default_timezone}, as the instance says.`}
          spellCheck={false}
          autoComplete="off"
          maxLength={100}
          list={zones}
          placeholder={options.default_timezone}
          value={draft.timezone}
          onChange={(next) => set({ timezone: next })}
          errors={errors("timezone")}
        />
        <datalist id={zones}>
          {options.timezones.map((zone) => (
            <option key={zone} value={zone} />
          ))}
        </datalist>
      </div>
      <div
        aria-live="polite"
        aria-busy={isOld || check.isFetching}
        className={isOld ? "opacity-60" : undefined}
      >
        {expression === "" || refused ? null : check.isError ? (
          <p className="text-sm text-warning">It cannot be looked at: {describeError(check.error).message}</p>
        ) : check.data ? (
          <>
            <p className="mb-1 text-sm font-medium" data-testid="cron-words">
              {check.data.words}
            </p>
            <NextTimes times={check.data.next_times} timezone={check.data.timezone} />
          </>
        ) : (
          <p className="text-sm text-muted">Looking at it.</p>
        )}
      </div>
      <div className="grid gap-3 sm:grid-cols-2">
        <ChoiceField
          label="Times that were missed"
          help="Those that nobody looked at within five minutes, because of an outage."
          value={draft.missed}
          onChange={(missed) => set({ missed })}
          options={[
            { value: "skip", label: "are noted, and not run" },
            { value: "run", label: "are run afterwards, the newest of them" },
          ]}
          errors={said("missed")}
        />
        {draft.missed === "run" ? (
          <TextField
            label="At most"
            help="From 1 to 10."
            inputMode="numeric"
            value={draft.limit}
            onChange={(limit) => set({ limit })}
            errors={said("missed_limit")}
          />
        ) : null}
      </div>
    </>
  );
}
