"""Lineage around one node: what is shown, and how much more there is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sqlalchemy.orm import Session

from core.catalog.reading import Reading
from core.lineage.answers.changes import as_of
from core.lineage.answers.facts import require_node
from core.lineage.answers.shapes import Edge, NodeLink
from core.lineage.answers.state import TraceState, state_of
from core.lineage.graph.cards import Card, cards, compared
from core.lineage.graph.focus import Focus, focus_on
from core.lineage.graph.layout import NODE_WIDTH, Place, height_of, lay_out
from core.lineage.graph.shown import ShownColumn, ShownColumns, shown_columns
from core.lineage.graph.spread import MAX_SHOWN, Pairs, Walk
from core.lineage.graph.view import MAX_EXPANDED, MAX_STEPS, View, check
from core.lineage.walks.columns import Direction
from core.lineage.walks.nodes import count_kept

__all__ = ["MAX_EXPANDED", "MAX_SHOWN", "MAX_STEPS", "Graph", "GraphNode", "View", "graph_around"]


DIRECTIONS: Final[tuple[Direction, ...]] = ("up", "down")


@dataclass(frozen=True)
class GraphNode:
    """A node in its place. Totals count all its neighbours, shown or not."""

    card: Card
    place: Place
    columns: Sequence[ShownColumn] | None
    parents_total: int
    children_total: int
    parents_shown: int
    children_shown: int
    width: float
    height: float


@dataclass(frozen=True)
class Totals:
    """How much there is in all, at any distance."""

    ancestors: int
    descendants: int


@dataclass(frozen=True)
class Graph:
    """The part of the lineage that is shown; totals count the whole."""

    focus: str
    nodes: Sequence[GraphNode]
    edges: Sequence[NodeLink]
    column_edges: Sequence[Edge]
    totals: Totals
    column_totals: Totals | None
    truncated: bool
    trace: TraceState


def graph_around(session: Session, reading: Reading, focus: str, view: View) -> Graph:
    """The lineage around a node.

    Raises:
        NotFound: no such node, no such column of it, or no such snapshot to compare with.
        Invalid: more steps or opened nodes than are allowed.
    """
    check(view)
    require_node(session, reading, focus)
    return _Graph(session, reading, focus, view).answer()


class _Graph:
    """A graph while it is put together."""

    def __init__(self, session: Session, reading: Reading, focus: str, view: View) -> None:
        self._session, self._reading, self._focus, self._view = session, reading, focus, view
        past = [] if view.since is None else [as_of(session, reading, view.since)]
        self._readings = [reading, *past]
        self._walk = Walk(session, self._readings, focus, with_tests=view.with_tests, most=MAX_SHOWN)

    def answer(self) -> Graph:
        """Choose nodes, then columns, then places."""
        nodes = sorted(self._shown)
        found = self._cards(nodes)
        nodes = [unique_id for unique_id in nodes if unique_id in found]
        traced = self._column_focus.traced if self._column_focus else ()
        columns = shown_columns(self._session, self._readings, self._view, nodes, traced)
        links = _links(self._walk.edges_within(nodes))
        return Graph(
            focus=self._focus,
            nodes=self._placed(nodes, found, columns, links),
            edges=links,
            column_edges=columns.edges,
            totals=self._totals(),
            column_totals=self._column_totals(),
            truncated=self._walk.truncated or columns.truncated,
            trace=self._trace,
        )

    @cached_property
    def _trace(self) -> TraceState:
        return state_of(self._session, self._reading)

    @cached_property
    def _column_focus(self) -> Focus | None:
        if self._view.column is None:
            return None
        return focus_on(self._session, self._readings, self._focus, self._view, self._walk)

    @cached_property
    def _shown(self) -> set[str]:
        if self._column_focus is not None:
            return self._column_focus.nodes
        shown, view = {self._focus}, self._view
        self._walk.spread(shown, [self._focus], "up", view.up)
        self._walk.spread(shown, [self._focus], "down", view.down)
        self._walk.open_by_hand(shown, {"up": view.expand_up, "down": view.expand_down})
        return shown

    def _cards(self, nodes: Sequence[str]) -> dict[str, Card]:
        now, *then = (cards(self._session, reading, nodes) for reading in self._readings)
        return compared(then[0], now) if then else now

    def _placed(
        self,
        nodes: Sequence[str],
        found: Mapping[str, Card],
        columns: ShownColumns,
        links: Sequence[NodeLink],
    ) -> list[GraphNode]:
        heights = {key: height_of(len(columns.of_nodes.get(key, ()))) for key in nodes}
        places = lay_out(nodes, [(link.parent, link.child) for link in links], heights)
        parents_total, children_total = self._walk.totals(nodes)
        parents_shown = Counter(link.child for link in links)
        children_shown = Counter(link.parent for link in links)
        return [
            GraphNode(
                found[key],
                places[key],
                columns.of_nodes.get(key),
                parents_total.get(key, 0),
                children_total.get(key, 0),
                parents_shown[key],
                children_shown[key],
                NODE_WIDTH,
                heights[key],
            )
            for key in nodes
        ]

    def _totals(self) -> Totals:
        tests = self._view.with_tests
        up, down = (
            count_kept(self._session, self._reading, self._trace.read, self._focus, direction, tests=tests)
            for direction in DIRECTIONS
        )
        return Totals(up, down)

    def _column_totals(self) -> Totals | None:
        focus = self._column_focus
        return None if focus is None else Totals(focus.ancestors, focus.descendants)


def _links(times: Sequence[Pairs]) -> list[NodeLink]:
    """Edges of now; where two times are compared, also those that went, and which came."""
    now = times[0]
    if len(times) == 1:
        return [NodeLink(*pair) for pair in sorted(now)]
    then = times[1]
    return [NodeLink(*pair, _change(pair, then, now)) for pair in sorted(now | then)]


def _change(pair: tuple[str, str], then: Pairs, now: Pairs) -> str | None:
    if pair in now and pair in then:
        return None
    return "added" if pair in now else "removed"
