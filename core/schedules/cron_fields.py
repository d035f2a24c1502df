"""Cron expressions: five fields, checked one by one, and said in words.

What is taken is what Dagster takes, less what few can read: nicknames (`@daily`), hashed values (`H`), the
nth weekday of a month (`5#1`) and ranges that run backwards (`22-2`).
"""

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from cron_descriptor import ExpressionDescriptor, Options

from core.kit.errors import FieldError, Invalid

LONGEST: Final = 200
LEAP_YEAR: Final = 2024
MONTHS: Final = {name.lower(): number for number, name in enumerate(calendar.month_abbr) if name}
WEEKDAYS: Final = {
    name: number for number, name in enumerate(("sun", "mon", "tue", "wed", "thu", "fri", "sat"))
}
HINT: Final = (
    "Five fields: minute hour day-of-month month day-of-week, such as 30 6 * * mon-fri for 06:30 on weekdays."
)


@dataclass(frozen=True)
class Field:
    """One of the five: its name, its range, and the words that stand for numbers."""

    name: str
    low: int
    high: int
    words: tuple[tuple[str, int], ...] = ()


FIELDS: Final = (
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of month", 1, 31),
    Field("month", 1, 12, tuple(MONTHS.items())),
    Field("day of week", 0, 7, tuple(WEEKDAYS.items())),
)


@dataclass(frozen=True)
class Cron:
    """An expression as numbers. A field that is None is any; weekdays are 0 (Sunday) to 6."""

    minutes: Sequence[int] | None
    hours: Sequence[int] | None
    days: Sequence[int] | None
    months: Sequence[int] | None
    weekdays: Sequence[int] | None
    last_day: bool = False

    @property
    def any_day_of_month(self) -> bool:
        """Whether the day of the month says nothing."""
        return self.days is None and not self.last_day


@lru_cache(maxsize=4096)
def parse(expression: str) -> Cron:
    """An expression as numbers.

    Raises:
        Invalid: names the field that is wrong, and how to mend it.
    """
    parts = expression.split()
    if len(expression) > LONGEST or len(parts) != len(FIELDS):
        said = f"{expression[:LONGEST]!r} has {len(parts)} fields; a cron expression has 5"
        nickname = " (write nicknames such as @daily out: 0 0 * * *)" if expression.startswith("@") else ""
        raise refusal(said + nickname)
    last_day = parts[2].lower() == "l"
    if last_day:
        parts[2] = "*"
    numbers = [_numbers(field, part.lower()) for field, part in zip(FIELDS, parts, strict=True)]
    minutes, hours, days, months, weekdays = numbers
    cron = Cron(
        _or_any(minutes, 60),
        _or_any(hours, 24),
        # A list of all days is no star where weekdays are named, too: then either of the two is enough.
        None if parts[2] == "*" or (len(days) == 31 and "*" in parts[4]) else days,
        _or_any(months, 12),
        None if parts[4] == "*" or (len(weekdays) == 7 and "*" in parts[2]) else weekdays,
        last_day,
    )
    _check_dates(cron, expression)
    return cron


def refusal(said: str) -> Invalid:
    """The error about an expression."""
    return Invalid(
        f"The cron expression cannot be used: {said}.", hint=HINT, details=[FieldError("expression", said)]
    )


def words(expression: str, timezone: str) -> str:
    """The expression as a sentence, with its timezone."""
    options = Options()
    options.use_24hour_time_format = True
    options.locale_code = "en_US"
    said = ExpressionDescriptor(expression.upper(), options).get_description()
    return f"{said} ({timezone})"


def _or_any(numbers: Sequence[int], whole: int) -> Sequence[int] | None:
    return None if len(numbers) == whole else numbers


def _numbers(field: Field, text: str) -> tuple[int, ...]:
    found: set[int] = set()
    for item in text.split(","):
        found |= set(_range(field, item))
    if field.high == 7:
        found = {number % 7 for number in found}
    return tuple(sorted(found))


def _range(field: Field, item: str) -> range:
    base, slash, step_text = item.partition("/")
    step = _step(field, item, step_text) if slash else 1
    if base == "*":
        return range(field.low, field.high + (field.high != 7), step)
    low_text, dash, high_text = base.partition("-")
    low = _number(field, item, low_text)
    if not dash:
        return range(low, (field.high if slash else low) + 1, step)
    high = _number(field, item, high_text)
    if low >= high:
        raise refusal(f"{field.name}: {item!r} runs backwards; write it as two ranges with a comma")
    return range(low, high + 1, step)


def _step(field: Field, item: str, text: str) -> int:
    if not _is_number(text) or int(text) < 1:
        raise refusal(f"{field.name}: {item!r} needs a step of 1 or more behind the slash")
    if int(text) > field.high:
        raise refusal(
            f"{field.name}: a step of {text} is more than the field holds ({field.low}-{field.high})"
        )
    return int(text)


def _number(field: Field, item: str, text: str) -> int:
    named = dict(field.words).get(text)
    if named is not None:
        return named
    if not _is_number(text):
        taken = "numbers" + (" and names such as " + field.words[1][0] if field.words else "")
        last = ", or L alone for the last day" if field.name == "day of month" else ""
        raise refusal(
            f"{field.name}: {item!r} is not understood; it takes {taken}, *, lists, ranges and steps{last}"
        )
    if not field.low <= int(text) <= field.high:
        raise refusal(f"{field.name}: {text} is not from {field.low} to {field.high}")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= 4


def _check_dates(cron: Cron, expression: str) -> None:
    """Refuse dates that no year has, such as 31 February."""
    if cron.days is None or cron.weekdays is not None or cron.months is None:
        return
    longest = max(calendar.monthrange(LEAP_YEAR, month)[1] for month in cron.months)
    if min(cron.days) > longest:
        names = ", ".join(calendar.month_name[month] for month in cron.months)
        said = f"day of month: no year has a day {min(cron.days)} in {names}, so {expression!r} never comes"
        raise refusal(f"{said}; use L for the last day of a month")
