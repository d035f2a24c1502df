"""Walks over the edges between nodes, each edge once."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from functools import lru_cache
from typing import Any, Final
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.reading import Reading
from core.kit.database import SCHEMA
from core.lineage.answers.facts import is_test
from core.lineage.walks.columns import Direction

Pairs = list[tuple[str, str]]

# Node by node through the index (`offset 0`); tests lead nowhere, and are looked at last.
_REACHED: Final = """
with recursive reached(id) as (
  select unnest(cast(:starts as text[]))
  union
  select near.far from reached cross join lateral (
    select e.{far} as far from {schema}.lineage e
    where e.environment_id = :environment and e.{near} = reached.id offset 0
  ) near where {wanted}
)
"""
_EDGES: Final = """
select e.parent, e.child from reached cross join lateral (
  select e.parent, e.child from {schema}.lineage e
  where e.environment_id = :environment and e.{near} = reached.id offset 0
) e
"""
_COUNT: Final = """
select count(*) from reached where id <> all(:starts) and exists (
  select from {schema}.nodes n where n.environment_id = :environment and n.unique_id = reached.id
)
"""
_NO_TESTS: Final = r"near.far not like 'test.%' and near.far not like 'unit\_test.%'"


@lru_cache
def _statement(direction: Direction, what: str, *, tests: bool) -> sa.TextClause:
    near, far = ("child", "parent") if direction == "up" else ("parent", "child")
    text = (_REACHED + what).format(near=near, far=far, schema=SCHEMA, wanted="true" if tests else _NO_TESTS)
    return sa.text(text)


# Of each database: how many nodes lie in a direction of one, by snapshot. A page asks again with every click.
_COUNTS: Final[WeakKeyDictionary[Any, dict[tuple[Any, ...], int]]] = WeakKeyDictionary()
MOST_COUNTS: Final = 20_000


def count_kept(
    session: Session,
    reading: Reading,
    snapshot_id: int | None,
    start: str,
    direction: Direction,
    *,
    tests: bool,
) -> int:
    """The same as `count_reached`; counted once for each snapshot."""
    kept = _COUNTS.setdefault(session.get_bind(), {})
    key = (reading.environment_id, reading.is_past, snapshot_id, start, direction, tests)
    found = kept.get(key)
    if found is None or snapshot_id is None:
        found = count_reached(session, reading, start, direction, tests=tests)
        if len(kept) >= MOST_COUNTS:
            kept.clear()
        kept[key] = found
    return found


def count_reached(
    session: Session, reading: Reading, start: str, direction: Direction, *, tests: bool
) -> int:
    """How many nodes lie up- or downstream of one, at any distance."""
    if reading.is_past:
        steps = distances(session, reading, [start], direction, tests=tests)
        return len(_existing(session, reading, steps.keys() - {start}))
    values = {"starts": [start], "environment": reading.environment_id}
    return session.execute(_statement(direction, _COUNT, tests=tests), values).scalar_one()


def distances(
    session: Session, reading: Reading, starts: Collection[str], direction: Direction, *, tests: bool
) -> dict[str, int]:
    """Everything up- or downstream of nodes, with its smallest distance: 0 for the start.

    Also what the project names and does not have.
    """
    near = neighbours(edges_in_reach(session, reading, starts, direction, tests=tests), direction)
    found: dict[str, int] = {}
    level, distance = {*starts}, 0
    while level:
        found.update(dict.fromkeys(level, distance))
        level = {
            far for one in level for far in near.get(one, ()) if tests or not is_test(far)
        } - found.keys()
        distance += 1
    return found


def edges_in_reach(
    session: Session, reading: Reading, starts: Collection[str], direction: Direction, *, tests: bool
) -> Pairs:
    """Edges (parent, child) up- or downstream of nodes. Of the past: all there are."""
    if reading.is_past:
        return all_edges(session, reading)
    values = {"starts": sorted(starts), "environment": reading.environment_id}
    statement = _statement(direction, _EDGES, tests=tests)
    return [(row[0], row[1]) for row in session.execute(statement, values).all()]


def all_edges(session: Session, reading: Reading) -> Pairs:
    """All edges between nodes, parent and child."""
    edge: Any = reading.edges
    query = sa.select(edge.parent, edge.child).where(edge.environment_id == reading.environment_id)
    return [(row[0], row[1]) for row in session.execute(query).all()]


def neighbours(edges: Iterable[tuple[str, str]], direction: Direction) -> dict[str, list[str]]:
    """What is next to each node, in a direction."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for parent, child in edges:
        near, far = (child, parent) if direction == "up" else (parent, child)
        found[near].append(far)
    return dict(found)


def _existing(session: Session, reading: Reading, unique_ids: Collection[str]) -> set[str]:
    node = reading.nodes
    query = sa.select(node.unique_id).where(
        node.environment_id == reading.environment_id, node.unique_id == sa.func.any(list(unique_ids))
    )
    return set(session.scalars(query))


def shortest_way(near: Callable[[str], Iterable[str]], start: str, target: str) -> list[str]:
    """Nodes from one to another, both included; nothing where there is no way."""
    came: dict[str, str | None] = {start: None}
    level = [start]
    while level and target not in came:
        following: list[str] = []
        for one in level:
            for far in sorted(near(one)):
                if far not in came:
                    came[far] = one
                    following.append(far)
        level = following
    way: list[str] = []
    at: str | None = target if target in came else None
    while at is not None:
        way.append(at)
        at = came[at]
    return way[::-1]
