import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";
import type { LogLine } from "@/api/types";
import { cn } from "@/lib/cn";
import { formatClock, formatExact } from "@/lib/time";

interface LogLinesProps {
  lines: readonly LogLine[];
  wrap: boolean;
  follow: boolean;
  onFollow: (follow: boolean) => void;
  selected: number | null;
  onSelect: (line: number | null) => void;
  empty: string;
}

const LINE_HEIGHT = 18;
const NEAR_END = 40;

const LEVEL_LOOK: Record<string, string> = {
  debug: "text-faint",
  warn: "bg-warning-soft text-warning",
  error: "bg-failed-soft text-failed",
};

/** Only the lines in sight are in the page, so that a hundred thousand are as quick as a hundred. */
export function LogLines({ lines, wrap, follow, onFollow, selected, onSelect, empty }: LogLinesProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    // Long lines are measured when they come in sight.
    estimateSize: () => LINE_HEIGHT,
    getItemKey: (index) => lines[index]?.line ?? index,
    overscan: 20,
  });
  const last = lines.length - 1;

  useEffect(() => {
    if (follow && last >= 0) virtual.scrollToIndex(last, { align: "end" });
  }, [follow, last, virtual]);
  useScrollToSelected(lines, selected, (index) => virtual.scrollToIndex(index, { align: "center" }));

  const stopFollowing = () => {
    const box = scroller.current;
    if (follow && box && box.scrollHeight - box.scrollTop - box.clientHeight > NEAR_END) onFollow(false);
  };
  if (lines.length === 0) return <p className="flex-1 px-3 py-6 text-center text-sm text-muted">{empty}</p>;
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
      <div className="relative w-full" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const line = lines[item.index];
          return line ? (
            <div
              key={item.key}
              ref={virtual.measureElement}
              data-index={item.index}
              className={cn("absolute top-0 left-0", wrap ? "w-full" : "min-w-full")}
              style={{ transform: `translateY(${item.start}px)` }}
            >
              <Line line={line} wrap={wrap} selected={line.line === selected} onSelect={onSelect} />
            </div>
          ) : null;
        })}
      </div>
    </div>
  );
}

/** Goes to the line of the address once, when it has come. */
function useScrollToSelected(
  lines: readonly LogLine[],
  selected: number | null,
  scroll: (index: number) => void,
) {
  const done = useRef(false);
  useEffect(() => {
    if (done.current || selected === null) return;
    const index = lines.findIndex((line) => line.line === selected);
    if (index < 0) return;
    done.current = true;
    scroll(index);
  });
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
        className="w-12 shrink-0 self-start text-right text-faint select-none hover:text-ink hover:underline"
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
