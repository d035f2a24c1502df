import { useRouteError } from "react-router";
import { ErrorState } from "@/components/ui/feedback";

/** A page that broke says so in its own place; the rest of the app stays usable. */
export function RouteError() {
  const error = useRouteError();
  return (
    <div>
      <title>Something went wrong · dbt Workbench</title>
      <ErrorState title={titleOf(error)} error={error} onRetry={() => window.location.reload()} />
    </div>
  );
}

/** After an update the browser may ask for a chunk that is gone: loading the page again fetches the new one. */
function titleOf(error: unknown): string {
  const message = error instanceof Error ? error.message : "";
  return /dynamically imported module|module script failed/i.test(message)
    ? "A part of the app could not be loaded"
    : "This page has a fault";
}
