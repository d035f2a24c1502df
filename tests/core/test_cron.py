"""Times of cron expressions: Dagster's own, to the minute, also on days on which clocks change."""

from datetime import UTC, datetime, timedelta
from itertools import islice

import pytest
from dagster._utils.schedules import is_valid_cron_string, schedule_execution_time_iterator
from hypothesis import given, settings
from hypothesis import strategies as st

from core.kit.errors import Invalid
from core.schedules.cron import check, describe_next, next_times, times_between
from core.schedules.cron_fields import words

ZONES = (
    "UTC",
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/Santiago",
    "America/Havana",
    "America/St_Johns",
    "America/Nuuk",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "Asia/Beirut",
    "Atlantic/Azores",
    "Australia/Sydney",
    "Pacific/Chatham",
)
# As people write them: hourly, daily, weekly and monthly, of which Dagster has rules of its own, and others.
EXPRESSIONS = (
    "* * * * *",
    "*/15 * * * *",
    "0 * * * *",
    "0,30 * * * *",
    "15 0 * * *",
    "30 1 * * *",
    "30 2 * * *",
    "0 3 * * *",
    "30 23 * * *",
    "30 1 * * sun",
    "30 2 * * 7",
    "30 2 * * 1-5",
    "30 2 1 * *",
    "0 1 27 * *",
    "30 2 31 * *",
    "30 2 28 * 0",
    "*/20 1-3 * * *",
    "*/20 * * * 0",
    "45 0,1 * * *",
    "30 */2 * * *",
    "0 0 L * *",
    "15 2 * 3,10,11 *",
    "0 0 1,15 * fri",
    "0 0 1-31 * 1",
    "5/10 2 * * *",
)
MOMENTS = st.integers(0, 4 * 365 * 24 * 60).map(
    lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
# Days about which clocks change somewhere.
CHANGES = st.sampled_from(
    [
        datetime(year, month, day, tzinfo=UTC)
        for year in (2024, 2025, 2026)
        for month, days in ((3, (7, 9, 27, 29)), (4, (5, 24)), (9, (5, 27)), (10, (24, 26, 30)), (11, (1, 2)))
        for day in days
    ]
)


def dagsters(expression: str, zone: str, after: datetime, count: int) -> list[datetime]:
    """The next times as Dagster has them."""
    found = schedule_execution_time_iterator(after.timestamp(), expression, zone)
    return list(islice((at.astimezone(UTC) for at in found if at.timestamp() > after.timestamp()), count))


@settings(max_examples=600, deadline=None, derandomize=True, database=None)
@given(st.sampled_from(EXPRESSIONS), st.sampled_from(ZONES), MOMENTS | CHANGES)
def test_times_are_those_of_dagster(expression: str, zone: str, after: datetime) -> None:
    count = 200 if expression.startswith("*") else 40
    assert next_times(expression, zone, after, count) == dagsters(expression, zone, after, count)


FIELDS = st.tuples(
    st.sampled_from(["*", "0", "17", "*/7", "3,44", "10-20/5"]),
    st.sampled_from(["*", "0", "1", "2", "3", "23", "*/3", "1-3", "0,12"]),
    st.sampled_from(["*", "1", "28", "29", "31", "L", "*/10", "10-12"]),
    st.sampled_from(["*", "3", "oct", "1-6", "*/2"]),
    st.sampled_from(["*", "0", "7", "mon", "mon-fri", "*/2", "1,3"]),
)


@settings(max_examples=600, deadline=None, derandomize=True, database=None)
@given(FIELDS, st.sampled_from(ZONES), MOMENTS | CHANGES)
def test_any_expression_that_is_taken_is_dagsters(parts: tuple[str, ...], zone: str, after: datetime) -> None:
    expression = " ".join(parts)
    try:
        check(expression, zone)
    except Invalid:
        return
    assert is_valid_cron_string(expression)
    assert next_times(expression, zone, after, 8) == dagsters(expression, zone, after, 8)


def test_every_other_leap_day_is_found() -> None:
    found = next_times("0 6 29 2 *", "UTC", datetime(2097, 1, 1, tzinfo=UTC), 2)
    assert [at.year for at in found] == [2104, 2108]


def test_times_between_leave_out_the_first_moment_and_keep_the_last() -> None:
    first, last = datetime(2026, 5, 1, 6, tzinfo=UTC), datetime(2026, 5, 3, 6, tzinfo=UTC)
    assert times_between("0 6 * * *", "UTC", first, last) == [first + timedelta(days=1), last]


@pytest.mark.parametrize(
    ("expression", "said"),
    [
        ("61 * * * *", "minute: 61 is not from 0 to 59"),
        ("* 24 * * *", "hour: 24"),
        ("0 0 0 * *", "day of month: 0"),
        ("0 0 31 2 *", "no year has a day 31 in February"),
        ("0 0 31 4,6 *", "no year has a day 31 in April, June"),
        ("0 0 * * funday", "day of week: 'funday' is not understood"),
        ("*/0 * * * *", "a step of 1 or more"),
        ("*/90 * * * *", "a step of 90"),
        ("0 22-2 * * *", "runs backwards"),
        ("* * * *", "has 4 fields"),
        ("0 * * * * *", "has 6 fields"),
        ("@daily", "0 0 * * *"),
        ("0 0 * * 5#1", "not understood"),
        ("٣ * * * *", "not understood"),
    ],
)
def test_a_wrong_expression_is_refused_at_its_field(expression: str, said: str) -> None:
    with pytest.raises(Invalid) as caught:
        check(expression, "UTC")
    assert said in caught.value.details[0].message
    assert caught.value.details[0].field == "expression"
    assert "Five fields" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("zone", "hint"), [("Europe/Berln", "Europe/Berlin"), ("berlin", "Europe/Berlin"), ("Mars/Olympus", "tz")]
)
def test_an_unknown_timezone_is_refused_with_similar_ones(zone: str, hint: str) -> None:
    with pytest.raises(Invalid) as caught:
        check("0 0 * * *", zone)
    assert caught.value.details[0].field == "timezone"
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize(
    ("expression", "after", "local", "note"),
    [
        (
            "30 2 * * *",
            datetime(2026, 3, 28, 12, tzinfo=UTC),
            "2026-03-29T03:00:00+02:00",
            "forward from 02:00 to 03:00",
        ),
        ("30 2 * * *", datetime(2026, 10, 24, 12, tzinfo=UTC), "2026-10-25T02:30:00+01:00", "due once"),
        (
            "0 * * * *",
            datetime(2026, 10, 24, 23, 30, tzinfo=UTC),
            "2026-10-25T02:00:00+02:00",
            "due both times",
        ),
        ("0 * * * *", datetime(2026, 3, 29, 0, 30, tzinfo=UTC), "2026-03-29T03:00:00+02:00", "left out"),
        ("30 2 * * *", datetime(2026, 6, 1, tzinfo=UTC), "2026-06-01T02:30:00+02:00", None),
    ],
)
def test_what_daylight_saving_makes_of_a_time_is_said(
    expression: str, after: datetime, local: str, note: str | None
) -> None:
    (found,) = describe_next(expression, "Europe/Berlin", after, 1)
    assert found.local.isoformat() == local
    assert (note is None and found.note is None) or (note is not None and note in str(found.note))


def test_an_expression_is_said_in_words_with_its_timezone() -> None:
    assert words("30 6 * * mon-fri", "Europe/Berlin") == "At 06:30, Monday through Friday (Europe/Berlin)"
