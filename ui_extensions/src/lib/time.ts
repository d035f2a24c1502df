const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const exact = new Intl.DateTimeFormat("en-GB", {
  year: "numeric",
  month: "short",
  day: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZoneName: "short",
});
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short" });
const dayAndYear = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** "3 min ago", "in 2 h", "5 Mar". Never a negative number: a clock that is a little off reads "just now". */
export function formatRelative(value: string, now: number = Date.now()): string {
  const then = Date.parse(value);
  if (Number.isNaN(then)) return value;
  const seconds = Math.round((now - then) / 1000);
  if (Math.abs(seconds) < 10) return "just now";
  if (Math.abs(seconds) >= 7 * DAY) return formatDay(then, now);
  const distance = formatDistance(Math.abs(seconds));
  return seconds > 0 ? `${distance} ago` : `in ${distance}`;
}

function formatDistance(seconds: number): string {
  if (seconds < MINUTE) return `${seconds} s`;
  if (seconds < HOUR) return `${Math.floor(seconds / MINUTE)} min`;
  if (seconds < DAY) return `${Math.floor(seconds / HOUR)} h`;
  return `${Math.floor(seconds / DAY)} d`;
}

function formatDay(then: number, now: number): string {
  const sameYear = new Date(then).getFullYear() === new Date(now).getFullYear();
  return (sameYear ? day : dayAndYear).format(then);
}

/** The exact time in the reader's timezone, with the zone named. */
export function formatExact(value: string): string {
  const then = Date.parse(value);
  return Number.isNaN(then) ? value : exact.format(then);
}

/** "14:03:22" for log lines. */
export function formatClock(value: string | null | undefined): string {
  const then = Date.parse(value ?? "");
  return Number.isNaN(then) ? "" : clock.format(then);
}

/** Seconds between two times; the second may still be open (now). Null when it is not known. */
export function secondsBetween(
  from: string | null | undefined,
  to: string | null | undefined,
  now: number,
): number | null {
  if (!from) return null;
  const start = Date.parse(from);
  const end = to ? Date.parse(to) : now;
  return Number.isNaN(start) || Number.isNaN(end) ? null : Math.max(0, (end - start) / 1000);
}
