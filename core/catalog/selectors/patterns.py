"""File-name patterns (`*`, `?`, `[abc]`) as Python's `fnmatch` reads them, for PostgreSQL."""

from typing import Any

import sqlalchemy as sa

WILDCARDS = frozenset("*?[")
Text = sa.ColumnElement[Any]


def has_wildcards(pattern: str) -> bool:
    """Whether a pattern matches more than itself."""
    return not WILDCARDS.isdisjoint(pattern)


def like(text: str) -> str:
    """A text that LIKE takes literally."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def like_pattern(pattern: str) -> str:
    """`*` and `?` in the words of LIKE, which unlike regular expressions never gets lost in them."""
    return like(pattern).replace("*", "%").replace("?", "_")


def matches(column: Text, pattern: str) -> sa.ColumnElement[bool]:
    """Whether a column matches a pattern, case and all."""
    if not has_wildcards(pattern):
        return column == pattern
    if "[" not in pattern:
        return column.like(like_pattern(pattern))
    return column.regexp_match(f"^{regex(pattern)}$")


def regex(pattern: str, anything: str = ".") -> str:
    """The same as a regular expression of PostgreSQL; `anything` is what a wildcard may stand for."""
    said, at = "", 0
    while at < len(pattern):
        piece, at = _piece(pattern, at, anything)
        # Several stars in a row say no more than one.
        said += "" if piece.endswith("*") and said.endswith(piece) else piece
    return said


def _piece(pattern: str, at: int, anything: str) -> tuple[str, int]:
    letter = pattern[at]
    if letter == "*":
        return f"{anything}*", at + 1
    if letter == "?":
        return anything, at + 1
    end = _end_of_set(pattern, at) if letter == "[" else -1
    return (one_of(pattern[at + 1 : end]), end + 1) if end > 0 else (code(letter), at + 1)


def _end_of_set(pattern: str, at: int) -> int:
    """Where the set that begins here is closed; -1 when it is not, and the bracket is only a bracket."""
    start = at + 2 if pattern[at + 1 : at + 2] == "!" else at + 1
    # A closing bracket that comes first belongs to the set.
    return pattern.find("]", start + 1)


def one_of(content: str) -> str:
    """A set such as `a-z_` or `!abc`."""
    negated = content.startswith("!")
    ranges = list(_ranges(content.removeprefix("!")))
    inside = "".join(f"{code(low)}-{code(high)}" for low, high in ranges)
    if not inside:
        # Only ranges that run backwards: nothing is in them.
        return "." if negated else "(?!)"
    return f"[{'^' if negated else ''}{inside}]"


def _ranges(content: str) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at = 0
    while at < len(content):
        is_range = content[at + 1 : at + 2] == "-" and at + 2 < len(content)
        found.append((content[at], content[at + 2] if is_range else content[at]))
        at += 3 if is_range else 1
    return [(low, high) for low, high in found if low <= high]


def code(letter: str) -> str:
    """A character that a regular expression takes literally, wherever it stands."""
    return letter if letter.isascii() and letter.isalnum() else f"\\U{ord(letter):08x}"
