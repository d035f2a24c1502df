"""From the text that people type after `--select` to a parsed selection.

The rules are those of dbt (1.11), also where they surprise: an empty part selects nothing, `a:b:c` is the
method `a` with the value `b:c`, and a value with a slash is a path.
"""

import re
from collections.abc import Iterator
from typing import Final

from core.catalog.selectors.spec import Criterion, Intersection, Method, Selector, Union, Walk
from core.catalog.selectors.values import check_value
from core.kit.errors import FieldError, Invalid
from core.kit.text import storable

MAX_LENGTH: Final = 4000
MAX_CRITERIA: Final = 50
# Deeper than any project; more would only make a cycle in broken artifacts cost more.
MAX_DEPTH: Final = 1000
SELECT: Final = "--select"
EXCLUDE: Final = "--exclude"
# What dbt selects when only `--exclude` is given.
EVERYTHING: Final = "fqn:* source:* exposure:* metric:* semantic_model:*"

_CRITERION = re.compile(
    r"(?P<at>@)?"
    r"(?:(?P<up>\d*)\+)?"
    r"(?:(?P<method>[\w.]+):)?"
    r"(?P<value>.*?)"
    r"(?:\+(?P<down>\d*))?"
)
ABSENT = {
    "state": "it compares with an earlier manifest; use the differences of two snapshots instead",
    "source_status": "it compares two freshness results; filter the list by freshness instead",
    "selector": "it refers to selectors.yml, which no artifact holds; write out its definition",
}


def parse(text: str, exclude: str | None = None) -> Selector:
    """Understand a selection; `--exclude` may also stand in the text itself.

    Raises:
        Invalid: no selection of dbt, or one that cannot be answered here; says what, where and how to mend.
    """
    text, apart = storable(text), storable(exclude or "")
    if len(text) + len(apart) > MAX_LENGTH:
        raise wrong(f"The selection is longer than {MAX_LENGTH} characters.", hint="Select by tag or path.")
    included, excluded = _divide(text)
    unwanted = _union(excluded) + _union(_words(apart))
    is_said = any(word for _, word in included) or not unwanted
    wanted = _union(included if is_said else _words(EVERYTHING))
    if sum(map(len, wanted + unwanted)) > MAX_CRITERIA:
        raise wrong(f"The selection has more than {MAX_CRITERIA} parts.", hint="Select by tag or path.")
    return Selector(wanted, unwanted)


def wrong(message: str, *, hint: str | None = None) -> Invalid:
    """An error about the selection."""
    return Invalid(message, hint=hint, details=[FieldError("q", message)])


Word = tuple[int, str]


def _words(text: str) -> list[Word]:
    return list(_split(text, " ", 0))


def _split(text: str, separator: str, start: int) -> Iterator[Word]:
    for part in text.split(separator):
        yield start, part
        start += len(part) + 1


def _divide(text: str) -> tuple[list[Word], list[Word]]:
    """What is wanted and what is not, parted by the options that may stand between."""
    sides: dict[str, list[Word]] = {SELECT: [], EXCLUDE: []}
    side = SELECT
    for at, word in _words(text):
        if word in sides:
            side = word
        else:
            sides[side].append((at, word))
    return sides[SELECT], sides[EXCLUDE]


def _union(words: list[Word]) -> Union:
    return tuple(_intersection(at, word) for at, word in words if word)


def _intersection(at: int, word: str) -> Intersection:
    return tuple(_criterion(start, part) for start, part in _split(word, ",", at))


def _criterion(at: int, text: str) -> Criterion:
    found = _CRITERION.fullmatch(text)
    if found is None:
        raise _at(at, text, "has a line break in it", "Put a space between two parts.")
    if found["at"] and found["down"] is not None:
        hint = "`@` already takes the descendants: leave out the `+` behind."
        raise _at(at, text, "has both `@` before and `+` behind", hint)
    method, arguments = _method(at, text, found)
    try:
        check_value(method, found["value"])
    except ValueError as error:
        raise _at(at, text, str(error), None) from error
    return Criterion(
        method, found["value"], arguments, _walk(found["up"]), _walk(found["down"]), bool(found["at"]), at
    )


def _walk(depth: str | None) -> Walk | None:
    if depth is None:
        return None
    return Walk(None if not depth or len(depth) > MAX_DEPTH or int(depth) > MAX_DEPTH else int(depth))


def _method(at: int, text: str, found: re.Match[str]) -> tuple[Method, tuple[str, ...]]:
    if found["method"] is None:
        return default_method(found["value"]), ()
    name, *arguments = found["method"].split(".")
    if name in ABSENT:
        raise _at(at, text, f"cannot be answered from the catalog: {ABSENT[name]}", None)
    try:
        return Method(name), tuple(arguments)
    except ValueError as error:
        reason = f"names no method of dbt: {name or 'nothing'!r}"
        raise _at(at, text, reason, f"Methods are {', '.join(Method)}.") from error


def default_method(value: str) -> Method:
    """The method of a value that names none."""
    if "/" in value:
        return Method.PATH
    return Method.FILE if value.lower().endswith((".sql", ".py", ".csv")) else Method.FQN


def _at(at: int, text: str, reason: str, hint: str | None) -> Invalid:
    shown = text if len(text) <= 60 else f"{text[:60]}…"
    return wrong(f"“{shown}” (from character {at + 1}) {reason}.", hint=hint)
