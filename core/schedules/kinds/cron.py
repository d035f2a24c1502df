"""At times of a cron expression, on the clock of a timezone."""

from typing import Any, Final

from core.kit.errors import FieldError, Invalid
from core.schedules.cron import check as check_times
from core.schedules.cron import zone_of
from core.schedules.cron_fields import parse
from core.schedules.cron_fields import words as sentence
from core.schedules.kinds.kind import Around, Kind, Settings

SKIP, RUN = "skip", "run"
MISSED: Final = (SKIP, RUN)
MOST_MISSED: Final = 10


def _check(raw: Settings, around: Around) -> dict[str, Any]:
    expression = " ".join(str(raw["expression"]).split())
    timezone = raw.get("timezone") or around.timezone
    details: list[FieldError] = []
    hints: list[str] = []
    for check in (lambda: parse(expression), lambda: zone_of(timezone)):
        try:
            check()
        except Invalid as error:
            details += error.details
            hints += [error.hint] if error.hint else []
    missed, limit = raw.get("missed", SKIP), raw.get("missed_limit", 1)
    if missed not in MISSED:
        details.append(FieldError("missed", "must be skip or run"))
    if not 1 <= limit <= MOST_MISSED:
        details.append(FieldError("missed_limit", f"must be from 1 to {MOST_MISSED}"))
    if details:
        said = "; ".join(f"{detail.field}: {detail.message}" for detail in details)
        raise Invalid(f"The schedule cannot be used. {said}", hint=" ".join(hints) or None, details=details)
    check_times(expression, timezone)
    return {"expression": expression, "timezone": timezone, "missed": missed, "missed_limit": limit}


def _words(settings: Settings, _around: Around) -> str:
    return sentence(settings["expression"], settings["timezone"])


KIND: Final = Kind(
    "cron",
    "Schedule",
    "At times of a cron expression, on the clock of a timezone.",
    _check,
    lambda settings, _around: dict(settings),
    _words,
    is_schedule=True,
)
