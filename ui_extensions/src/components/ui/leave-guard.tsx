import { useEffect } from "react";
import { useBlocker } from "react-router";
import { Confirm } from "@/components/ui/dialog";

/** Asks before the page is left with something unsaved. */
export function LeaveGuard({ when }: { when: boolean }) {
  const blocker = useBlocker(when);
  useEffect(() => {
    if (!when) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [when]);
  return (
    <Confirm
      open={blocker.state === "blocked"}
      onClose={() => blocker.reset?.()}
      onConfirm={() => blocker.proceed?.()}
      title="Leave without saving?"
      action="Leave"
      keep="Stay here"
    >
      What you changed on this page has not been saved.
    </Confirm>
  );
}
