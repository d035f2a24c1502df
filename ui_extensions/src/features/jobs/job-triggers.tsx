import { ExternalLink, Pause, Play } from "lucide-react";
import { useMay } from "@/api/access";
import type { Job, JobTrigger } from "@/api/types";
import { Button, ButtonAnchor } from "@/components/ui/button";
import { CopyButton } from "@/components/ui/copy-button";
import { EmptyState, ErrorState } from "@/components/ui/feedback";
import { Panel, Section } from "@/components/ui/page";
import { StatusWord } from "@/components/ui/status";
import { Ago } from "@/components/ui/time";
import { plural } from "@/lib/format";
import { NextTimes } from "./next-time";
import { useSwitchTriggers } from "./queries";
import { canSwitch, curlOf, stateView } from "./words";

/** What makes a job run, and whether it does. */
export function Triggers({ workspace, job }: { workspace: string; job: Job }) {
  return (
    <Section title="Triggers">
      <Panel>
        {job.triggers.length === 0 ? (
          <EmptyState title="It has no trigger">It is run by hand only.</EmptyState>
        ) : (
          <ul>
            {job.triggers.map((trigger) => (
              <li key={trigger.id} className="flex flex-col gap-2 border-b p-3 last:border-b-0">
                <Trigger workspace={workspace} job={job} trigger={trigger} />
              </li>
            ))}
          </ul>
        )}
      </Panel>
    </Section>
  );
}

interface TriggerProps {
  workspace: string;
  job: Job;
  trigger: JobTrigger;
}

function Trigger({ workspace, job, trigger }: TriggerProps) {
  const dagster = useMay("dagster:read", workspace);
  return (
    <>
      <div className="flex flex-wrap items-start justify-between gap-2">
        <div className="min-w-0">
          <p className="font-medium">{trigger.words}</p>
          <p className="flex flex-wrap items-center gap-x-2 text-sm">
            <StatusWord status={stateView(trigger.state)} />
            {trigger.since ? (
              <span className="text-xs text-muted">
                since <Ago at={trigger.since} />
              </span>
            ) : null}
          </p>
          {trigger.reason ? <p className="text-sm break-words text-muted">{trigger.reason}</p> : null}
        </div>
        <div className="flex flex-wrap gap-2">
          <Switch workspace={workspace} job={job} trigger={trigger} />
          <ButtonAnchor href={trigger.dagster_path} look="quiet" denied={dagster.why}>
            <ExternalLink size={14} aria-hidden />
            In Dagster
          </ButtonAnchor>
        </div>
      </div>
      <OfKind trigger={trigger} />
      {trigger.last_tick ? (
        <p className="text-xs text-muted">
          Last looked at <Ago at={trigger.last_tick.at} />
          {trigger.last_tick.reason ? `: ${trigger.last_tick.reason}` : ""}
        </p>
      ) : null}
    </>
  );
}

function OfKind({ trigger }: { trigger: JobTrigger }) {
  if (trigger.kind === "cron") {
    return (
      <>
        <p className="text-sm text-muted">
          <code className="font-mono text-xs">{trigger.expression}</code> in {trigger.timezone}.{" "}
          {trigger.missed === "run"
            ? `Of times missed in an outage the newest ${trigger.missed_limit} are run.`
            : "Times missed in an outage are noted, and not run."}
        </p>
        {trigger.state === "archived" ? null : (
          <details>
            <summary className="cursor-pointer text-sm">
              Next {plural(trigger.next_times.length, "time")}
              {trigger.state === "paused" ? ", if it were not paused" : ""}
            </summary>
            <div className="mt-2">
              <NextTimes times={trigger.next_times} timezone={trigger.timezone} />
            </div>
          </details>
        )}
      </>
    );
  }
  if (trigger.kind === "api") return <Call path={trigger.call_path} />;
  return null;
}

function Call({ path }: { path: string }) {
  const command = curlOf(window.location.origin, path);
  return (
    <div>
      <div className="flex items-center justify-between gap-2">
        <p className="text-xs text-faint">
          With a token that has the right <code className="font-mono">run:start</code>
        </p>
        <CopyButton text={command} label="Copy the command" />
      </div>
      <pre className="overflow-x-auto rounded-md border bg-surface px-3 py-2 font-mono text-xs">
        {command}
      </pre>
    </div>
  );
}

/** Pauses or resumes a trigger in Dagster, whose own page then says the same. */
function Switch({ workspace, job, trigger }: TriggerProps) {
  const edit = useMay("job:edit", workspace);
  const change = useSwitchTriggers(workspace);
  const to = trigger.state === "paused" ? "resume" : "pause";
  const not = canSwitch(trigger, to) ? null : "Only what Dagster has loaded can be paused.";
  const Icon = to === "pause" ? Pause : Play;
  return (
    <>
      <Button
        denied={edit.why ?? not}
        disabled={change.isPending}
        onClick={() => change.mutate({ job: job.key, triggers: [trigger.id], to })}
      >
        <Icon size={14} aria-hidden />
        {to === "pause" ? "Pause" : "Resume"}
      </Button>
      {change.isError ? <ErrorState compact title="Nothing has changed" error={change.error} /> : null}
    </>
  );
}
