"""A selection with dbt's ways of taking tests along: `eager`, `cautious`, `buildable` and `empty`.

`eager` is answered by one query. For the others dbt looks at which parents of a test are selected, and looks
again as sets are joined: that is done here, step by step as dbt does it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.reading import Reading
from core.catalog.selectors.methods import condition
from core.catalog.selectors.scope import Scope
from core.catalog.selectors.spec import Criterion, Intersection, Selector, Union
from core.catalog.selectors.sql import matching
from core.catalog.selectors.values import TESTS

EAGER: Final = "eager"
CAUTIOUS: Final = "cautious"
BUILDABLE: Final = "buildable"
EMPTY: Final = "empty"

Ids = set[str]
# What is selected, and tests that may be once their other parents are.
Sets = tuple[Ids, Ids]


def select_ids(session: Session, reading: Reading, selector: Selector, mode: str = EAGER) -> Ids:
    """The unique_ids that a selection means, tests taken along as this mode says."""
    if mode == EAGER:
        return set(session.scalars(matching(reading, selector)))
    chooser = _Chooser(session, Scope(reading), _graph_of(session, reading), mode)
    included, _ = chooser.union(selector.include)
    excluded, _ = chooser.union(selector.exclude)
    return included - excluded


@dataclass(frozen=True)
class _Graph:
    parents: Mapping[str, Ids]
    children: Mapping[str, Ids]

    def reached(self, start: Iterable[str], depth: int | None, edges: Mapping[str, Ids]) -> Ids:
        """What is reached from the start in so many steps; of the start itself only what is reached."""
        found: Ids = set()
        layer = set(start)
        while layer and (depth is None or depth > 0):
            layer = set().union(*(edges.get(one, set()) for one in layer)) - found
            found |= layer
            depth = None if depth is None else depth - 1
        return found

    def ancestors(self, start: Iterable[str], depth: int | None = None) -> Ids:
        return self.reached(start, depth, self.parents)

    def descendants(self, start: Iterable[str], depth: int | None = None) -> Ids:
        return self.reached(start, depth, self.children)


def _graph_of(session: Session, reading: Reading) -> _Graph:
    edges = reading.edges
    parents: dict[str, Ids] = {}
    children: dict[str, Ids] = {}
    query = sa.select(edges.parent, edges.child).where(edges.environment_id == reading.environment_id)
    for parent, child in session.execute(query):
        parents.setdefault(child, set()).add(parent)
        children.setdefault(parent, set()).add(child)
    return _Graph(parents, children)


@dataclass(frozen=True)
class _Chooser:
    session: Session
    scope: Scope
    graph: _Graph
    mode: str

    def union(self, union: Union) -> Sets:
        return self._joined([self._intersection(part) for part in union], set.union)

    def _intersection(self, part: Intersection) -> Sets:
        return self._joined([self._criterion(one) for one in part], set.intersection)

    def _joined(self, parts: list[Sets], join: Any) -> Sets:
        """Sets put together; a test that waited for its other parents is taken once they are all there."""
        if not parts:
            return set(), set()
        direct: Ids = reduce(join, (part[0] for part in parts))
        indirect: Ids = reduce(join, (part[0] | part[1] for part in parts))
        return self._incorporated(direct, indirect), indirect

    def _criterion(self, criterion: Criterion) -> Sets:
        own = self._own(criterion)
        selected = own | self._relatives(own, criterion)
        if self.mode == EMPTY:
            return selected, set()
        enough = self._enough(selected)
        direct, indirect = set(selected), set[str]()
        for test in self._tests_of(selected):
            (direct if self._parents(test) <= enough else indirect).add(test)
        return direct, indirect

    def _own(self, criterion: Criterion) -> Ids:
        nodes = self.scope.nodes()
        wanted = self.scope.selectable(nodes), condition(self.scope, nodes, criterion)
        return set(self.session.scalars(sa.select(nodes.unique_id).where(*wanted)))

    def _relatives(self, own: Ids, criterion: Criterion) -> Ids:
        found: Ids = set()
        if criterion.childrens_parents:
            below = self.graph.descendants(own) | own
            found |= self.graph.ancestors(below) | below
        if criterion.parents is not None:
            found |= self.graph.ancestors(own, criterion.parents.depth)
        if criterion.children is not None:
            found |= self.graph.descendants(own, criterion.children.depth)
        return found

    def _enough(self, selected: Ids, *, sources: bool = True) -> Ids:
        """Where all parents of a test have to be. Data of sources is always there to be tested."""
        if self.mode != BUILDABLE:
            return selected
        found = selected | self.graph.ancestors(selected)
        every = {key for key in self.graph.children if key.startswith("source.")} if sources else set[str]()
        return found | every

    def _tests_of(self, selected: Ids) -> Ids:
        below = set[str]().union(*(self.graph.children.get(one, set()) for one in selected))
        return {one for one in below if one.partition(".")[0] in TESTS}

    def _parents(self, test: str) -> Ids:
        return self.graph.parents.get(test, set())

    def _incorporated(self, direct: Ids, indirect: Ids) -> Ids:
        enough = self._enough(direct, sources=False)
        # dbt looks among nodes, of which unit tests are none.
        waiting = {one for one in indirect - direct if one.startswith("test.")}
        if self.mode == EMPTY:
            return direct
        return direct | {one for one in waiting if self._parents(one) <= enough}
