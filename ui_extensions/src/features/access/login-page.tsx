import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useEffect, useState } from "react";
import { ApiError } from "@/api/errors";
import { logIn, type Session } from "@/api/session";
import { Button } from "@/components/ui/button";
import { ErrorState, Notice } from "@/components/ui/feedback";
import { TextField } from "@/components/ui/text-field";
import { formatDuration } from "@/lib/format";

/** Asks who one is. Where to go then is for the route that shows it. */
export function LoginPage({ session, onDone }: { session: Session; onDone: () => void }) {
  return (
    <Frame title="Log in">
      {session.state === "out" && session.why === "ended" ? (
        <Notice tone="unknown">Your session has ended. Log in again to go on.</Notice>
      ) : null}
      <LoginForm onDone={onDone} />
    </Frame>
  );
}

/** A page with nothing around it, for when there is nobody yet to show anything to. */
export function Frame({ title, children }: { title: string; children: ReactNode }) {
  return (
    <main className="flex h-dvh items-start justify-center overflow-y-auto bg-surface px-3 py-[12vh]">
      <title>{`${title} · dbt Workbench`}</title>
      <div className="flex w-full max-w-sm flex-col gap-4 rounded-md border bg-canvas p-6">
        <div>
          <p className="text-sm text-muted">dbt Workbench</p>
          <h1 className="text-xl font-semibold">{title}</h1>
        </div>
        {children}
      </div>
    </main>
  );
}

function LoginForm({ onDone }: { onDone: () => void }) {
  const [username, setUsername] = useState("");
  const [password, setPassword] = useState("");
  const login = useMutation({ mutationFn: () => logIn(username.trim(), password), onSuccess: onDone });
  const left = useCountdown(login.error instanceof ApiError ? login.error.retryAfter : null, login.error);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (username.trim() !== "" && password !== "") login.mutate();
  };
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      <TextField
        label="Username or e-mail address"
        name="username"
        autoComplete="username"
        autoCapitalize="none"
        spellCheck={false}
        autoFocus
        required
        value={username}
        onChange={setUsername}
      />
      <TextField
        label="Password"
        name="password"
        type="password"
        autoComplete="current-password"
        required
        value={password}
        onChange={setPassword}
      />
      {login.isError ? <LoginError error={login.error} left={left} /> : null}
      <Button type="submit" look="primary" disabled={login.isPending || left > 0}>
        {login.isPending ? "Logging in" : "Log in"}
      </Button>
    </form>
  );
}

function LoginError({ error, left }: { error: unknown; left: number }) {
  if (error instanceof ApiError && error.status === 429) {
    return (
      <div role="alert">
        <Notice tone="warning">
          {error.message} {left > 0 ? `Try again in ${formatDuration(left)}.` : "You can try again now."}
        </Notice>
      </div>
    );
  }
  return <ErrorState compact title="You are not logged in" error={error} />;
}

/** Seconds left of a wait that begins anew with each `cause`. */
function useCountdown(seconds: number | null, cause: unknown): number {
  const [left, setLeft] = useState(0);
  useEffect(() => {
    const end = cause && seconds ? Date.now() + 1000 * seconds : 0;
    const tick = () => setLeft(Math.max(0, Math.ceil((end - Date.now()) / 1000)));
    tick();
    if (end === 0) return;
    const timer = setInterval(tick, 500);
    return () => clearInterval(timer);
  }, [seconds, cause]);
  return left;
}
