import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState, useSyncExternalStore } from "react";
import { keys } from "@/api/keys";
import { type LogListener, LogStream } from "@/api/log-stream";
import type { LogLine } from "@/api/types";
import { type LogSnapshot, LogStore } from "./log-store";
import { logStreamUrl, readLog } from "./queries";

const REFRESH_MILLISECONDS = 1_000;

/** A run's log from its first line to its end: what there is as pages, and from there on the live stream. */
export function useRunLog(workspace: string, runId: string): LogSnapshot {
  const queries = useQueryClient();
  const [store, setStore] = useState(() => new LogStore());

  useEffect(() => {
    const fresh = new LogStore();
    setStore(fresh);
    return follow({ workspace, runId, store: fresh, queries });
  }, [workspace, runId, queries]);

  return useSyncExternalStore(store.subscribe, store.getSnapshot);
}

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
  let next = 1;

  const take = (lines: LogLine[]) => {
    next = (lines.at(-1)?.line ?? next - 1) + 1;
    store.append(lines);
  };
  const openStream = () => {
    if (controller.signal.aborted) return;
    stream = new LogStream({ url: logStreamUrl(workspace, runId), listener, from: next });
    stream.start();
  };
  readLog(workspace, runId, take, controller.signal).then(
    ({ ended }) => (ended ? store.setConnection("ended") : openStream()),
    // The stream asks again by itself until it gets an answer.
    openStream,
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
