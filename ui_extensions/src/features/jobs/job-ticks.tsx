import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import type { Job, JobTick } from "@/api/types";
import { EmptyState } from "@/components/ui/feedback";
import { FilterSelect } from "@/components/ui/field";
import { ListPanel } from "@/components/ui/list-panel";
import { Section } from "@/components/ui/page";
import { StatusWord } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { CheckField } from "@/components/ui/text-field";
import { Ago } from "@/components/ui/time";
import { paths } from "@/lib/paths";
import { formatExact } from "@/lib/time";
import { useUrlState } from "@/lib/url-state";
import { ticksQuery } from "./queries";
import { outcomesOf } from "./words";

/** Each time that Dagster looked at a trigger, and what came of it. */
export function JobTicks({ workspace, job }: { workspace: string; job: Job }) {
  const { params, patch } = useUrlState();
  const chosen = job.triggers.find((one) => String(one.id) === params.get("trigger")) ?? null;
  const idle = params.get("idle") === "1";
  const ticks = useQuery(ticksQuery(workspace, job.key, { trigger: chosen?.id ?? null, idle }));
  if (job.triggers.length === 0) return null;
  return (
    <Section
      title="Ticks"
      actions={
        <div className="flex flex-wrap items-center gap-3">
          {job.triggers.length > 1 ? (
            <FilterSelect
              label="Trigger of the ticks"
              value={chosen === null ? "" : String(chosen.id)}
              onChange={(trigger) => patch({ trigger }, { replace: true })}
              options={[
                { value: "", label: "Any trigger" },
                ...job.triggers.map((one) => ({ value: String(one.id), label: one.words })),
              ]}
              className="max-w-64"
            />
          ) : null}
          <CheckField
            label="Also looks that found nothing"
            checked={idle}
            onChange={(on) => patch({ idle: on ? 1 : null }, { replace: true })}
          />
        </div>
      }
    >
      <ListPanel
        query={ticks}
        what="the ticks"
        compact
        empty={<EmptyState title="Nothing has come of its triggers yet" />}
      >
        {(items) => <TickTable workspace={workspace} job={job} ticks={items} />}
      </ListPanel>
    </Section>
  );
}

function TickTable({ workspace, job, ticks }: { workspace: string; job: Job; ticks: JobTick[] }) {
  const words = (tick: JobTick) => job.triggers.find((one) => one.id === tick.trigger_id)?.words ?? tick.kind;
  return (
    <Table label="Ticks" className="max-h-96">
      <Heads columns={["Time", "Trigger", "Outcome", "Runs"]} />
      <tbody>
        {ticks.map((tick) => (
          <tr key={`${tick.trigger_id}-${tick.at}`} className="hover:bg-hover">
            <Td className="text-muted">
              <Ago at={tick.at} />
            </Td>
            <Td className="min-w-36 text-muted">{words(tick)}</Td>
            <Td className="min-w-56">
              <Outcomes tick={tick} />
            </Td>
            <Td>
              {tick.run_ids.length === 0 ? <span className="text-faint">none</span> : null}
              {tick.run_ids.map((runId) => (
                <Link
                  key={runId}
                  to={paths.run(workspace, runId)}
                  title={runId}
                  className="mr-2 font-mono text-xs underline"
                >
                  {runId.slice(0, 8)}
                </Link>
              ))}
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}

function Outcomes({ tick }: { tick: JobTick }) {
  return (
    <ul>
      {outcomesOf(tick).map((one) => (
        <li key={one.dueAt ?? "whole"} className="flex flex-wrap items-baseline gap-x-2">
          <StatusWord status={one.view} />
          {one.dueAt ? (
            <span className="text-xs text-muted">
              due <time dateTime={one.dueAt}>{formatExact(one.dueAt)}</time>
            </span>
          ) : null}
          {one.reason ? <span className="min-w-0 text-sm break-words text-muted">{one.reason}</span> : null}
        </li>
      ))}
    </ul>
  );
}
