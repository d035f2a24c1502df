import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import type { LogLine } from "@/api/types";
import { logMatchesQuery } from "./log-queries";
import { filterLines, isOpenFilter, type LogFilter, type LogSnapshot } from "./log-store";

/** So many matches are held; the next ones begin a list of their own. */
export const MOST_MATCHES = 5_000;

/** What the log shows: every line by its number, or those that a filter lets through. */
export interface LogRows {
  kind: "whole" | "matches";
  count: number;
  lineAt: (index: number) => LogLine | undefined;
  /** Lines from one index to another are in sight. */
  want: (first: number, last: number) => void;
  /** How far the log was looked through; null: all of it. */
  lookedTo: number | null;
  /** So many matches are held that the next ones need a list of their own, from this line on. */
  next: number | null;
  busy: boolean;
  error: unknown;
}

interface Wanted {
  workspace: string;
  runId: string;
  log: LogSnapshot;
  filter: LogFilter;
  /** Number of the first line that is shown of the whole. */
  base: number;
  /** Number of the first line that is looked through for matches. */
  first: number;
  /** How many lines of the whole are shown at most. */
  limit: number;
  /** Whether new matches are looked for as lines come. */
  follow: boolean;
}

export function useLogRows({ workspace, runId, log, filter, base, first, limit, follow }: Wanted): LogRows {
  const open = isOpenFilter(filter, log.levels);
  const lines = useMemo(() => (open ? null : log.store.allLines()), [open, log]);
  const shown = useMemo(() => (lines ? filterLines(lines, filter) : null), [lines, filter]);
  const asked = useInfiniteQuery({
    ...logMatchesQuery({ workspace, runId, filter, first }),
    // A log that is short is filtered here; so is none that is shown whole.
    enabled: !open && shown === null && log.total > 0,
    placeholderData: keepPreviousData,
  });
  const pages = asked.data?.pages;
  const found = useMemo(() => pages?.flatMap((page) => page.items) ?? [], [pages]);
  const next = pages?.at(-1)?.next_line ?? first;
  const left = next <= log.total;
  const full = found.length >= MOST_MATCHES;
  const { fetchNextPage, isFetching, isError } = asked;
  const eager = !open && !shown && pages !== undefined && left && !full && !isFetching && !isError;
  // A rare word is found without scrolling, and a new match without asking.
  const onwards = eager && (found.length < FIRST_VIEW || follow);
  useEffect(() => {
    if (!onwards) return;
    const timer = setTimeout(() => void fetchNextPage(), PAUSE_MILLISECONDS);
    return () => clearTimeout(timer);
  }, [onwards, fetchNextPage]);
  if (open) return wholeRows(log, base, limit);
  if (shown) return { ...NOTHING, count: shown.length, lineAt: (index) => shown[index] };
  return {
    kind: "matches",
    count: found.length,
    lineAt: (index) => found[index],
    want: (_, last) => {
      if (eager && last >= found.length - 1) void fetchNextPage();
    },
    lookedTo: left ? next - 1 : null,
    next: left && full ? next : null,
    busy: isFetching || onwards,
    error: asked.error,
  };
}

const FIRST_VIEW = 100;
const PAUSE_MILLISECONDS = 250;
const NOTHING = {
  kind: "matches" as const,
  want: () => {},
  lookedTo: null,
  next: null,
  busy: false,
  error: null,
};

function wholeRows(log: LogSnapshot, first: number, limit: number): LogRows {
  return {
    ...NOTHING,
    kind: "whole",
    count: Math.max(0, Math.min(limit, log.total - first + 1)),
    lineAt: (index) => log.store.lineAt(first + index),
    want: (from, to) => log.store.want(first + from, first + to),
    error: log.problem,
  };
}
