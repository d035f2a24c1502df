import { useQuery } from "@tanstack/react-query";
import { RefreshCw } from "lucide-react";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import { describeError } from "@/api/errors";
import type { Definitions } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/feedback";
import { Ago } from "@/components/ui/time";
import { plural } from "@/lib/format";
import { paths } from "@/lib/paths";
import { definitionsQuery, useReload } from "./queries";

const SHOWN = 5;

/** Whether Dagster has loaded what the triggers are now. Nothing is said while it has. */
export function DefinitionsBanner({ workspace }: { workspace: string }) {
  const definitions = useQuery(definitionsQuery(workspace));
  if (!definitions.data) return definitions.isError ? <NotKnown why={definitions.error.message} /> : null;
  if (definitions.data.state === "live") return null;
  return (
    <Notice tone={toneOf(definitions.data)}>
      <div className="flex flex-wrap items-start justify-between gap-2">
        <div className="min-w-0">
          <Said workspace={workspace} definitions={definitions.data} />
        </div>
        {definitions.data.state === "unknown" ? null : <Reload workspace={workspace} />}
      </div>
    </Notice>
  );
}

const NotKnown = ({ why }: { why: string }) => (
  <Notice tone="unknown">Whether the triggers are loaded is not known: {why}</Notice>
);

const toneOf = ({ state }: Definitions) =>
  ({ live: "unknown", applying: "running", failed: "failed", unknown: "unknown" })[state] as
    | "running"
    | "failed"
    | "unknown";

function Said({ workspace, definitions }: { workspace: string; definitions: Definitions }) {
  const { state, reason, since, waiting, failed, leaving } = definitions;
  if (state === "unknown")
    return <>Whether the triggers are loaded is not known: {reason ?? "Dagster does not answer."}</>;
  const listed = state === "failed" ? failed : waiting;
  return (
    <>
      {state === "failed" ? (
        <Failed definitions={definitions} />
      ) : (
        <p>
          Dagster is loading{" "}
          {[
            waiting.length > 0 ? plural(waiting.length, "trigger") : "",
            leaving.length > 0 ? `the end of ${plural(leaving.length, "trigger")}` : "",
          ]
            .filter(Boolean)
            .join(" and ")}
          {since ? (
            <>
              , since <Ago at={since} />
            </>
          ) : null}
          . Until then what was before still serves.
        </p>
      )}
      {reason ? <p className="mt-1 font-mono text-xs break-words whitespace-pre-wrap">{reason}</p> : null}
      <ul className="mt-1">
        {listed.slice(0, SHOWN).map((one) => (
          <li key={one.trigger_id}>
            <Link className="underline" to={paths.job(workspace, one.job)}>
              {one.job}
            </Link>
            : {one.words}
            {one.reason && !one.reason.endsWith(reason ?? "\n") ? (
              <span className="text-muted"> {one.reason}</span>
            ) : null}
          </li>
        ))}
        {listed.length > SHOWN ? <li>and {listed.length - SHOWN} more</li> : null}
      </ul>
    </>
  );
}

/** Some triggers that could not be built do not tick; where nothing loads, none does. */
function Failed({ definitions: { failed, reason, loaded_at } }: { definitions: Definitions }) {
  const some = failed.some((one) => one.reason === reason);
  return (
    <p className="font-medium">
      {some ? (
        `Dagster could not load ${plural(failed.length, "trigger")}: what could not be loaded does not tick.`
      ) : loaded_at ? (
        <>
          Dagster could not load the triggers: none ticks until it can. Since it last did (
          <Ago at={loaded_at} />) what was due waits to be decided.
        </>
      ) : (
        "Dagster could not load the triggers, and has never loaded any."
      )}
    </p>
  );
}

function Reload({ workspace }: { workspace: string }) {
  const edit = useMay("job:edit", workspace);
  const reload = useReload(workspace);
  return (
    <div className="flex flex-col items-end gap-1">
      <Button denied={edit.why} disabled={reload.isPending} onClick={() => reload.mutate()}>
        <RefreshCw size={14} aria-hidden />
        {reload.isPending ? "Asking" : "Load them again"}
      </Button>
      {reload.isError ? <p role="alert">Not asked for: {describeError(reload.error).message}</p> : null}
      {reload.isSuccess ? <p>Asked for.</p> : null}
    </div>
  );
}
