"""The time, in UTC and with an offset, always."""

from datetime import UTC, datetime


def now() -> datetime:
    """The present moment in UTC."""
    return datetime.now(UTC)


def from_epoch(seconds: float | None) -> datetime | None:
    """A Unix time in seconds as a moment in UTC; None stays None."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
