"""Steps over the edges between nodes: which are shown around a focus."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core.catalog.reading import Reading
from core.catalog.values import TEST_TYPES

MAX_SHOWN: Final = 600
Pairs = set[tuple[str, str]]


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
        self._focus = focus
        self._with_tests = with_tests
        self._most = most
        self._tables = [self._edges(reading) for reading in readings]
        self.truncated = False

    def _edges(self, reading: Reading) -> Any:
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
        if not self._with_tests:
            query = query.where(
                sa.or_(child.resource_type.not_in(TEST_TYPES), child.unique_id == self._focus),
                sa.or_(parent.resource_type.not_in(TEST_TYPES), parent.unique_id == self._focus),
            )
        return query.subquery()

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
        found: set[str] = set()
        for edges in self._tables:
            near, far = (
                (edges.c.child, edges.c.parent) if direction == "up" else (edges.c.parent, edges.c.child)
            )
            found.update(self._session.scalars(sa.select(far).where(near.in_(unique_ids)).distinct()))
        return found

    def edges_within(self, unique_ids: Sequence[str]) -> list[Pairs]:
        """The edges between shown nodes, of each reading."""
        return [self._within(edges, unique_ids) for edges in self._tables]

    def _within(self, edges: Any, unique_ids: Sequence[str]) -> Pairs:
        query = sa.select(edges.c.parent, edges.c.child).where(
            edges.c.parent.in_(unique_ids), edges.c.child.in_(unique_ids)
        )
        return {(parent, child) for parent, child in self._session.execute(query)}

    def totals(self, unique_ids: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
        """How many parents and children each node has in all, as read now."""
        edges = self._tables[0]

        def count(near: sa.ColumnElement[str]) -> dict[str, int]:
            query = sa.select(near, sa.func.count()).where(near.in_(unique_ids)).group_by(near)
            return {row[0]: row[1] for row in self._session.execute(query)}

        return count(edges.c.child), count(edges.c.parent)
