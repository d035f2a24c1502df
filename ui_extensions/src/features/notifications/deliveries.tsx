import { useQuery } from "@tanstack/react-query";
import { RotateCcw } from "lucide-react";
import { useState } from "react";
import { Link } from "react-router";
import { useMay } from "@/api/access";
import { describeError } from "@/api/errors";
import type { Delivery, NotificationEvent } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Dialog } from "@/components/ui/dialog";
import { EmptyState } from "@/components/ui/feedback";
import { FilterSelect } from "@/components/ui/field";
import { ListPanel } from "@/components/ui/list-panel";
import { Segmented } from "@/components/ui/segmented";
import { StatusWord } from "@/components/ui/status";
import { Heads, Table, Td } from "@/components/ui/table";
import { Ago } from "@/components/ui/time";
import { paths } from "@/lib/paths";
import { useUrlState } from "@/lib/url-state";
import { channelsQuery, deliveriesQuery, PAGE_SIZE, useSendAgain } from "./queries";
import { deliveryState, EVENTS, eventLabel, STATE_NAMES } from "./words";

/** What was told to whom, and whether it arrived. */
export function Deliveries({ workspace }: { workspace: string }) {
  const { params, patch } = useUrlState();
  const events = Object.keys(EVENTS) as NotificationEvent[];
  const wanted = {
    state: STATE_NAMES.find((one) => one === params.get("state")) ?? null,
    channel: Number(params.get("channel")) || null,
    event: events.find((one) => one === params.get("event")) ?? null,
    run: params.get("run"),
    cursor: params.get("cursor") ?? "",
  };
  const list = useQuery(deliveriesQuery(workspace, wanted));
  const channels = useQuery(channelsQuery(workspace));
  const [shown, setShown] = useState<Delivery | null>(null);
  const filter = (change: Record<string, string | null>) => patch({ ...change, cursor: null, page: null });
  const filtered = Boolean(wanted.state || wanted.channel || wanted.event || wanted.run);
  const clear = () => filter({ state: null, channel: null, event: null, run: null });
  return (
    <div className="flex flex-col gap-2.5">
      <div className="flex flex-wrap items-center gap-2">
        <Segmented
          label="State"
          value={wanted.state ?? ""}
          options={[
            { value: "", label: "all" },
            ...STATE_NAMES.map((value) => ({
              value,
              label: deliveryState(value).label.toLowerCase(),
              count: list.data?.states[value],
            })),
          ]}
          onChange={(state) => filter({ state: state || null })}
        />
        <FilterSelect
          label="Channel"
          className="w-44"
          value={wanted.channel ? String(wanted.channel) : ""}
          onChange={(channel) => filter({ channel: channel || null })}
          options={[
            { value: "", label: "every channel" },
            ...(channels.data?.items ?? []).map((one) => ({ value: String(one.id), label: one.name })),
          ]}
        />
        <FilterSelect
          label="Event"
          className="w-52"
          value={wanted.event ?? ""}
          onChange={(event) => filter({ event: event || null })}
          options={[
            { value: "", label: "every event" },
            ...events.map((value) => ({ value, label: eventLabel(value) })),
          ]}
        />
        {wanted.run ? (
          <Button look="quiet" onClick={() => filter({ run: null })}>
            of one run: show all
          </Button>
        ) : null}
      </div>
      <ListPanel
        query={list}
        what="the deliveries"
        pageSize={PAGE_SIZE}
        empty={<NoDeliveries filtered={filtered} clear={clear} />}
      >
        {(items) => (
          <Table label="Deliveries">
            <Heads columns={["State", "Message", "Event", "Channel", "Attempts", "Noted"]} actions />
            <tbody>
              {items.map((one) => (
                <Row key={one.id} workspace={workspace} delivery={one} onShow={() => setShown(one)} />
              ))}
            </tbody>
          </Table>
        )}
      </ListPanel>
      {shown ? <Message delivery={shown} onClose={() => setShown(null)} /> : null}
    </div>
  );
}

function NoDeliveries({ filtered, clear }: { filtered: boolean; clear: () => void }) {
  if (filtered)
    return <EmptyState title="None is like that" action={<Button onClick={clear}>Show all</Button>} />;
  return (
    <EmptyState title="Nothing has been told yet">
      Make a channel, then a rule that says which events go there. What happens from then on is listed here.
    </EmptyState>
  );
}

interface RowProps {
  workspace: string;
  delivery: Delivery;
  onShow: () => void;
}

function Row({ workspace, delivery, onShow }: RowProps) {
  return (
    <tr className="hover:bg-hover">
      <Td className="max-w-72 min-w-40">
        <StatusWord status={deliveryState(delivery.state)} />
        {delivery.last_error ? <p className="text-xs break-words text-muted">{delivery.last_error}</p> : null}
        {delivery.state === "retrying" && delivery.next_at ? (
          <p className="text-xs text-faint">
            again <Ago at={delivery.next_at} />
          </p>
        ) : null}
      </Td>
      <Td className="max-w-md">
        <button type="button" className="text-left font-medium hover:underline" onClick={onShow}>
          {delivery.title}
        </button>
        {delivery.note ? <p className="text-xs break-words text-warning">{delivery.note}</p> : null}
      </Td>
      <Td className="text-muted">
        {delivery.run_id ? (
          <Link className="hover:underline" to={paths.run(workspace, delivery.run_id)}>
            {eventLabel(delivery.event)}
          </Link>
        ) : (
          eventLabel(delivery.event)
        )}
        <span className="block text-xs text-faint">by the rule {delivery.rule}</span>
      </Td>
      <Td className="text-muted">
        {delivery.channel}
        {delivery.channel_id === null ? <span className="block text-xs text-faint">removed</span> : null}
      </Td>
      <Td className="text-muted">
        {delivery.attempts} of {delivery.most_attempts}
      </Td>
      <Td className="text-muted">
        <Ago at={delivery.created_at} />
      </Td>
      <Td className="text-right whitespace-nowrap">
        {delivery.state === "dead" && delivery.channel_id !== null ? (
          <SendAgain workspace={workspace} delivery={delivery} />
        ) : null}
      </Td>
    </tr>
  );
}

function SendAgain({ workspace, delivery }: { workspace: string; delivery: Delivery }) {
  const again = useSendAgain(workspace);
  const edit = useMay("notification:edit", workspace);
  return (
    <>
      <Button
        look="quiet"
        denied={edit.why}
        disabled={again.isPending}
        aria-label={`Send again: ${delivery.title}`}
        onClick={() => again.mutate(delivery.id)}
      >
        <RotateCcw size={13} aria-hidden />
        Send again
      </Button>
      {again.isError ? (
        <p role="alert" className="text-xs text-failed">
          {describeError(again.error).message}
        </p>
      ) : null}
    </>
  );
}

/** A message as it is sent. */
function Message({ delivery, onClose }: { delivery: Delivery; onClose: () => void }) {
  return (
    <Dialog open wide onClose={onClose} title={delivery.title} description={`To ${delivery.channel}`}>
      <div className="overflow-y-auto px-4 pt-3 pb-4">
        <pre className="rounded-md border bg-surface p-3 font-sans text-sm break-words whitespace-pre-wrap">
          {delivery.body}
        </pre>
        <p className="mt-2 text-xs text-faint">
          Delivery <code className="font-mono select-all">{delivery.id}</code>
        </p>
      </div>
    </Dialog>
  );
}
