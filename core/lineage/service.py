"""Model lineage around one node: what is shown, and how much more there is."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, aliased

from core.catalog import repository as catalog
from core.catalog import service as catalog_service
from core.catalog.models import Node, NodeResult
from core.catalog.reading import Reading
from core.catalog.values import TEST_TYPES
from core.kit.errors import FieldError, Invalid
from core.lineage.layout import Place, lay_out

MAX_STEPS = 10
MAX_EXPANDED = 200
MAX_SHOWN = 600


@dataclass(frozen=True)
class View:
    """What a person chose to see: steps around the focus, and nodes opened up- or downstream by hand."""

    up: int = 1
    down: int = 1
    expand_up: Sequence[str] = ()
    expand_down: Sequence[str] = ()
    with_tests: bool = False


@dataclass(frozen=True)
class GraphNode:
    """A node in its place. Totals count all its neighbours, shown or not."""

    node: Node
    result: NodeResult | None
    place: Place
    parents_total: int
    children_total: int
    parents_shown: int
    children_shown: int


@dataclass(frozen=True)
class Graph:
    """The part of the lineage that is shown; `ancestors` and `descendants` count the whole."""

    focus: str
    nodes: Sequence[GraphNode]
    edges: Sequence[tuple[str, str]]
    ancestors: int
    descendants: int
    truncated: bool


def graph_around(session: Session, reading: Reading, focus: str, view: View) -> Graph:
    """The lineage around a node.

    Raises:
        NotFound: no such node.
        Invalid: more steps or opened nodes than are allowed.
    """
    _check(view)
    catalog_service.require_node(session, reading, focus)
    walk = _Walk(session, reading, focus, with_tests=view.with_tests)
    shown = {focus}
    walk.spread(shown, [focus], "up", view.up)
    walk.spread(shown, [focus], "down", view.down)
    walk.open_by_hand(shown, {"up": view.expand_up, "down": view.expand_down})
    nodes = sorted(shown)
    edges = walk.edges_within(nodes)
    places = lay_out(nodes, edges)
    facts = catalog.refs(session, reading, nodes)
    parents_total, children_total = walk.totals(nodes)
    parents_shown = Counter(child for _, child in edges)
    children_shown = Counter(parent for parent, _ in edges)
    return Graph(
        focus=focus,
        nodes=[
            GraphNode(
                facts[unique_id].node,
                facts[unique_id].result,
                places[unique_id],
                parents_total.get(unique_id, 0),
                children_total.get(unique_id, 0),
                parents_shown[unique_id],
                children_shown[unique_id],
            )
            for unique_id in nodes
            if unique_id in facts
        ],
        edges=edges,
        ancestors=walk.count_all(focus, "up"),
        descendants=walk.count_all(focus, "down"),
        truncated=walk.truncated,
    )


def _check(view: View) -> None:
    problems = [
        FieldError(name, f"must be from 0 to {MAX_STEPS}")
        for name, value in (("up", view.up), ("down", view.down))
        if not 0 <= value <= MAX_STEPS
    ]
    if len(view.expand_up) + len(view.expand_down) > MAX_EXPANDED:
        problems.append(FieldError("expand_up", f"at most {MAX_EXPANDED} nodes can be opened"))
    if problems:
        raise Invalid("This view of the lineage is not possible.", details=problems)


class _Walk:
    """Steps over the edges of one workspace.

    Tests hang on nearly everything and stay out by default, except one that is itself in focus.
    """

    def __init__(self, session: Session, reading: Reading, focus: str, *, with_tests: bool) -> None:
        self._session = session
        self._reading = reading
        self._focus = focus
        self._with_tests = with_tests
        self.truncated = False

    def _edges(self) -> sa.Select[str, str]:
        reading = self._reading
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
        return query

    def spread(self, shown: set[str], start: Iterable[str], direction: str, steps: int) -> None:
        """Add what lies within `steps` of the start; stops, and says so, at what a person can look at."""
        frontier = [unique_id for unique_id in start if unique_id in shown]
        for _ in range(steps):
            found = self._neighbours(frontier, direction) - shown
            room = MAX_SHOWN - len(shown)
            self.truncated = self.truncated or len(found) > room
            frontier = sorted(found)[:room]
            shown.update(frontier)
            if not frontier:
                return

    def open_by_hand(self, shown: set[str], opened: Mapping[str, Sequence[str]]) -> None:
        """Add the neighbours of opened nodes; one that only another opened node shows has its turn too."""
        waiting = {(unique_id, direction) for direction, ids in opened.items() for unique_id in ids}
        while ready := {item for item in waiting if item[0] in shown}:
            waiting -= ready
            for direction in opened:
                self.spread(shown, sorted(one for one, way in ready if way == direction), direction, 1)

    def _neighbours(self, unique_ids: Sequence[str], direction: str) -> set[str]:
        edges = self._edges().subquery()
        near, far = (edges.c.child, edges.c.parent) if direction == "up" else (edges.c.parent, edges.c.child)
        return set(self._session.scalars(sa.select(far).where(near.in_(unique_ids)).distinct()))

    def edges_within(self, unique_ids: Sequence[str]) -> list[tuple[str, str]]:
        """The edges between shown nodes."""
        edges = self._edges().subquery()
        query = sa.select(edges.c.parent, edges.c.child).where(
            edges.c.parent.in_(unique_ids), edges.c.child.in_(unique_ids)
        )
        return sorted((parent, child) for parent, child in self._session.execute(query))

    def totals(self, unique_ids: Sequence[str]) -> tuple[dict[str, int], dict[str, int]]:
        """How many parents and children each node has in all."""
        edges = self._edges().subquery()

        def count(near: sa.ColumnElement[str]) -> dict[str, int]:
            query = sa.select(near, sa.func.count()).where(near.in_(unique_ids)).group_by(near)
            return dict(self._session.execute(query).all())

        return count(edges.c.child), count(edges.c.parent)

    def count_all(self, focus: str, direction: str) -> int:
        """How many nodes lie up- or downstream, at any distance."""
        edges = self._edges().subquery()
        near, far = (edges.c.child, edges.c.parent) if direction == "up" else (edges.c.parent, edges.c.child)
        reached = sa.select(far.label("node")).where(near == focus).cte("reached", recursive=True)
        reached = reached.union(sa.select(far).join(reached, near == reached.c.node))
        query = sa.select(sa.func.count()).select_from(reached).where(reached.c.node != focus)
        return self._session.scalar(query) or 0
