import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { keys } from "@/api/keys";
import { type LogListener, LogStream } from "@/api/log-stream";
import type { LogPage } from "@/api/types";
import { LOG_PAGE, readLogPage } from "./log-queries";
import { type LogSnapshot, LogStore } from "./log-store";
import { logStreamUrl } from "./queries";

const REFRESH_MILLISECONDS = 1_000;

/** A run's log: pages of what there is as they come in sight, and from there on the live stream to its end. */
export function useRunLog(workspace: string, runId: string): LogSnapshot {
  const queries = useQueryClient();
  const [store, setStore] = useState(() => storeOf(workspace, runId));

  useEffect(() => {
    const fresh = storeOf(workspace, runId);
    setStore(fresh);
    return follow({ workspace, runId, store: fresh, queries });
  }, [workspace, runId, queries]);

  return useSyncExternalStore(store.subscribe, store.getSnapshot);
}

const storeOf = (workspace: string, runId: string) =>
  new LogStore((from, limit) => readLogPage(workspace, runId, { from, limit }));

interface Following {
  workspace: string;
  runId: string;
  store: LogStore;
  queries: QueryClient;
}

/** Fills the store until the log ends. Returns what stops it. */
function follow({ workspace, runId, store, queries }: Following): () => void {
  const controller = new AbortController();
  const { listener, stop } = refreshing({ workspace, runId, store, queries });
  let stream: LogStream | null = null;

  const openStream = (from: number) => {
    if (controller.signal.aborted) return;
    stream = new LogStream({ url: logStreamUrl(workspace, runId), listener, from });
    stream.start();
  };
  const begin = (page: LogPage) => {
    if (controller.signal.aborted) return;
    store.take(page);
    if (page.ended) store.setConnection("ended");
    else openStream((page.total ?? page.next_line - 1) + 1);
  };
  // The stream asks again by itself until it gets an answer.
  readLogPage(workspace, runId, { from: 1, limit: LOG_PAGE }, controller.signal).then(begin, () =>
    openStream(1),
  );
  return () => {
    controller.abort();
    stream?.close();
    stop();
  };
}

/**
 * What the stream tells about the run makes the run's other queries come again: soon after a line of a node, at once
 * when the status changes or the run ends.
 */
function refreshing({ workspace, runId, store, queries }: Following): {
  listener: LogListener;
  stop: () => void;
} {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const refreshRun = () => void queries.invalidateQueries({ queryKey: keys.run(workspace, runId) });
  const refreshSoon = () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      refreshRun();
    }, REFRESH_MILLISECONDS);
  };
  const listener: LogListener = {
    onLines: (lines) => {
      store.append(lines);
      if (lines.some((line) => line.unique_id)) refreshSoon();
    },
    onStatus: refreshRun,
    onEnd: () => {
      refreshRun();
      void queries.invalidateQueries({ queryKey: keys.workspace(workspace) });
    },
    onConnection: (connection) => store.setConnection(connection),
    onRefused: (error) => store.setRefusal(error),
  };
  return { listener, stop: () => clearTimeout(timer) };
}
