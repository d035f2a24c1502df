import { formatDuration } from "@/lib/format";
import { useNow } from "@/lib/hooks";
import { formatExact, formatRelative, secondsBetween } from "@/lib/time";

const TICK_MILLISECONDS = 20_000;

/** A time as "3 min ago", the exact one on hover. */
export function Ago({ at, none = "never" }: { at: string | null | undefined; none?: string }) {
  const now = useNow(at ? TICK_MILLISECONDS : null);
  if (!at) return <span className="text-faint">{none}</span>;
  return (
    <time dateTime={at} title={formatExact(at)} className="whitespace-nowrap">
      {formatRelative(at, now)}
    </time>
  );
}

/** A duration, or a dash with its reason when it is not known. */
export function Duration({
  seconds,
  none = "not known",
}: {
  seconds: number | null | undefined;
  none?: string;
}) {
  if (seconds === null || seconds === undefined) return <Unknown why={none} />;
  return <span className="whitespace-nowrap">{formatDuration(seconds)}</span>;
}

/** Time since `from`, counting on while it is not finished. */
export function Elapsed({ from, to }: { from: string | null | undefined; to: string | null | undefined }) {
  const now = useNow(from && !to ? 1000 : null);
  return <Duration seconds={secondsBetween(from, to, now)} none="not started" />;
}

/** A value nobody knows: never a zero, never an empty place. */
export function Unknown({ why }: { why: string }) {
  return (
    <span className="text-faint" title={why}>
      <span aria-hidden>–</span>
      <span className="sr-only">{why}</span>
    </span>
  );
}
