"""When a cron expression is due in a timezone: the very times at which Dagster ticks it.

Dagster treats four common shapes by rules of its own, and days on which clocks change by others than Vixie's
cron; what is below are the same rules, said by instants. A test holds them against Dagster's for many
expressions, zones and days. Pages tell them before Dagster has loaded a schedule, and say what daylight
saving makes of them, which Dagster does not (docs/decisions/0014).
"""

import calendar
import difflib
import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import islice, takewhile
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from core.kit.errors import FieldError, Invalid
from core.schedules.cron_fields import Cron, parse

HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
# The longest way from one 29 February to the next, over the year 2100, and on to a weekday.
MOST_DAYS: Final = 366 * 50
# Where Dagster looks for clocks that change.
CHANGING_HOURS: Final = frozenset({1, 2, 3})
LAST_MONTHLY_DAY: Final = 28


@dataclass(frozen=True)
class NextTime:
    """A time at which it is due: in UTC, on the clock of its zone, and what daylight saving makes of it."""

    at: datetime
    local: datetime
    note: str | None

    @property
    def offset(self) -> str:
        """The offset from UTC, as +02:00."""
        return self.local.isoformat()[-6:]


def check(expression: str, timezone: str) -> None:
    """See that the expression can be ticked.

    Raises:
        Invalid: names `expression` or `timezone`, and how to mend it.
    """
    parse(expression)
    zone_of(timezone)


@lru_cache(maxsize=1)
def timezones() -> frozenset[str]:
    """Every timezone that has a name."""
    return frozenset(available_timezones()) - {"localtime", "posixrules", "Factory"}


@lru_cache(maxsize=1024)
def zone_of(timezone: str) -> ZoneInfo:
    """The zone of this name.

    Raises:
        Invalid: there is none; similar names are told.
    """
    if timezone in timezones():
        return ZoneInfo(timezone)
    ends = {name.rsplit("/", 1)[-1].lower(): name for name in sorted(timezones())}
    near = difflib.get_close_matches(timezone, timezones(), 3, 0.6)
    near = near or [ends[word] for word in difflib.get_close_matches(timezone.lower(), ends, 3, 0.7)]
    hint = (
        f"Did you mean {' or '.join(near)}?" if near else "Use a name of the tz database: Europe/Berlin, UTC."
    )
    said = f"{timezone[:100]!r} is not a timezone"
    raise Invalid(f"{said}.", hint=hint, details=[FieldError("timezone", f"{said}. {hint}")])


def times_between(expression: str, timezone: str, after: datetime, until: datetime) -> list[datetime]:
    """Every time at which it is due after `after` and not after `until`, in UTC.

    Raises:
        Invalid: the expression or the timezone is wrong.
    """
    return list(takewhile(lambda at: at <= until, _times(expression, timezone, after)))


def next_times(expression: str, timezone: str, after: datetime, count: int) -> list[datetime]:
    """The next times after `after`, in UTC; fewer where there are no more within fifty years.

    Raises:
        Invalid: the expression or the timezone is wrong.
    """
    return list(islice(_times(expression, timezone, after), count))


def describe_next(expression: str, timezone: str, after: datetime, count: int) -> list[NextTime]:
    """As `next_times`, each with its local time and what daylight saving makes of it.

    Raises:
        Invalid: the expression or the timezone is wrong.
    """
    cron, zone = parse(expression), zone_of(timezone)
    found = next_times(expression, timezone, after, count)
    return [NextTime(at, at.astimezone(zone), _note(cron, zone, at)) for at in found]


def _times(expression: str, timezone: str, after: datetime) -> Iterator[datetime]:
    cron, zone = parse(expression), zone_of(timezone)
    after = after.astimezone(UTC)
    return _hourly(cron, zone, after) if _is_hourly(cron) else _by_the_clock(cron, zone, after)


def _is_hourly(cron: Cron) -> bool:
    """At the same minutes of every hour, whatever the clocks say: Dagster counts real hours."""
    others = (cron.hours, cron.months, cron.weekdays)
    return cron.minutes is not None and cron.any_day_of_month and all(part is None for part in others)


def _is_common(cron: Cron) -> bool:
    """Daily, weekly or monthly at one time of day."""
    once_a_day = len(cron.minutes or ()) == 1 and len(cron.hours or ()) == 1 and cron.months is None
    if not once_a_day or cron.last_day:
        return False
    if cron.days is None:
        return True
    return cron.weekdays is None and len(cron.days) == 1 and cron.days[0] <= LAST_MONTHLY_DAY


def _hourly(cron: Cron, zone: ZoneInfo, after: datetime) -> Generator[datetime]:
    hour = after.replace(minute=0, second=0, microsecond=0) - HOUR
    while True:
        offset = _offset(hour.astimezone(zone))
        ahead = int(offset.total_seconds() // 60) % 60
        found = sorted((minute - ahead) % 60 for minute in cron.minutes or ())
        yield from (at for at in (hour + timedelta(minutes=minute) for minute in found) if at > after)
        hour += HOUR


def _by_the_clock(cron: Cron, zone: ZoneInfo, after: datetime) -> Generator[datetime]:
    first = after.astimezone(zone).replace(tzinfo=None) - 2 * HOUR
    last = after
    for day in _days(cron, first.date()):
        for at in _of_day(cron, zone, day, first):
            if at > last:
                yield at
                last = at


def _days(cron: Cron, first: date) -> Generator[date]:
    for number in range(MOST_DAYS):
        day = first + number * DAY
        if cron.months is not None and day.month not in cron.months:
            continue
        if _is_day(cron, day):
            yield day


def _is_day(cron: Cron, day: date) -> bool:
    """The day of the month or the weekday, where both are named; else the one that is."""
    of_month = day.day in (cron.days or ()) or (
        cron.last_day and day.day == calendar.monthrange(day.year, day.month)[1]
    )
    if cron.weekdays is None:
        return cron.any_day_of_month or of_month
    of_week = day.isoweekday() % 7 in cron.weekdays
    return of_week or (of_month and not cron.any_day_of_month)


def _of_day(cron: Cron, zone: ZoneInfo, day: date, first: datetime) -> Iterator[datetime]:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - what the clock shows
    hours = range(24) if cron.hours is None else cron.hours
    minutes = range(60) if cron.minutes is None else cron.minutes
    clock = (midnight.replace(hour=hour, minute=minute) for hour in hours for minute in minutes)
    wanted = (shown for shown in clock if shown >= first)
    offset = _steady_offset(zone, midnight)
    if offset is not None:
        return ((shown - offset).replace(tzinfo=UTC) for shown in wanted)
    return iter(sorted({at for shown in wanted for at in _instants(cron, zone, shown)}))


def _steady_offset(zone: ZoneInfo, midnight: datetime) -> timedelta | None:
    """The offset of a day on which, and around which, clocks do not change; None for other days."""
    edges = (midnight - 4 * HOUR, midnight + DAY + 4 * HOUR)
    before, behind = (_offset(edge.replace(tzinfo=zone)) for edge in edges)
    return before if before == behind else None


def _instants(cron: Cron, zone: ZoneInfo, shown: datetime) -> list[datetime]:
    """When a clock that changes shows this time: once, twice, or never (then later, or not at all)."""
    first = shown.replace(tzinfo=zone)
    second = first.replace(fold=1)
    if not _exists(first):
        every_hour = cron.hours is None and not _is_common(cron)
        return [] if every_hour else [_around_the_gap(cron, zone, first)]
    if _offset(first) == _offset(second):
        return [first.astimezone(UTC)]
    if _is_common(cron):
        return [(second if shown.hour in CHANGING_HOURS else first).astimezone(UTC)]
    return [one.astimezone(UTC) for one in ((first, second) if cron.hours is None else (second,))]


def _around_the_gap(cron: Cron, zone: ZoneInfo, shown: datetime) -> datetime:
    """A time that is left out comes when the clocks have changed; one about midnight, as long after it.

    Where summer is the standard time (Dublin, Casablanca) Dagster takes it for an hour before that.
    """
    if shown.hour not in CHANGING_HOURS:
        return shown.astimezone(UTC)
    found = shown.replace(minute=0) + (zone.dst(shown + HOUR) or timedelta())
    folded = found.replace(fold=1)
    is_odd = found.hour in CHANGING_HOURS and _offset(found) != _offset(folded)
    return (folded if is_odd and _is_common(cron) else found).astimezone(UTC)


def _exists(shown: datetime) -> bool:
    back = shown.astimezone(UTC).astimezone(shown.tzinfo)
    return back.replace(tzinfo=None, fold=0) == shown.replace(tzinfo=None, fold=0)


def _offset(at: datetime) -> timedelta:
    return at.utcoffset() or timedelta()


def _note(cron: Cron, zone: ZoneInfo, at: datetime) -> str | None:
    """What is odd about a time, because clocks change."""
    local = at.astimezone(zone)
    if _offset(local.replace(fold=0)) != _offset(local.replace(fold=1)):
        return TWICE_NOTE if len(_named(cron, zone, local)) > 1 else ONCE_NOTE
    gap = _gap_before(zone, local)
    if gap is None:
        return None if _is_hourly(cron) or _matches(cron, local) else EARLY_NOTE
    begin, end = gap
    if _is_hourly(cron) or (cron.hours is None and not _is_common(cron)):
        return GAP_NOTE.format(begin, end)
    return None if _matches(cron, local) else MOVED_NOTE.format(begin, end)


TWICE_NOTE: Final = "The clocks go back: this time of day comes twice, and it is due both times."
ONCE_NOTE: Final = "The clocks go back: this time of day comes twice, and it is due once, the second time."
MOVED_NOTE: Final = (
    "The clocks go forward from {} to {}: its own time of day does not exist, so it comes behind it."
)
EARLY_NOTE: Final = "The clocks go forward: its own time of day does not exist, so it comes before it."
GAP_NOTE: Final = "The clocks go forward from {} to {}: times between them do not exist and are left out."


def _named(cron: Cron, zone: ZoneInfo, local: datetime) -> Sequence[datetime]:
    shown = local.replace(tzinfo=None, fold=0)
    if _is_hourly(cron):
        return [shown, shown]
    return _instants(cron, zone, shown)


def _matches(cron: Cron, local: datetime) -> bool:
    hour = cron.hours is None or local.hour in cron.hours
    return hour and (cron.minutes is None or local.minute in cron.minutes)


def _gap_before(zone: ZoneInfo, local: datetime) -> tuple[str, str] | None:
    """From where to where the clocks went forward within the hour before this time."""
    earlier = (local.astimezone(UTC) - HOUR).astimezone(zone)
    moved = _offset(local) - _offset(earlier)
    if moved <= timedelta():
        return None
    low, high = 0, math.ceil(HOUR.total_seconds() / 60)
    while high - low > 1:
        middle = (low + high) // 2
        at = (earlier.astimezone(UTC) + timedelta(minutes=middle)).astimezone(zone)
        low, high = (low, middle) if _offset(at) == _offset(local) else (middle, high)
    end = (earlier.astimezone(UTC) + timedelta(minutes=high)).astimezone(zone)
    return f"{end - moved:%H:%M}", f"{end:%H:%M}"
