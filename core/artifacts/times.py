"""Times as artifacts and events of dbt write them."""

from datetime import UTC, datetime
from typing import Any


def parse_time(value: Any) -> datetime | None:
    """A time of an artifact, in UTC; one without an offset is UTC, as dbt writes it.

    Raises:
        ValueError: a text that is no time, or one outside the years 1 to 9999.
    """
    if not isinstance(value, str) or not value:
        return None
    moment = datetime.fromisoformat(value)
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError as error:
        raise ValueError(f"{value!r} lies outside the years 1 to 9999 in UTC") from error


def time_or_none(value: Any) -> datetime | None:
    """The same, where a text that is no time says no more than none would."""
    try:
        return parse_time(value)
    except ValueError:
        return None
