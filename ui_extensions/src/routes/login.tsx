import { Navigate, useNavigate, useSearchParams } from "react-router";
import { startSession, useSession } from "@/api/session";
import { Button, ButtonAnchor, ButtonLink } from "@/components/ui/button";
import { ErrorState } from "@/components/ui/feedback";
import { Frame, LoginPage } from "@/features/access/login-page";
import { useLogOut } from "@/features/access/use-log-out";
import { isServerPage, safeNext } from "@/lib/next";

/** The way in, and from there to where one wanted to go. */
export function Component() {
  const session = useSession();
  const navigate = useNavigate();
  const [params] = useSearchParams();
  const next = safeNext(params.get("next")) ?? "/";
  const onDone = () => {
    if (isServerPage(next)) window.location.assign(next);
    else navigate(next, { replace: true });
  };
  if (session.state === "starting") return null;
  if (session.state === "failed") {
    return (
      <ErrorState
        title="The server cannot be asked who you are"
        error={session.error}
        onRetry={() => void startSession()}
      />
    );
  }
  if (session.state === "out") return <LoginPage session={session} onDone={onDone} />;
  // Not sent there by itself: a page that sends back here would do so for ever.
  if (isServerPage(next)) return <Continue next={next} name={session.me.username} />;
  return <Navigate to={next} replace />;
}

function Continue({ next, name }: { next: string; name: string }) {
  const logOut = useLogOut();
  return (
    <Frame title={`Logged in as ${name}`}>
      <div className="flex flex-wrap gap-2">
        <ButtonAnchor look="primary" href={next}>
          Go on to {next.split(/[?#]/)[0]}
        </ButtonAnchor>
        <ButtonLink to="/">Go to the dashboard</ButtonLink>
        <Button look="quiet" onClick={() => logOut.mutate()}>
          Log out
        </Button>
      </div>
    </Frame>
  );
}
