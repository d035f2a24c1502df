import { useVirtualizer } from "@tanstack/react-virtual";
import { type ReactNode, useEffect, useRef } from "react";
import type { LogLine } from "@/api/types";
import { cn } from "@/lib/cn";
import { useLatest } from "@/lib/hooks";
import { formatClock, formatExact } from "@/lib/time";

interface LogLinesProps {
  count: number;
  lineAt: (index: number) => LogLine | undefined;
  /** Called with what is in sight, so that it can be read. */
  onRange: (first: number, last: number) => void;
  /** The index to show first, once there is something to show. */
  showFirst: number | null;
  wrap: boolean;
  follow: boolean;
  onFollow: (follow: boolean) => void;
  selected: number | null;
  onSelect: (line: number | null) => void;
  empty: string;
  before?: ReactNode;
  after?: ReactNode;
}

const LINE_HEIGHT = 18;
const NEAR_END = 40;
const SETTLE_MILLISECONDS = 60;

const LEVEL_LOOK: Record<string, string> = {
  debug: "text-faint",
  warn: "bg-warning-soft text-warning",
  error: "bg-failed-soft text-failed",
};

/** Only the lines in sight are in the page, so that a million are as quick as a hundred. */
export function LogLines({
  count,
  lineAt,
  onRange,
  showFirst,
  wrap,
  follow,
  onFollow,
  ...rest
}: LogLinesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    // Long lines are measured when they come in sight.
    estimateSize: () => LINE_HEIGHT,
    overscan: 20,
  });
  const last = count - 1;
  const items = virtual.getVirtualItems();
  const from = items[0]?.index;
  const to = items.at(-1)?.index;
  const range = useLatest(onRange);

  useEffect(() => {
    if (from !== undefined && to !== undefined) range.current(from, to);
  }, [from, to, range]);
  useEffect(() => {
    if (follow && last >= 0) virtual.scrollToIndex(last, { align: "end" });
  }, [follow, last, virtual]);
  const shown = useRef(false);
  useEffect(() => {
    if (shown.current || showFirst === null || showFirst > last) return;
    const show = () => virtual.scrollToIndex(showFirst, { align: "center" });
    show();
    if (!lineAt(showFirst)) return;
    shown.current = true;
    // Once more when the lines around it have their true heights.
    setTimeout(show, SETTLE_MILLISECONDS);
  });

  const stopFollowing = () => {
    const box = scroller.current;
    if (follow && box && box.scrollHeight - box.scrollTop - box.clientHeight > NEAR_END) onFollow(false);
  };
  if (count === 0) return <p className="flex-1 px-3 py-6 text-center text-sm text-muted">{rest.empty}</p>;
  return (
    <div
      ref={scroller}
      onWheel={stopFollowing}
      onTouchMove={stopFollowing}
      onKeyUp={stopFollowing}
      role="log"
      aria-live="off"
      aria-label="Log lines"
      // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
      tabIndex={0}
      className="min-h-0 flex-1 overflow-auto bg-sunken py-1 font-mono text-xs -outline-offset-2"
    >
      {rest.before}
      <div className="relative w-full" style={{ height: virtual.getTotalSize() }}>
        {items.map((item) => {
          const line = lineAt(item.index);
          return (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              className={cn("absolute top-0 left-0", wrap ? "w-full" : "min-w-full")}
              style={{ transform: `translateY(${item.start}px)`, minHeight: LINE_HEIGHT }}
            >
              {line ? (
                <Line
                  line={line}
                  wrap={wrap}
                  selected={line.line === rest.selected}
                  onSelect={rest.onSelect}
                />
              ) : (
                <Coming />
              )}
            </div>
          );
        })}
      </div>
      {rest.after}
    </div>
  );
}

/** A line that is being read. */
function Coming() {
  return (
    <div aria-hidden className="flex h-[18px] items-center px-2">
      <span className="h-2 w-2/5 rounded-sm bg-hover" />
    </div>
  );
}

interface LineProps {
  line: LogLine;
  wrap: boolean;
  selected: boolean;
  onSelect: (line: number | null) => void;
}

function Line({ line, wrap, selected, onSelect }: LineProps) {
  return (
    <div
      className={cn(
        "flex gap-2 px-2 leading-[18px]",
        LEVEL_LOOK[line.level],
        selected && "bg-accent-soft text-ink",
      )}
    >
      <button
        type="button"
        tabIndex={-1}
        aria-label={`Line ${line.line}`}
        onClick={() => onSelect(selected ? null : line.line)}
        className="min-w-12 shrink-0 self-start text-right text-faint select-none hover:text-ink hover:underline"
      >
        {line.line}
      </button>
      <span
        className="shrink-0 text-faint select-none max-md:hidden"
        title={line.at ? formatExact(line.at) : undefined}
      >
        {formatClock(line.at)}
      </span>
      {line.level === "warn" || line.level === "error" ? (
        <span className="shrink-0 font-semibold">{line.level}</span>
      ) : null}
      <span className={cn("min-w-0", wrap ? "break-words whitespace-pre-wrap" : "whitespace-pre")}>
        {line.text}
      </span>
    </div>
  );
}
