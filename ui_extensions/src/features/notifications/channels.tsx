import { useQuery } from "@tanstack/react-query";
import { Plus, Send } from "lucide-react";
import { useState } from "react";
import { useMay } from "@/api/access";
import type { Channel } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Confirm } from "@/components/ui/dialog";
import { EmptyState, ErrorState } from "@/components/ui/feedback";
import { ListPanel } from "@/components/ui/list-panel";
import { Section } from "@/components/ui/page";
import { StatusWord } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { Ago } from "@/components/ui/time";
import { ChannelDialog } from "./channel-dialog";
import { channelsQuery, useRemoveChannel, useSaveChannel, useTestChannel } from "./queries";
import { KINDS } from "./words";

type Doing = { kind: "add" } | { kind: "change" | "remove"; channel: Channel };

/** Where messages go. */
export function Channels({ workspace }: { workspace: string }) {
  const channels = useQuery(channelsQuery(workspace));
  const edit = useMay("notification:edit", workspace);
  const [doing, setDoing] = useState<Doing | null>(null);
  const close = () => setDoing(null);
  const mails = channels.data?.has_mail_server ?? false;
  const add = (
    <Button look="primary" denied={edit.why} onClick={() => setDoing({ kind: "add" })}>
      <Plus size={14} aria-hidden />
      New channel
    </Button>
  );
  return (
    <Section title="Channels" actions={add}>
      <ListPanel
        query={channels}
        what="the channels"
        empty={
          <EmptyState title="There is no channel yet">
            A channel is where messages go: a mailbox, a room in Slack or Teams, a webhook of yours.
          </EmptyState>
        }
      >
        {(items) => (
          <Table label="Channels">
            <Heads columns={["Channel", "Leads to", "State", "Rules", "Changed"]} actions />
            <tbody>
              {items.map((one) => (
                <Row key={one.id} workspace={workspace} channel={one} denied={edit.why} onDo={setDoing} />
              ))}
            </tbody>
          </Table>
        )}
      </ListPanel>
      {doing?.kind === "add" ? (
        <ChannelDialog workspace={workspace} channel={null} mails={mails} onClose={close} />
      ) : null}
      {doing?.kind === "change" ? (
        <ChannelDialog workspace={workspace} channel={doing.channel} mails={mails} onClose={close} />
      ) : null}
      {doing?.kind === "remove" ? (
        <Remove workspace={workspace} channel={doing.channel} onClose={close} />
      ) : null}
    </Section>
  );
}

interface RowProps {
  workspace: string;
  channel: Channel;
  denied: string | null;
  onDo: (doing: Doing) => void;
}

function Row({ workspace, channel, denied, onDo }: RowProps) {
  const test = useTestChannel(workspace);
  const save = useSaveChannel(workspace, channel.id);
  const { name, enabled } = channel;
  return (
    <tr className="hover:bg-hover">
      <Td className="min-w-40 font-medium">
        {name}
        <span className="block text-xs font-normal text-faint">{KINDS[channel.kind].label}</span>
      </Td>
      <Td className="max-w-72 break-words text-muted">{channel.leads_to}</Td>
      <Td className="max-w-80">
        <StatusWord
          status={enabled ? { tone: "ok", label: "On" } : { tone: "unknown", label: "Off: told nothing" }}
        />
        <TestResult test={test} />
        {save.isError ? <ErrorState compact title="It was not changed" error={save.error} /> : null}
      </Td>
      <Td numeric>{channel.rules}</Td>
      <Td className="text-muted">
        <Ago at={channel.updated_at} /> by {channel.updated_by}
      </Td>
      <Td className="text-right whitespace-nowrap">
        <Button
          look="quiet"
          denied={denied}
          disabled={test.isPending}
          aria-label={`Test ${name}`}
          onClick={() => test.mutate(channel.id)}
        >
          <Send size={13} aria-hidden />
          {test.isPending ? "Sending" : "Test"}
        </Button>
        <Button
          look="quiet"
          denied={denied}
          disabled={save.isPending}
          aria-label={`Turn ${name} ${enabled ? "off" : "on"}`}
          onClick={() => save.mutate({ enabled: !enabled })}
        >
          {enabled ? "Turn off" : "Turn on"}
        </Button>
        <Button
          look="quiet"
          denied={denied}
          aria-label={`Change ${name}`}
          onClick={() => onDo({ kind: "change", channel })}
        >
          Change
        </Button>
        <Button
          look="quiet"
          denied={denied}
          aria-label={`Remove ${name}`}
          onClick={() => onDo({ kind: "remove", channel })}
        >
          Remove
        </Button>
      </Td>
    </tr>
  );
}

/** How the last test went, as long as the page is open. */
function TestResult({ test }: { test: ReturnType<typeof useTestChannel> }) {
  if (test.isError) return <ErrorState compact title="It could not be tested" error={test.error} />;
  if (!test.data) return null;
  const { delivered, error, seconds } = test.data;
  return (
    <p role="status" className="mt-1 text-sm break-words">
      <StatusWord
        status={
          delivered ? { tone: "ok", label: "The test was taken" } : { tone: "failed", label: "Not taken" }
        }
      />{" "}
      <span className="text-muted">{delivered ? `after ${seconds.toFixed(1)} s` : error}</span>
    </p>
  );
}

function Remove({
  workspace,
  channel,
  onClose,
}: {
  workspace: string;
  channel: Channel;
  onClose: () => void;
}) {
  const remove = useRemoveChannel(workspace);
  return (
    <Confirm
      open
      onClose={onClose}
      title={`Remove ${channel.name}?`}
      action="Remove"
      busy={remove.isPending}
      onConfirm={() => remove.mutate(channel.id, { onSuccess: onClose })}
    >
      <p>
        What still waits for it is given up. The log of what was delivered stays. Its address cannot be
        brought back.
      </p>
      {remove.isError ? <ErrorState compact title="It was not removed" error={remove.error} /> : null}
    </Confirm>
  );
}
