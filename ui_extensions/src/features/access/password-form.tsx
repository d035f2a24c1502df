import { useQuery } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { configQuery } from "@/api/config-query";
import { besideFields, errorsAt } from "@/api/errors";
import type { Config } from "@/api/types";
import { Button } from "@/components/ui/button";
import { ErrorState, Notice } from "@/components/ui/feedback";
import { StatusMark } from "@/components/ui/status";
import { TextField } from "@/components/ui/text-field";
import { useChangePassword } from "./account-queries";

type Rules = Config["password_rules"];

interface Rule {
  text: string;
  kept: boolean;
}

/** What is asked of a password, and which of it this one keeps. The server decides; this only tells as one types. */
export function rulesOf(rules: Rules, password: string): Rule[] {
  const asked: [boolean, string, boolean][] = [
    [
      rules.min_length > 0,
      `At least ${rules.min_length} characters`,
      [...password].length >= rules.min_length,
    ],
    [rules.require_uppercase, "A capital letter", /\p{Lu}/u.test(password)],
    [rules.require_lowercase, "A small letter", /\p{Ll}/u.test(password)],
    [rules.require_digit, "A digit", /\p{Nd}/u.test(password)],
    [rules.require_symbol, "A symbol, such as ! or %", /[^\p{L}\p{N}\s]/u.test(password)],
  ];
  return asked.filter(([wanted]) => wanted).map(([, text, kept]) => ({ text, kept }));
}

export function PasswordForm({ action = "Change the password" }: { action?: string }) {
  const config = useQuery(configQuery);
  const change = useChangePassword();
  const [current, setCurrent] = useState("");
  const [next, setNext] = useState("");
  const [repeated, setRepeated] = useState("");
  const rules = config.data ? rulesOf(config.data.password_rules, next) : [];
  const differs = repeated !== "" && repeated !== next;
  const ready = current !== "" && next !== "" && repeated === next;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!ready) return;
    const clear = () => {
      for (const set of [setCurrent, setNext, setRepeated]) set("");
    };
    change.mutate({ current_password: current, new_password: next }, { onSuccess: clear });
  };
  const problem = besideFields(change.error, ["current_password", "new_password"]);
  return (
    <form onSubmit={submit} className="flex max-w-md flex-col gap-3">
      <TextField
        label="Current password"
        type="password"
        autoComplete="current-password"
        value={current}
        onChange={setCurrent}
        errors={errorsAt(change.error, "current_password")}
      />
      <TextField
        label="New password"
        type="password"
        autoComplete="new-password"
        value={next}
        onChange={setNext}
        errors={errorsAt(change.error, "new_password")}
      />
      <PasswordRules rules={rules} typed={next !== ""} />
      <TextField
        label="New password again"
        type="password"
        autoComplete="new-password"
        value={repeated}
        onChange={setRepeated}
        errors={differs ? ["The two are not the same."] : []}
      />
      {problem ? <ErrorState compact title="The password was not changed" error={problem} /> : null}
      {change.isSuccess ? (
        <Notice tone="running">The password is changed. Your other sessions have been ended.</Notice>
      ) : null}
      <div>
        <Button type="submit" look="primary" disabled={!ready || change.isPending}>
          {change.isPending ? "Changing" : action}
        </Button>
      </div>
    </form>
  );
}

function PasswordRules({ rules, typed }: { rules: Rule[]; typed: boolean }) {
  if (rules.length === 0) return null;
  return (
    <ul aria-label="What a password needs" className="flex flex-col gap-0.5 text-xs text-muted">
      {rules.map((rule) => (
        <li key={rule.text} className="flex items-center gap-1.5">
          <StatusMark
            size={12}
            tone={rule.kept ? "ok" : "unknown"}
            title={rule.kept ? "kept" : typed ? "missing" : "needed"}
          />
          {rule.text}
        </li>
      ))}
    </ul>
  );
}
