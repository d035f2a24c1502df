"""Walks over the edges between columns.

The database finds the edges within reach, each once, whatever the number of paths; distances are worked out
here. Counting steps inside the recursion would visit a column once for each distance it can be reached at.
"""

from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.reading import Reading
from core.kit.database import SCHEMA
from core.lineage.models import INFLUENCE, OF_ROWS, VALUE

Direction = Literal["up", "down"]
VALUES: Final = (VALUE,)
INFLUENCES: Final = (VALUE, INFLUENCE, OF_ROWS)

# Column by column through the index (`offset 0`): hashing all edges is what the planner would choose.
_STATEMENT: Final = """
with recursive reached(id) as (
  select unnest(cast(:starts as bigint[]))
  union
  select near.far from reached cross join lateral (
    select e.{far} as far from {schema}.column_lineage e
    where e.{near} = reached.id and {holds} {followed} offset 0
  ) near
)
select string_agg(near.near::text, ' '), string_agg(near.far::text, ' '), {kind}
from reached cross join lateral (
  select e.{near} as near, e.{far} as far, e.kind from {schema}.column_lineage e
  where e.{near} = reached.id and {holds} {followed} offset 0
) near
"""
_NOW: Final = "e.valid_to is null"
_THEN: Final = "e.valid_from <= :at and (e.valid_to is null or e.valid_to > :at)"


_KINDS: Final = "string_agg(near.kind, ' ')"


def _statement(direction: Direction, *, past: bool, influence: bool) -> sa.TextClause:
    near, far = ("child_id", "parent_id") if direction == "up" else ("parent_id", "child_id")
    return sa.text(
        _STATEMENT.format(
            near=near,
            far=far,
            schema=SCHEMA,
            holds=_THEN if past else _NOW,
            kind=_KINDS if influence else "null",
            followed="" if influence else f"and e.kind = '{VALUE}'",
        )
    )


_STATEMENTS: Final = {
    (direction, past, influence): _statement(direction, past=past, influence=influence)
    for direction in ("up", "down")
    for past in (False, True)
    for influence in (False, True)
}


@dataclass(frozen=True)
class Trace:
    """All that is reached from some columns. `steps` holds the smallest distance of each, 0 for the start.

    A column that stands for all rows is as far as the columns of its node: one step takes both edges.
    `value` are those that a chain of values alone leads to.
    """

    starts: Sequence[int]
    direction: Direction
    steps: dict[int, int]
    value: frozenset[int]
    near: dict[int, list[tuple[int, str]]] = field(repr=False)

    def within(self, steps: int | None) -> set[int]:
        """What lies at most so far away, the start included."""
        return {number for number, far in self.steps.items() if steps is None or far <= steps}

    def beyond(self, numbers: Collection[int]) -> set[int]:
        """What lies one step beyond these."""
        return _closed({far for one in _closed(numbers, self.near) for far in self._next(one)}, self.near)

    def _next(self, number: int) -> Iterable[int]:
        return (far for far, kind in self.near.get(number, ()) if kind != OF_ROWS)


def trace(
    session: Session, reading: Reading, starts: Collection[int], direction: Direction, *, influence: bool
) -> Trace:
    """Everything up- or downstream of columns."""
    near: defaultdict[int, list[tuple[int, str]]] = defaultdict(list)
    past = reading.snapshot is not None
    values: dict[str, Any] = {"starts": sorted(starts)}
    if reading.snapshot is not None:
        values["at"] = reading.snapshot.id
    ones, others, kinds = session.execute(_STATEMENTS[direction, past, influence], values).one()
    for one, other, kind in _edges(ones or "", others or "", kinds):
        near[one].append((other, kind))
    steps = _distances(starts, near)
    value = frozenset(_distances(starts, near, frozenset(VALUES)) if influence else steps)
    return Trace(sorted(starts), direction, steps, value, dict(near))


def _edges(ones: str, others: str, kinds: str | None) -> Iterable[tuple[int, int, str]]:
    """Numbers and kinds out of texts, which come many times sooner than as many rows."""
    named = repeat(VALUE) if kinds is None else kinds.split(" ")
    return zip(map(int, ones.split()), map(int, others.split()), named, strict=False)


Near = dict[int, list[tuple[int, str]]]


def _distances(
    starts: Collection[int], near: Near, kinds: frozenset[str] = frozenset(INFLUENCES)
) -> dict[int, int]:
    """The smallest distance of everything within reach, level by level."""
    found: dict[int, int] = {}
    level, distance = _closed(starts, near, kinds), 0
    while level:
        found.update(dict.fromkeys(level, distance))
        further = {
            far for one in level for far, kind in near.get(one, ()) if kind in kinds and kind != OF_ROWS
        }
        level = _closed(further - found.keys(), near, kinds) - found.keys()
        distance += 1
    return found


def _closed(numbers: Collection[int], near: Near, kinds: Collection[str] = INFLUENCES) -> set[int]:
    """These, and what an edge of the kind `rows` leads to: it is no step of its own."""
    if OF_ROWS not in kinds:
        return set(numbers)
    return {*numbers, *(far for one in numbers for far, kind in near.get(one, ()) if kind == OF_ROWS)}


def shortest_way(found: Trace, targets: Collection[int]) -> list[int]:
    """Columns from a start to the nearest of the targets, both included; nothing where none is reached."""
    came: dict[int, int | None] = {}
    waiting: deque[tuple[int, int | None]] = deque((start, None) for start in found.starts)
    while waiting:
        one, before = waiting.popleft()
        if one in came:
            continue
        came[one] = before
        if one in targets:
            return _back(came, one)
        for far, kind in sorted(found.near.get(one, ())):
            if kind == OF_ROWS:
                waiting.appendleft((far, one))
            else:
                waiting.append((far, one))
    return []


def _back(came: dict[int, int | None], end: int) -> list[int]:
    way, at = [end], came[end]
    while at is not None:
        way.append(at)
        at = came[at]
    return way[::-1]
