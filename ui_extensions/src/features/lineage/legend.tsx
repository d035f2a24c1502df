import { StatusMark } from "@/components/ui/status";
import { cn } from "@/lib/cn";
import { formatNumber } from "@/lib/format";
import type { LegendItem } from "./lens";

const FILL: Record<string, string> = {
  ok: "bg-ok",
  running: "bg-running",
  warning: "bg-warning",
  failed: "bg-failed",
  unknown: "hatched",
  "line-strong": "bg-line-strong",
  "type-model": "bg-type-model",
  "type-source": "bg-type-source",
  "type-seed": "bg-type-seed",
  "type-snapshot": "bg-type-snapshot",
  "type-test": "bg-type-test",
  "type-exposure": "bg-type-exposure",
  "type-metric": "bg-type-metric",
  "type-other": "bg-type-other",
  "band-1": "bg-band-1",
  "band-2": "bg-band-2",
  "band-3": "bg-band-3",
  "band-4": "bg-band-4",
  "band-5": "bg-band-5",
  "band-6": "bg-band-6",
  "band-7": "bg-band-7",
  "band-8": "bg-band-8",
};

export const fillOf = (colour: string) => FILL[colour] ?? "bg-line-strong";

const SHOWN = 12;

interface LegendProps {
  title: string;
  items: readonly LegendItem[];
  /** Of groups: which ones are closed, and what closes and opens them. */
  groups?: { closed: ReadonlySet<string>; onToggle: (name: string) => void };
}

/** What the colours say, and how often each occurs. Groups can be closed here. */
export function Legend({ title, items, groups }: LegendProps) {
  if (items.length === 0) return null;
  return (
    <section aria-label={title} className="min-w-0">
      <h2 className="text-2xs font-medium text-muted">{title}</h2>
      <ul className={cn("flex flex-col", items.length > SHOWN && "max-h-56 overflow-y-auto pr-1")}>
        {items.map((item) => (
          <li key={item.label} className="flex min-w-0 items-center gap-1.5 text-xs leading-5">
            {item.tone ? (
              <StatusMark tone={item.tone} size={12} />
            ) : (
              <span aria-hidden className={cn("size-3 shrink-0 rounded-sm", fillOf(item.colour))} />
            )}
            {groups ? (
              <button
                type="button"
                className="min-w-0 flex-1 truncate text-left hover:underline"
                aria-expanded={!groups.closed.has(item.label)}
                title={`${groups.closed.has(item.label) ? "Open" : "Close"} ${item.label}`}
                onClick={() => groups.onToggle(item.label)}
              >
                {item.label}
              </button>
            ) : (
              <span className="min-w-0 flex-1 truncate" title={item.label}>
                {item.label}
              </span>
            )}
            <span className="pl-2 text-faint tabular-nums">
              {groups?.closed.has(item.label) ? "closed, " : ""}
              {formatNumber(item.count)}
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
