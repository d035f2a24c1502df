import { keepPreviousData, queryOptions, useMutation, useQueryClient } from "@tanstack/react-query";
import { client } from "@/api/client";
import { unwrap } from "@/api/errors";
import { keys } from "@/api/keys";
import type {
  ChannelChange,
  ChannelRequest,
  DeliveryState,
  NotificationEvent,
  PreviewRequest,
  RuleChange,
  RuleRequest,
} from "@/api/types";

export const PAGE_SIZE = 50;
const LIVE_MILLISECONDS = 5_000;
const CHANNELS = "/api/workspaces/{workspace}/notifications/channels";
const CHANNEL = `${CHANNELS}/{channel_id}` as const;
const RULES = "/api/workspaces/{workspace}/notifications/rules";
const RULE = `${RULES}/{rule_id}` as const;
const DELIVERIES = "/api/workspaces/{workspace}/notifications/deliveries";

export const channelsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [...keys.notifications(workspace), "channels"],
    queryFn: ({ signal }) => unwrap(client.GET(CHANNELS, { params: { path: { workspace } }, signal })),
  });

export const rulesQuery = (workspace: string) =>
  queryOptions({
    queryKey: [...keys.notifications(workspace), "rules"],
    queryFn: ({ signal }) => unwrap(client.GET(RULES, { params: { path: { workspace } }, signal })),
  });

/** What rules can filter by, and our own templates. */
export const ruleOptionsQuery = (workspace: string) =>
  queryOptions({
    queryKey: [...keys.notifications(workspace), "options"],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET("/api/workspaces/{workspace}/notifications/options", {
          params: { path: { workspace } },
          signal,
        }),
      ),
  });

export interface DeliveriesWanted {
  state: DeliveryState | null;
  channel: number | null;
  event: NotificationEvent | null;
  run: string | null;
  cursor: string;
}

/** The log. It is looked at again by itself: what is sent is seen to arrive. */
export const deliveriesQuery = (workspace: string, wanted: DeliveriesWanted) =>
  queryOptions({
    queryKey: [...keys.notifications(workspace), "deliveries", wanted],
    queryFn: ({ signal }) =>
      unwrap(
        client.GET(DELIVERIES, {
          params: {
            path: { workspace },
            query: {
              limit: PAGE_SIZE,
              ...(wanted.state ? { state: [wanted.state] } : {}),
              ...(wanted.channel ? { channel: wanted.channel } : {}),
              ...(wanted.event ? { event: wanted.event } : {}),
              ...(wanted.run ? { run: wanted.run } : {}),
              ...(wanted.cursor ? { cursor: wanted.cursor } : {}),
            },
          },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: LIVE_MILLISECONDS,
  });

function useChanged(workspace: string) {
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: keys.notifications(workspace) });
}

/** Makes a channel, or with an id changes one. What it is reached by is in no memory of the page afterwards. */
export const useSaveChannel = (workspace: string, id: number | null) =>
  useMutation({
    mutationFn: (body: ChannelRequest | ChannelChange) =>
      id === null
        ? unwrap(client.POST(CHANNELS, { params: { path: { workspace } }, body: body as ChannelRequest }))
        : unwrap(client.PATCH(CHANNEL, { params: { path: { workspace, channel_id: id } }, body })),
    onSuccess: useChanged(workspace),
    gcTime: 0,
  });

export const useRemoveChannel = (workspace: string) =>
  useMutation({
    mutationFn: (id: number) =>
      unwrap(client.DELETE(CHANNEL, { params: { path: { workspace, channel_id: id } } })),
    onSuccess: useChanged(workspace),
  });

export const useTestChannel = (workspace: string) =>
  useMutation({
    mutationFn: (id: number) =>
      unwrap(client.POST(`${CHANNEL}/test`, { params: { path: { workspace, channel_id: id } } })),
  });

export const useSaveRule = (workspace: string, id: number | null) =>
  useMutation({
    mutationFn: (body: RuleRequest | RuleChange) =>
      id === null
        ? unwrap(client.POST(RULES, { params: { path: { workspace } }, body: body as RuleRequest }))
        : unwrap(client.PATCH(RULE, { params: { path: { workspace, rule_id: id } }, body })),
    onSuccess: useChanged(workspace),
  });

export const useRemoveRule = (workspace: string) =>
  useMutation({
    mutationFn: (id: number) => unwrap(client.DELETE(RULE, { params: { path: { workspace, rule_id: id } } })),
    onSuccess: useChanged(workspace),
  });

/** The message about an example, by these templates. */
export const previewQuery = (workspace: string, body: PreviewRequest) =>
  queryOptions({
    queryKey: [...keys.notifications(workspace), "preview", body],
    queryFn: ({ signal }) =>
      unwrap(client.POST(`${RULES}/preview`, { params: { path: { workspace } }, body, signal })),
    placeholderData: keepPreviousData,
    retry: false,
  });

export const useSendAgain = (workspace: string) =>
  useMutation({
    mutationFn: (id: string) =>
      unwrap(
        client.POST(`${DELIVERIES}/{delivery_id}/retry`, {
          params: { path: { workspace, delivery_id: id } },
        }),
      ),
    onSuccess: useChanged(workspace),
  });
