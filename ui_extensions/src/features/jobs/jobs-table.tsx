import { Copy, Pause, Pencil, Play } from "lucide-react";
import { useState } from "react";
import { Link, useNavigate } from "react-router";
import { useMay } from "@/api/access";
import type { Job, Run } from "@/api/types";
import { ErrorState, Notice } from "@/components/ui/feedback";
import { MenuItem, RowMenu } from "@/components/ui/menu";
import { StatusWord } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { Ago } from "@/components/ui/time";
import { paths } from "@/lib/paths";
import { Next } from "./next-time";
import { useSwitchTriggers } from "./queries";
import { RunBars } from "./run-bars";
import { RunNow } from "./run-now";
import { canSwitch, comingOf, noNextWords, reasonOf, sinceOf, stateView } from "./words";

/** A page of jobs. What was done to one of them is told above. */
export function JobsTable({ workspace, jobs }: { workspace: string; jobs: Job[] }) {
  const [started, setStarted] = useState<{ job: Job; run: Run } | null>(null);
  const change = useSwitchTriggers(workspace);
  return (
    <>
      {started ? (
        <div className="p-2">
          <Notice tone="running">
            {started.job.name} was asked to run:{" "}
            <Link className="underline" to={paths.run(workspace, started.run.run_id)}>
              the run
            </Link>
          </Notice>
        </div>
      ) : null}
      {change.isError ? (
        <ErrorState compact title={`${change.variables?.job} was not changed`} error={change.error} />
      ) : null}
      <Table label="Jobs" className="max-h-[calc(100dvh-13rem)]">
        <Heads columns={["Job", "State", "Last runs", "Next time", "Owner", "Tags"]} actions />
        <tbody>
          {jobs.map((job) => (
            <Row
              key={job.key}
              workspace={workspace}
              job={job}
              onStarted={(run) => setStarted({ job, run })}
              onSwitch={(triggers, to) => change.mutate({ job: job.key, triggers, to })}
            />
          ))}
        </tbody>
      </Table>
    </>
  );
}

interface RowProps {
  workspace: string;
  job: Job;
  onStarted: (run: Run) => void;
  onSwitch: (triggers: number[], to: "pause" | "resume") => void;
}

function Row({ workspace, job, onStarted, onSwitch }: RowProps) {
  return (
    <tr className="hover:bg-hover">
      <Td className="min-w-44">
        <Link className="font-medium hover:underline" to={paths.job(workspace, job.key)}>
          {job.name}
        </Link>
        <span className="block font-mono text-xs text-faint">{job.key}</span>
      </Td>
      <Td className="max-w-56 min-w-32">
        <State job={job} />
      </Td>
      <Td className="min-w-36">
        <RunBars workspace={workspace} runs={job.last_runs} name={job.name} />
      </Td>
      <Td className="min-w-44">
        <Next coming={comingOf(job)} none={noNextWords(job)} />
      </Td>
      <Td>{job.owner || <span className="text-faint">nobody</span>}</Td>
      <Td className="text-muted">{job.tags.join(", ")}</Td>
      <Td className="w-px">
        <span className="flex items-center justify-end gap-1">
          <RunNow workspace={workspace} job={job} onStarted={onStarted} />
          <Menu workspace={workspace} job={job} onSwitch={onSwitch} />
        </span>
      </Td>
    </tr>
  );
}

/** State in a word, and why and since when it is not live. */
export function State({ job }: { job: Job }) {
  const reason = reasonOf(job);
  const since = sinceOf(job);
  return (
    <>
      <StatusWord status={stateView(job.state)} title={reason ?? undefined} />
      {since && job.state === "applying" ? (
        <span className="block text-xs text-muted">
          since <Ago at={since} />
        </span>
      ) : null}
      {reason && (job.state === "failed" || job.state === "unknown") ? (
        <span className="line-clamp-3 text-xs break-words text-muted">{reason}</span>
      ) : null}
    </>
  );
}

function Menu({ workspace, job, onSwitch }: Omit<RowProps, "onStarted">) {
  const navigate = useNavigate();
  const edit = useMay("job:edit", workspace);
  const archived = job.archived_at === null ? null : "The job is archived.";
  const those = (to: "pause" | "resume") => job.triggers.filter((one) => canSwitch(one, to));
  const denied = (to: "pause" | "resume", none: string) =>
    edit.why ?? archived ?? (those(to).length === 0 ? none : null);
  const ids = (to: "pause" | "resume") => those(to).map((trigger) => trigger.id);
  return (
    <RowMenu label={`More for ${job.name}`}>
      <MenuItem
        denied={denied("pause", "No trigger is live.")}
        onSelect={() => onSwitch(ids("pause"), "pause")}
      >
        <Pause size={14} aria-hidden />
        Pause its triggers
      </MenuItem>
      <MenuItem
        denied={denied("resume", "No trigger is paused.")}
        onSelect={() => onSwitch(ids("resume"), "resume")}
      >
        <Play size={14} aria-hidden />
        Resume its triggers
      </MenuItem>
      <MenuItem denied={edit.why ?? archived} onSelect={() => navigate(paths.editJob(workspace, job.key))}>
        <Pencil size={14} aria-hidden />
        Edit
      </MenuItem>
      <MenuItem denied={edit.why} onSelect={() => navigate(paths.newJob(workspace, { like: job.key }))}>
        <Copy size={14} aria-hidden />
        Duplicate
      </MenuItem>
    </RowMenu>
  );
}
