import type { NextTime } from "@/api/types";
import { Table, Td, Th } from "@/components/ui/table";
import { useNow } from "@/lib/hooks";
import { formatExact, formatRelative } from "@/lib/time";
import { type Coming, formatLocal } from "./words";

const TICK_MILLISECONDS = 5_000;

/** When a job comes next: how long until then, and the time on the clock of its schedule. */
export function Next({ coming, none }: { coming: Coming | null; none: string }) {
  const now = useNow(coming ? TICK_MILLISECONDS : null);
  if (coming === null) return <span className="text-faint">{none}</span>;
  const { time, timezone } = coming;
  return (
    <time dateTime={time.at} title={`Here: ${formatExact(time.at)}`} className="block">
      {formatRelative(time.at, now)}
      <span className="block text-xs text-faint">
        {formatLocal(time.local)} {timezone} ({time.offset})
      </span>
      {time.note ? <span className="block text-xs text-warning">{time.note}</span> : null}
    </time>
  );
}

/** The next times of a schedule, and what daylight saving makes of them. */
export function NextTimes({ times, timezone }: { times: NextTime[]; timezone: string }) {
  const now = useNow(TICK_MILLISECONDS);
  if (times.length === 0) return <p className="text-sm text-muted">There is no time to come.</p>;
  return (
    <Table label={`Next times, on the clock of ${timezone}`} className="max-h-72 rounded-md border">
      <thead>
        <tr>
          <Th>In {timezone}</Th>
          <Th>Offset</Th>
          <Th>From now</Th>
        </tr>
      </thead>
      <tbody>
        {times.map((time) => (
          <tr key={time.at}>
            <Td>
              <time dateTime={time.at} title={`Here: ${formatExact(time.at)}`}>
                {formatLocal(time.local)}
              </time>
              {time.note ? <span className="block text-xs text-warning">{time.note}</span> : null}
            </Td>
            <Td className="text-muted">{time.offset}</Td>
            <Td className="whitespace-nowrap text-muted">{formatRelative(time.at, now)}</Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
