"""Whether a value of an option is of its kind, and can be taken for nothing else by dbt."""

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from core.kit.text import storable

MAX_VALUE_LENGTH = 4000
MAX_VALUES = 1000
MAX_DEPTH = 20
_MACRO_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
# Keys of environments and ids of runs; a path has a slash.
_PLACE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\- ]{0,99}")
_SAMPLE = re.compile(r"[1-9]\d{0,5} (hour|day|month|year)s?")


def check_value(kind: str, value: Any, choices: Sequence[str] = ()) -> str | None:
    """Why a value cannot be one of this kind, as the end of a sentence; None where it can."""
    if kind == "choice":
        return None if value in choices else f"must be one of {', '.join(choices)}"
    return _CHECKS[kind](value)


def _check_text(value: Any) -> str | None:
    if not isinstance(value, str) or not value.strip():
        return "must be a text that is not empty"
    if len(value) > MAX_VALUE_LENGTH or not value.isprintable():
        return f"must be shorter than {MAX_VALUE_LENGTH} characters and hold no control characters"
    if value.lstrip().startswith("-"):
        return f"{value!r} begins with '-', which dbt would read as a flag"
    return None


def _check_list(value: Any) -> str | None:
    if not isinstance(value, list):
        return "must be a list of texts"
    items: list[Any] = value  # pyright: ignore[reportUnknownVariableType]
    if len(items) > MAX_VALUES:
        return f"must hold at most {MAX_VALUES} texts"
    return next((reason for reason in map(_check_text, items) if reason), None)


def _check_mapping(value: Any) -> str | None:
    if not isinstance(value, dict):
        return "must be an object"
    if not _is_plain(value, MAX_DEPTH):
        return f"must hold only finite numbers and valid text, nested at most {MAX_DEPTH} deep"
    return None if len(json.dumps(value)) <= 10 * MAX_VALUE_LENGTH else "is too long"


def _is_plain(value: Any, depth: int) -> bool:
    """Whether dbt's YAML reader, PostgreSQL and Dagster can all hold it."""
    if isinstance(value, dict):
        items: list[Any] = [*value.keys(), *value.values()]  # pyright: ignore[reportUnknownVariableType]
        return depth > 0 and all(_is_plain(item, depth - 1) for item in items)
    if isinstance(value, list):
        return depth > 0 and all(_is_plain(item, depth - 1) for item in value)  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, float):
        return math.isfinite(value)
    return not isinstance(value, str) or storable(value) == value


def _check_switch(value: Any) -> str | None:
    return None if isinstance(value, bool) else "must be true or false"


def _check_count(value: Any) -> str | None:
    ok = isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 256
    return None if ok else "must be a whole number from 1 to 256"


def _check_macro(value: Any) -> str | None:
    ok = isinstance(value, str) and len(value) <= MAX_VALUE_LENGTH and _MACRO_NAME.fullmatch(value)
    return None if ok else "must be the name of a macro"


def _check_place(value: Any) -> str | None:
    ok = isinstance(value, str) and _PLACE_NAME.fullmatch(value)
    return None if ok else "must be the key of an environment or the id of a run, never a path"


def _check_environment(value: Any) -> str | None:
    ok = isinstance(value, str) and _PLACE_NAME.fullmatch(value)
    return None if ok else "must be the key of an environment"


def _check_sample(value: Any) -> str | None:
    if isinstance(value, str):
        return None if _SAMPLE.fullmatch(value) else _SAMPLE_HELP
    if not isinstance(value, Mapping) or set(value) != {"start", "end"}:  # pyright: ignore[reportUnknownArgumentType]
        return _SAMPLE_HELP
    start, end = (_time_of(value[name]) for name in ("start", "end"))  # pyright: ignore[reportUnknownArgumentType]
    if start is None or end is None:
        return "must have times such as 2024-01-31 or 2024-01-31T12:00:00 as start and end"
    return None if start < end else "must end after it starts"


_SAMPLE_HELP: Final = (
    'must be a time such as "3 days" (hours, days, months, years), or an object with start and end'
)


def _time_of(text: Any) -> datetime | None:
    """A time without a zone, as dbt wants it: it takes all for UTC."""
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo is None else None


_CHECKS: Final[Mapping[str, Callable[[Any], str | None]]] = {
    "list": _check_list,
    "name": _check_text,
    "mapping": _check_mapping,
    "switch": _check_switch,
    "count": _check_count,
    "macro": _check_macro,
    "sample": _check_sample,
    "state": _check_place,
    "environment": _check_environment,
}
