"""What a change of a node, or of one of its columns, would touch downstream.

What cannot be told is listed, and says so: a node whose lineage nobody knows may read a column that is
changed, and so may an exposure, which names nodes and no columns.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.health import test_links
from core.catalog.reading import Reading
from core.kit.paging import decode_cursor, page_of
from core.lineage.answers import known
from core.lineage.answers.facts import (
    TESTS,
    WITH_COLUMNS,
    column_ids,
    kind_of,
    known_nodes,
    require_node,
    versions,
)
from core.lineage.answers.reach import reached_table
from core.lineage.answers.shapes import NodeFact
from core.lineage.answers.state import TraceState, state_of
from core.lineage.models import ROWS, LineageColumn
from core.lineage.walks.columns import Trace, trace
from core.lineage.walks.nodes import distances

SHEET: Final = (
    "node",
    "resource_type",
    "column",
    "steps",
    "kind",
    "certain",
    "attached_node",
    "test_column",
    "owner",
    "nodes",
)
EXPOSURES: Final = ("exposure",)
METRICS: Final = ("metric", "semantic_model", "saved_query")
# Who reads nodes and has no columns; these may read each other.
READERS: Final = (*EXPOSURES, *METRICS)
# Statuses of which no edge need be known although there are some.
UNTOLD: Final = frozenset({"unknown", "not_traced"})


@dataclass(frozen=True)
class Wanted:
    """What would change, and which kind of what it touches is listed."""

    column: str | None = None
    kind: str = "nodes"
    q: str = ""
    influence: bool = True


@dataclass(frozen=True)
class Item:
    """Something that is touched; of owners, how many of the nodes are theirs."""

    node: NodeFact | None = None
    column: str | None = None
    steps: int | None = None
    kind: str | None = None
    certain: bool = True
    test_column: str | None = None
    attached_node: str | None = None
    owner: str | None = None
    nodes: int | None = None

    @property
    def text(self) -> str:
        """What a filter looks at."""
        named = (self.node.unique_id if self.node else None, self.column, self.test_column, self.owner)
        return " ".join(part for part in named if part).lower()


@dataclass(frozen=True)
class Totals:
    """How much is touched in all."""

    columns: int
    nodes: int
    exposures: int
    metrics: int
    tests: int
    owners: int


@dataclass(frozen=True)
class Impact:
    """One page of one kind of what is touched."""

    totals: Totals
    items: Sequence[Item]
    total: int
    next_cursor: str | None
    trace: TraceState


@dataclass
class _Reached:
    """What is reached from a node or a column. `steps` are of nodes; `doubtful` may be touched or not."""

    start: str
    columns: dict[str, dict[str, tuple[int, str]]] = field(
        default_factory=dict[str, dict[str, tuple[int, str]]]
    )
    steps: dict[str, int] = field(default_factory=dict[str, int])
    doubtful: set[str] = field(default_factory=set[str])
    start_columns: frozenset[str] | None = None


def impact_of(
    session: Session,
    reading: Reading,
    unique_id: str,
    wanted: Wanted,
    *,
    cursor: str | None = None,
    limit: int | None,
) -> Impact:
    """One page of one kind of what a change would touch; all of it without a limit.

    Raises:
        NotFound: no such node, or nobody knows of the column.
        Invalid: the cursor is none of ours.
    """
    offset = decode_cursor(cursor)
    reached = _reached(session, reading, unique_id, wanted)
    listing = _Listing(session, reading, reached)
    text = wanted.q.strip().lower()
    listed = [item for item in listing.items(wanted.kind) if not text or text in item.text]
    shown = listed[offset:] if limit is None else listed[offset : offset + limit]
    page = page_of(shown, total=len(listed), offset=offset, limit=limit or len(shown))
    return Impact(listing.totals(), page.items, len(listed), page.next_cursor, state_of(session, reading))


def _reached(session: Session, reading: Reading, unique_id: str, wanted: Wanted) -> _Reached:
    if wanted.column is not None:
        start = known.require_column(session, reading, unique_id, wanted.column)
        found = trace(session, reading, start.starts, "down", influence=wanted.influence)
        names = None if start.name == ROWS else frozenset({start.name})
        reached = _Reached(unique_id, _columns(session, found), start_columns=names)
        reached.steps = _nearest(reached.columns, unique_id)
        _add_doubtful(session, reading, reached)
        return reached
    require_node(session, reading, unique_id)
    starts = list(column_ids(session, reading, [unique_id]))
    found = trace(session, reading, starts, "down", influence=wanted.influence)
    steps = distances(session, reading, [unique_id], "down", tests=False)
    return _Reached(
        unique_id,
        _columns(session, found),
        {key: far for key, far in steps.items() if key != unique_id and kind_of(key) in WITH_COLUMNS},
    )


def _columns(session: Session, found: Trace) -> dict[str, dict[str, tuple[int, str]]]:
    """Columns reached, by node and name, with distance and kind."""
    reached, table = reached_table(found), LineageColumn
    query = sa.select(table.id, table.unique_id, table.name, reached.c.steps).join(
        reached, reached.c.id == table.id
    )
    columns: dict[str, dict[str, tuple[int, str]]] = {}
    for number, unique_id, name, steps in session.execute(query):
        kind = "value" if number in found.value else "influence"
        columns.setdefault(unique_id, {})[name] = (steps, kind)
    return columns


def _nearest(columns: Mapping[str, Mapping[str, tuple[int, str]]], start: str) -> dict[str, int]:
    return {key: min(far for far, _ in names.values()) for key, names in columns.items() if key != start}


def _add_doubtful(session: Session, reading: Reading, reached: _Reached) -> None:
    """Add nodes that read what is reached, nobody knows which columns of it, and what follows on these."""
    certain = {reached.start, *reached.steps}
    children = [key for key in _children(session, reading, certain) if kind_of(key) in WITH_COLUMNS]
    fresh = set(children) - certain
    known_of = versions(session, reading, fresh)
    untold = {key for key in fresh if key not in known_of or known_of[key].status in UNTOLD}
    if not untold:
        return
    near = distances(session, reading, untold, "down", tests=False)
    farthest = max(reached.steps.values(), default=0)
    for key, far in near.items():
        if key not in certain and kind_of(key) in WITH_COLUMNS:
            reached.doubtful.add(key)
            reached.steps[key] = farthest + 1 + far


def _children(session: Session, reading: Reading, unique_ids: Collection[str]) -> list[str]:
    edge: Any = reading.edges
    query = sa.select(edge.child).where(
        edge.environment_id == reading.environment_id, edge.parent == sa.func.any(list(unique_ids))
    )
    return list(session.scalars(query.distinct()))


class _Listing:
    """Everything that is touched, by kind; each list is in the order in which it is shown."""

    def __init__(self, session: Session, reading: Reading, reached: _Reached) -> None:
        self._session = session
        self._reading = reading
        self._reached = reached
        readers = self._readers()
        self._facts = known_nodes(session, reading, {*reached.steps, *readers, *reached.columns})
        self._readers_known = [key for key in readers if key in self._facts]

    def items(self, kind: str) -> list[Item]:
        """Those of one kind."""
        return {
            "columns": self._columns,
            "nodes": self._nodes,
            "exposures": lambda: self._of_types(EXPOSURES),
            "metrics": lambda: self._of_types(METRICS),
            "tests": lambda: self._tests,
            "owners": lambda: self._owners,
        }[kind]()

    def totals(self) -> Totals:
        """How many there are of each kind."""
        columns = sum(
            len(names.keys() - {ROWS}) for key, names in self._reached.columns.items() if key in self._facts
        )
        readers = [kind_of(key) for key in self._readers_known]
        exposures = sum(kind in EXPOSURES for kind in readers)
        nodes = len(self._reached.steps.keys() & self._facts.keys())
        metrics = len(readers) - exposures
        return Totals(columns, nodes, exposures, metrics, len(self._tests), len(self._owners))

    def _readers(self) -> list[str]:
        """Exposures, metrics and their like that read what is touched, also by way of each other."""
        found: set[str] = set()
        level: Collection[str] = {self._reached.start, *self._reached.steps}
        while level:
            near = _children(self._session, self._reading, level)
            level = {key for key in near if kind_of(key) in READERS} - found
            found |= level
        return sorted(found)

    def _columns(self) -> list[Item]:
        found = sorted(
            (steps, key, name, kind)
            for key, names in self._reached.columns.items()
            if key in self._facts
            for name, (steps, kind) in names.items()
            if name != ROWS
        )
        return [Item(self._facts[key], name, steps, kind) for steps, key, name, kind in found]

    def _nodes(self) -> list[Item]:
        steps, doubtful = self._reached.steps, self._reached.doubtful
        found = [
            Item(self._facts[key], steps=far, kind=self._kind(key), certain=key not in doubtful)
            for key, far in steps.items()
            if key in self._facts
        ]
        return sorted(found, key=lambda item: (not item.certain, item.steps, item.text))

    def _kind(self, unique_id: str) -> str | None:
        kinds = {kind for _, kind in self._reached.columns.get(unique_id, {}).values()}
        return None if not kinds else "value" if "value" in kinds else "influence"

    def _of_types(self, types: Collection[str]) -> list[Item]:
        certain = self._reached.start_columns is None and not self._reached.doubtful
        found = [
            Item(self._facts[key], certain=certain) for key in self._readers_known if kind_of(key) in types
        ]
        return sorted(found, key=lambda item: item.text)

    @cached_property
    def _tests(self) -> list[Item]:
        """Tests of what is touched and of what changes itself; with a column, those about touched columns."""
        found: list[Item] = []
        for fact, about, column in self._tests_about({self._reached.start, *self._reached.steps}):
            certain = self._is_touched(about, column)
            if certain is not None:
                found.append(Item(fact, certain=certain, test_column=column, attached_node=about))
        return sorted(found, key=lambda item: (not item.certain, item.attached_node, item.text))

    def _is_touched(self, about: str, column: str | None) -> bool | None:
        """Whether a test is about something touched; None where it is certainly not."""
        if self._reached.start_columns is None:
            return True
        names = (
            self._reached.start_columns if about == self._reached.start else self._reached.columns.get(about)
        )
        if column is None or names is None or about in self._reached.doubtful:
            return False
        return True if column.lower() in {name.lower() for name in names} else None

    def _tests_about(self, unique_ids: Collection[str]) -> list[tuple[NodeFact, str, str | None]]:
        node, result = self._reading.nodes, self._reading.results
        wanted = list(unique_ids)
        links = test_links(self._reading, lambda column: column == sa.func.any(wanted))
        same = sa.and_(result.environment_id == node.environment_id, result.unique_id == node.unique_id)
        query = (
            sa.select(
                node.unique_id,
                node.name,
                node.resource_type,
                node.materialization,
                result.status,
                sa.func.min(links.c.about),
                node.column_name,
            )
            .join(links, links.c.test_id == node.unique_id)
            .outerjoin(result, same)
            .where(node.environment_id == self._reading.environment_id, node.resource_type.in_(TESTS))
            .group_by(
                node.unique_id,
                node.name,
                node.resource_type,
                node.materialization,
                result.status,
                node.column_name,
            )
        )
        return [(NodeFact(*row[:5]), row[5], row[6]) for row in self._session.execute(query)]

    @cached_property
    def _owners(self) -> list[Item]:
        """Who owns what is touched; nobody is no owner."""
        node = self._reading.nodes
        touched = [*self._reached.steps, *self._readers_known]
        count = sa.func.count()
        query = (
            sa.select(node.owner, count)
            .where(
                node.environment_id == self._reading.environment_id,
                node.unique_id == sa.func.any(touched),
                sa.func.coalesce(node.owner, "") != "",
            )
            .group_by(node.owner)
            .order_by(count.desc(), node.owner)
        )
        return [Item(owner=owner, nodes=nodes) for owner, nodes in self._session.execute(query)]


def row(item: Item) -> Sequence[Any]:
    """For `SHEET`."""
    node = item.node
    named = (node.unique_id, node.resource_type) if node else (None, None)
    told = (item.column, item.steps, item.kind, item.certain, item.attached_node, item.test_column)
    return *named, *told, item.owner, item.nodes
