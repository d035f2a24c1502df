import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import type { Channel, Job, Rule } from "@/api/types";
import { Button } from "@/components/ui/button";
import { EmptyState } from "@/components/ui/feedback";
import { ListPanel } from "@/components/ui/list-panel";
import { Section } from "@/components/ui/page";
import { StatusWord } from "@/components/ui/status";
import { paths } from "@/lib/paths";
import { channelsQuery, rulesQuery } from "./queries";
import { RuleDialog } from "./rule-dialog";
import { filtersOf } from "./rules";
import { eventLabel, isAboutJob } from "./words";

/** Who is told of a job: the rules that are about it, and a way to make one. */
export function JobRules({ workspace, job }: { workspace: string; job: Job }) {
  const rules = useQuery({
    ...rulesQuery(workspace),
    select: ({ items }) => {
      const about = items.filter((rule) => isAboutJob(rule, job));
      return { items: about, total: about.length };
    },
  });
  const channels = useQuery(channelsQuery(workspace));
  const edit = useMay("notification:edit", workspace);
  const [adding, setAdding] = useState(false);
  const known = channels.data?.items ?? [];
  const without =
    channels.data?.total === 0 ? "Make a channel first, under Notifications: a rule tells somebody." : null;
  return (
    <Section
      title="Who is told"
      actions={
        <Button denied={edit.why ?? without} onClick={() => setAdding(true)}>
          <Plus size={14} aria-hidden />
          Tell somebody
        </Button>
      }
    >
      <ListPanel
        query={rules}
        what="the rules of notifications"
        empty={
          <EmptyState title="Nobody is told of this job">
            No rule of <Link to={paths.notifications(workspace, { tab: "rules" })}>Notifications</Link> is
            about it.
          </EmptyState>
        }
      >
        {(items) => (
          <ul>
            {items.map((rule) => (
              <li key={rule.id} className="border-b p-3 last:border-b-0">
                <RuleLine workspace={workspace} rule={rule} channels={known} />
              </li>
            ))}
          </ul>
        )}
      </ListPanel>
      {adding ? (
        <RuleDialog
          workspace={workspace}
          rule={null}
          about={{ job: job.key, name: job.name }}
          channels={known}
          onClose={() => setAdding(false)}
        />
      ) : null}
    </Section>
  );
}

function RuleLine({ workspace, rule, channels }: { workspace: string; rule: Rule; channels: Channel[] }) {
  const told = rule.channels.map((id) => {
    const channel = channels.find((one) => one.id === id);
    if (!channel) return `channel ${id}`;
    return channel.enabled ? channel.name : `${channel.name} (off)`;
  });
  return (
    <>
      <p className="flex flex-wrap items-center justify-between gap-2">
        <Link className="font-medium" to={paths.notifications(workspace, { tab: "rules" })}>
          {rule.name}
        </Link>
        {rule.enabled ? null : <StatusWord status={{ tone: "unknown", label: "Off" }} />}
      </p>
      <p className="text-sm">{rule.events.map(eventLabel).join(", ")}</p>
      <p className="text-sm text-muted">
        {filtersOf(rule)}, to {told.join(", ")}
      </p>
    </>
  );
}
