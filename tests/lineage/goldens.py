"""Cases that others wrote by hand, scored by column; values and what decides on the column count alike."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from core.lineage.columns.engine import trace
from core.lineage.columns.values import OutputColumn, Relation


@dataclass(frozen=True)
class Scored:
    case: str
    column: str
    expected: frozenset[tuple[str, str]]
    found: frozenset[tuple[str, str]] | None

    @property
    def passes(self) -> bool:
        return self.found is not None and same(self.expected, self.found)


def same(expected: frozenset[tuple[str, str]], found: frozenset[tuple[str, str]]) -> bool:
    return len(expected) == len(found) and all(
        any(column == other and suffix(table, name) for name, other in found) for table, column in expected
    )


def suffix(left: str, right: str) -> bool:
    return f".{left}".endswith(f".{right}") or f".{right}".endswith(f".{left}")


def cases(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text().splitlines():
        case = json.loads(line)
        if case["dbt_relevant"]:
            yield case


def scored(case: dict[str, Any]) -> list[Scored]:
    relations = [
        Relation(name, tuple(name.split(".")), tuple(columns), complete=True)
        for name, columns in case["schema"].items()
    ]
    lineage = trace(case["sql"], case["dialect"], relations, take_unlisted=True)
    by_name = {column.name.lower(): column for column in lineage.columns}
    result = []
    for place, (name, pairs) in enumerate(case["expected"].items()):
        column = by_name.get(name.lower())
        if column is None and (name.startswith("_") or not name.isidentifier()):
            column = unnamed(lineage.columns, case, place)
        expected = frozenset((table.lower(), source.lower()) for table, source in pairs)
        result.append(Scored(case["id"], name, expected, None if column is None else edges(column)))
    return result


def unnamed(columns: Any, case: dict[str, Any], place: int) -> OutputColumn | None:
    """An expression without a name: the one at its place, or the only one that nothing else names."""
    named = {name.lower() for name in case["expected"]}
    left = [column for column in columns if column.name.lower() not in named]
    return left[0] if len(left) == 1 else columns[place] if place < len(columns) else None


def edges(column: OutputColumn) -> frozenset[tuple[str, str]]:
    return frozenset(
        (source.node.lower(), source.column.lower()) for source in (*column.sources, *column.influences)
    )
