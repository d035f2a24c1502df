"""Times as artifacts and events of dbt write them."""

from datetime import UTC, datetime
from typing import Any


def parse_time(value: Any) -> datetime | None:
    """A time of an artifact; one without an offset is UTC, as dbt writes it.

    Raises:
        ValueError: a text that is no time.
    """
    if not isinstance(value, str) or not value:
        return None
    moment = datetime.fromisoformat(value)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def time_or_none(value: Any) -> datetime | None:
    """The same, where a text that is no time says no more than none would."""
    try:
        return parse_time(value)
    except ValueError:
        return None
