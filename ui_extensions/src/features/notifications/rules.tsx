import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/api/access";
import type { Channel, Rule } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { EmptyState, ErrorState } from "@/components/ui/feedback";
import { ListPanel } from "@/components/ui/list-panel";
import { Section } from "@/components/ui/page";
import { StatusWord } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { Ago } from "@/components/ui/time";
import { channelsQuery, rulesQuery, useRemoveRule, useSaveRule } from "./queries";
import { RuleDialog } from "./rule-dialog";
import { eventLabel } from "./words";

type Doing = { kind: "add" } | { kind: "change" | "remove"; rule: Rule };

/** Which events are told to which channels. */
export function Rules({ workspace }: { workspace: string }) {
  const rules = useQuery(rulesQuery(workspace));
  const channels = useQuery(channelsQuery(workspace));
  const edit = useMay("notification:edit", workspace);
  const [doing, setDoing] = useState<Doing | null>(null);
  const close = () => setDoing(null);
  const known = channels.data?.items ?? [];
  const without = known.length === 0 ? "Make a channel first: a rule tells somebody." : null;
  return (
    <Section
      title="Rules"
      actions={
        <Button look="primary" denied={edit.why ?? without} onClick={() => setDoing({ kind: "add" })}>
          <Plus size={14} aria-hidden />
          New rule
        </Button>
      }
    >
      <ListPanel
        query={rules}
        what="the rules"
        empty={
          <EmptyState title="There is no rule yet">
            A rule says which events are told to which channels. Without one, nobody is told anything.
          </EmptyState>
        }
      >
        {(items) => (
          <Table label="Rules">
            <Heads columns={["Rule", "Tells of", "Only", "To", "Changed"]} actions />
            <tbody>
              {items.map((one) => (
                <Row
                  key={one.id}
                  workspace={workspace}
                  rule={one}
                  channels={known}
                  denied={edit.why}
                  onDo={setDoing}
                />
              ))}
            </tbody>
          </Table>
        )}
      </ListPanel>
      {doing?.kind === "add" ? (
        <RuleDialog workspace={workspace} rule={null} channels={known} onClose={close} />
      ) : null}
      {doing?.kind === "change" ? (
        <RuleDialog workspace={workspace} rule={doing.rule} channels={known} onClose={close} />
      ) : null}
      {doing?.kind === "remove" ? <Remove workspace={workspace} rule={doing.rule} onClose={close} /> : null}
    </Section>
  );
}

interface RowProps {
  workspace: string;
  rule: Rule;
  channels: Channel[];
  denied: string | null;
  onDo: (doing: Doing) => void;
}

function Row({ workspace, rule, channels, denied, onDo }: RowProps) {
  const save = useSaveRule(workspace, rule.id);
  const names = rule.channels.map((id) => channels.find((one) => one.id === id)?.name ?? `channel ${id}`);
  return (
    <tr className="hover:bg-hover">
      <Td className="min-w-40 font-medium">
        {rule.name}
        <span className="block font-normal">
          <StatusWord
            status={rule.enabled ? { tone: "ok", label: "On" } : { tone: "unknown", label: "Off" }}
          />
        </span>
        {save.isError ? <ErrorState compact title="It was not changed" error={save.error} /> : null}
      </Td>
      <Td className="max-w-80">
        {rule.events.map(eventLabel).join(", ")}
        {rule.every_attempt ? (
          <span className="block text-xs text-faint">every attempt that failed</span>
        ) : null}
        {rule.title_template || rule.body_template ? (
          <span className="block text-xs text-faint">in its own words</span>
        ) : null}
      </Td>
      <Td className="text-muted">{filtersOf(rule)}</Td>
      <Td className="text-muted">{names.join(", ")}</Td>
      <Td className="text-muted">
        <Ago at={rule.updated_at} /> by {rule.updated_by}
      </Td>
      <Td className="text-right whitespace-nowrap">
        <Button
          look="quiet"
          denied={denied}
          disabled={save.isPending}
          aria-label={`Turn ${rule.name} ${rule.enabled ? "off" : "on"}`}
          onClick={() => save.mutate({ enabled: !rule.enabled })}
        >
          {rule.enabled ? "Turn off" : "Turn on"}
        </Button>
        <Button
          look="quiet"
          denied={denied}
          aria-label={`Change ${rule.name}`}
          onClick={() => onDo({ kind: "change", rule })}
        >
          Change
        </Button>
        <Button
          look="quiet"
          denied={denied}
          aria-label={`Remove ${rule.name}`}
          onClick={() => onDo({ kind: "remove", rule })}
        >
          Remove
        </Button>
      </Td>
    </tr>
  );
}

/** What a rule lets through, in words. */
export function filtersOf(rule: Rule): string {
  const found = [
    rule.job ? `job ${rule.job}` : null,
    rule.tag ? `tag ${rule.tag}` : null,
    rule.owner ? `owner ${rule.owner}` : null,
    rule.environment ? `environment ${rule.environment}` : null,
  ].filter((one) => one !== null);
  return found.length === 0 ? "everything" : found.join(", ");
}

function Remove({ workspace, rule, onClose }: { workspace: string; rule: Rule; onClose: () => void }) {
  const remove = useRemoveRule(workspace);
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Remove ${rule.name}?`}
      action="Remove"
      busy={remove.isPending}
      onConfirm={() => remove.mutate(rule.id, { onSuccess: onClose })}
    >
      <p>What it asked for before is still delivered. From now on it tells nobody.</p>
      {remove.isError ? <ErrorState compact title="It was not removed" error={remove.error} /> : null}
    </Confirm>
  );
}
