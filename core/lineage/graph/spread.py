"""Steps over the edges between nodes: which are shown around a focus."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core.catalog.reading import Reading, valid_at
from core.catalog.snapshots.models import NodeVersion
from core.catalog.values import TEST_TYPES
from core.lineage.answers.facts import is_test
from core.lineage.walks.nodes import all_edges, neighbours

MAX_SHOWN: Final = 600
Pairs = set[tuple[str, str]]
Counts = dict[str, int]


class Walk:
    """Steps over the edges of one reading, or of two that are compared.

    Tests hang on nearly everything and stay out by default, except one that is itself in focus.
    """

    def __init__(
        self,
        session: Session,
        readings: Sequence[Reading],
        focus: str,
        *,
        with_tests: bool,
        most: int = MAX_SHOWN,
    ) -> None:
        self._session = session
        self._most = most
        self._tables = [_table(session, reading, focus, with_tests=with_tests) for reading in readings]
        self.truncated = False

    def spread(self, shown: set[str], start: Iterable[str], direction: str, steps: int) -> None:
        """Add what lies within `steps` of the start; stops, and says so, at what a person can look at."""
        frontier = [unique_id for unique_id in start if unique_id in shown]
        for _ in range(steps):
            found = self._neighbours(frontier, direction) - shown
            frontier = self.room_for(shown, found)
            shown.update(frontier)
            if not frontier:
                return

    def room_for(self, shown: set[str], found: set[str]) -> list[str]:
        """As many of these as can still be shown."""
        room = self._most - len(shown)
        self.truncated = self.truncated or len(found) > room
        return sorted(found)[:room]

    def open_by_hand(self, shown: set[str], opened: Mapping[str, Sequence[str]]) -> None:
        """Add the neighbours of opened nodes; one that only another opened node shows has its turn too."""
        waiting = {(unique_id, direction) for direction, ids in opened.items() for unique_id in ids}
        while ready := {item for item in waiting if item[0] in shown}:
            waiting -= ready
            for direction in opened:
                self.spread(shown, sorted(one for one, way in ready if way == direction), direction, 1)

    def _neighbours(self, unique_ids: Sequence[str], direction: str) -> set[str]:
        return {far for table in self._tables for far in table.next_to(unique_ids, direction)}

    def edges_within(self, unique_ids: Sequence[str]) -> list[Pairs]:
        """The edges between shown nodes, of each reading."""
        return [table.within(unique_ids) for table in self._tables]

    def totals(self, unique_ids: Sequence[str]) -> tuple[Counts, Counts]:
        """How many parents and children each node has in all, as read now."""
        return self._tables[0].count(unique_ids, "up"), self._tables[0].count(unique_ids, "down")


class _Table(Protocol):
    """Edges between nodes that exist, without tests unless these are shown."""

    def next_to(self, unique_ids: Sequence[str], direction: str) -> set[str]:
        """What is next to these, in a direction."""
        ...

    def within(self, unique_ids: Sequence[str]) -> Pairs:
        """The edges between these."""
        ...

    def count(self, unique_ids: Sequence[str], direction: str) -> Counts:
        """How much is next to each of these, in a direction."""
        ...


def _table(session: Session, reading: Reading, focus: str, *, with_tests: bool) -> _Table:
    if reading.snapshot is not None:
        return _Past(session, reading, reading.snapshot.id, focus, with_tests=with_tests)
    return _Present(session, reading, focus, with_tests=with_tests)


class _Present:
    """Edges as they are now, asked of the database for each step."""

    def __init__(self, session: Session, reading: Reading, focus: str, *, with_tests: bool) -> None:
        self._session = session
        edge, parent, child = reading.edges, aliased(reading.nodes), aliased(reading.nodes)
        query = (
            sa.select(edge.parent, edge.child)
            .join(
                parent,
                sa.and_(parent.environment_id == edge.environment_id, parent.unique_id == edge.parent),
            )
            .join(child, sa.and_(child.environment_id == edge.environment_id, child.unique_id == edge.child))
            .where(edge.environment_id == reading.environment_id)
        )
        if not with_tests:
            query = query.where(
                sa.or_(child.resource_type.not_in(TEST_TYPES), child.unique_id == focus),
                sa.or_(parent.resource_type.not_in(TEST_TYPES), parent.unique_id == focus),
            )
        self._edges = query.subquery().c

    def _ends(self, direction: str) -> tuple[Any, Any]:
        edges = self._edges
        return (edges.child, edges.parent) if direction == "up" else (edges.parent, edges.child)

    def next_to(self, unique_ids: Sequence[str], direction: str) -> set[str]:
        near, far = self._ends(direction)
        return set(self._session.scalars(sa.select(far).where(near.in_(unique_ids)).distinct()))

    def within(self, unique_ids: Sequence[str]) -> Pairs:
        edges = self._edges
        query = sa.select(edges.parent, edges.child).where(
            edges.parent.in_(unique_ids), edges.child.in_(unique_ids)
        )
        return {(parent, child) for parent, child in self._session.execute(query)}

    def count(self, unique_ids: Sequence[str], direction: str) -> Counts:
        near, _ = self._ends(direction)
        query = sa.select(near, sa.func.count()).where(near.in_(unique_ids)).group_by(near)
        return {row[0]: row[1] for row in self._session.execute(query)}


class _Past:
    """Edges as they were, all read at once: the past has no index to step along."""

    def __init__(
        self, session: Session, reading: Reading, snapshot_id: int, focus: str, *, with_tests: bool
    ) -> None:
        version = NodeVersion
        query = sa.select(version.unique_id).where(
            version.environment_id == reading.environment_id, valid_at(snapshot_id)
        )
        nodes = {key for key in session.scalars(query) if with_tests or key == focus or not is_test(key)}
        edges = [pair for pair in all_edges(session, reading) if nodes.issuperset(pair)]
        self._near = {direction: neighbours(edges, direction) for direction in ("up", "down")}

    def next_to(self, unique_ids: Sequence[str], direction: str) -> set[str]:
        near = self._near[direction]
        return {far for one in unique_ids for far in near.get(one, ())}

    def within(self, unique_ids: Sequence[str]) -> Pairs:
        shown, near = set(unique_ids), self._near["down"]
        return {(one, other) for one in shown for other in near.get(one, ()) if other in shown}

    def count(self, unique_ids: Sequence[str], direction: str) -> Counts:
        near = self._near[direction]
        return {one: len(near[one]) for one in unique_ids if one in near}
