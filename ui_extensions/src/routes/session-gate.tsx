import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { Navigate, Outlet, useLocation } from "react-router";
import { type Session, startSession, useSession, wasLoginOff } from "@/api/session";
import { Button } from "@/components/ui/button";
import { ErrorState } from "@/components/ui/feedback";
import { Frame } from "@/features/access/login-page";
import { PasswordForm } from "@/features/access/password-form";
import { useLogOut } from "@/features/access/use-log-out";
import { paths } from "@/lib/paths";

/** Around every page, that of the login too. */
export function Root() {
  useForgetWhoWas(useSession());
  return <Outlet />;
}

/** Lets nobody in who has to log in first. Where no login was needed the last time, nothing waits to hear so again. */
export function SessionGate() {
  const session = useSession();
  const { pathname, search, hash } = useLocation();
  if (session.state === "out") {
    const here = pathname + search + hash;
    return <Navigate to={paths.login(session.why === "left" || here === "/" ? null : here)} replace />;
  }
  if (session.state === "failed") {
    return (
      <main className="pt-10">
        <ErrorState
          title="The server cannot be asked who you are"
          error={session.error}
          onRetry={() => void startSession()}
        />
      </main>
    );
  }
  if (session.state === "starting" && !wasLoginOff()) return null;
  if (session.state === "in" && session.me.must_change_password) return <MustChangePassword />;
  return <Outlet />;
}

/** What one person has loaded is not for the next. */
function useForgetWhoWas(session: Session): void {
  const queries = useQueryClient();
  const who = session.state === "in" ? session.me.username : session.state === "out" ? "" : null;
  const last = useRef(who);
  useEffect(() => {
    if (who === null) return;
    if (last.current !== null && last.current !== who) queries.clear();
    last.current = who;
  }, [who, queries]);
}

function MustChangePassword() {
  const logOut = useLogOut();
  return (
    <Frame title="Choose a new password">
      <p className="text-muted">
        Your password was given to you by someone else. Choose one that only you know to go on.
      </p>
      <PasswordForm action="Change it and go on" />
      <div>
        <Button look="quiet" onClick={() => logOut.mutate()}>
          Log out
        </Button>
      </div>
    </Frame>
  );
}
