"""The columns of a node: what the project declares and what the warehouse reported, put together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

Declared = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Column:
    """A column. `declared` and `reported` say who knows of it: the project, the warehouse, or both."""

    name: str
    declared: Declared | None
    reported: Mapping[str, Any] | None

    @property
    def description(self) -> str:
        """What the project says of it."""
        return str((self.declared or {}).get("description") or "")

    @property
    def declared_type(self) -> str | None:
        """The type that the project declares."""
        return (self.declared or {}).get("data_type")

    @property
    def reported_type(self) -> str | None:
        """The type in the warehouse."""
        return (self.reported or {}).get("type")


def merge(declared: Sequence[Declared], table: Mapping[str, Any] | None) -> list[Column]:
    """Columns in the warehouse's order, then those that only the project knows.

    Names match exactly or else regardless of case; each is matched once. The project's spelling is shown.
    """
    reported: Sequence[Mapping[str, Any]] = (table or {}).get("columns") or []
    if not reported:
        return [Column(str(column["name"]), column, None) for column in declared]
    left = _ByName(declared)
    exact = [left.take_exactly(str(column["name"])) for column in reported]
    merged = [
        _both(column, own or left.take(str(column["name"])))
        for column, own in zip(reported, exact, strict=True)
    ]
    return merged + [Column(str(column["name"]), column, None) for column in left.left()]


def _both(reported: Mapping[str, Any], declared: Declared | None) -> Column:
    return Column(str((declared or reported)["name"]), declared, reported)


class _ByName:
    """Declared columns that wait to be matched."""

    def __init__(self, columns: Sequence[Declared]) -> None:
        self._left = {str(column["name"]): column for column in columns}
        self._folded: dict[str, list[str]] = {}
        for name in self._left:
            self._folded.setdefault(name.lower(), []).append(name)

    def take_exactly(self, name: str) -> Declared | None:
        return self._left.pop(name, None)

    def take(self, name: str) -> Declared | None:
        near = next((known for known in self._folded.get(name.lower(), ()) if known in self._left), name)
        return self.take_exactly(near)

    def left(self) -> list[Declared]:
        return list(self._left.values())
