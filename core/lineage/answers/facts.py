"""Facts about nodes and columns that answers about lineage need, in a fixed number of queries."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog import service as catalog
from core.catalog.reading import Reading
from core.lineage.answers.shapes import NOT_TRACED, ColumnRef, Edge, NodeFact
from core.lineage.models import OF_ROWS, VALUE, ColumnEdge, LineageColumn, NodeLineageVersion

# Resource types whose nodes have columns, and so lineage of columns.
WITH_COLUMNS: Final = ("model", "seed", "snapshot", "source")
TESTS: Final = ("test", "unit_test")


def holds(table: Any, reading: Reading) -> sa.ColumnElement[bool]:
    """Whether an edge, or what is known of a node, held at the time that is read."""
    if reading.snapshot is None:
        return table.valid_to.is_(None)
    at = reading.snapshot.id
    return sa.and_(table.valid_from <= at, sa.or_(table.valid_to.is_(None), table.valid_to > at))


def kind_of(unique_id: str) -> str:
    """The resource type that a unique_id begins with."""
    return unique_id.split(".", 1)[0]


def is_test(unique_id: str) -> bool:
    """Whether a unique_id is that of a test."""
    return kind_of(unique_id) in TESTS


def require_node(session: Session, reading: Reading, unique_id: str) -> UUID | None:
    """The hash of the compiled SQL of a node that exists; without all else that the catalog knows of it.

    Raises:
        NotFound: the catalog has no such node; names near ones.
    """
    node = reading.nodes
    query = sa.select(node.unique_id, node.compiled_hash).where(
        node.environment_id == reading.environment_id, node.unique_id == unique_id
    )
    found = session.execute(query).one_or_none()
    if found is None:
        raise catalog.missing(session, reading, unique_id)
    return found.compiled_hash


def known_nodes(session: Session, reading: Reading, unique_ids: Iterable[str]) -> dict[str, NodeFact]:
    """Those of these nodes that the catalog has, by unique_id."""
    node, result = reading.nodes, reading.results
    same = sa.and_(result.environment_id == node.environment_id, result.unique_id == node.unique_id)
    query = (
        sa.select(node.unique_id, node.name, node.resource_type, node.materialization, result.status)
        .outerjoin(result, same)
        .where(node.environment_id == reading.environment_id, node.unique_id == sa.func.any(list(unique_ids)))
    )
    return {row[0]: NodeFact(*row) for row in session.execute(query)}


def node_facts(session: Session, reading: Reading, unique_ids: Iterable[str]) -> dict[str, NodeFact]:
    """Nodes by unique_id. Of one that the catalog does not have (any more), what its id says."""
    wanted = set(unique_ids)
    found = known_nodes(session, reading, wanted) if wanted else {}
    return {**{unique_id: _gone(unique_id) for unique_id in wanted - found.keys()}, **found}


def _gone(unique_id: str) -> NodeFact:
    return NodeFact(unique_id, unique_id.rsplit(".", 1)[-1], kind_of(unique_id), None, None)


@dataclass(frozen=True)
class EdgeRow:
    """An edge between numbered columns."""

    parent_id: int
    child_id: int
    kind: str
    transform: str
    confidence: float
    span: tuple[int, int] | None

    @property
    def key(self) -> tuple[int, int, str]:
        """What an edge is compared by, beside its transform."""
        return self.parent_id, self.child_id, self.kind


EDGE: Final = ColumnEdge
EDGE_COLUMNS: Final = (
    EDGE.parent_id,
    EDGE.child_id,
    EDGE.kind,
    EDGE.transform,
    EDGE.confidence,
    EDGE.span_start,
    EDGE.span_end,
)


def edge_rows(
    session: Session, reading: Reading, *conditions: sa.ColumnElement[bool], limit: int | None = None
) -> list[EdgeRow]:
    """Edges that are shown (never those of the kind `rows`), in order: values first, by number of columns."""
    order = (EDGE.child_id, EDGE.kind != VALUE, EDGE.parent_id, EDGE.transform)
    query = sa.select(*EDGE_COLUMNS).where(holds(EDGE, reading), EDGE.kind != OF_ROWS, *conditions)
    return [edge_row(row) for row in session.execute(query.order_by(*order).limit(limit))]


def edge_row(row: Sequence[Any]) -> EdgeRow:
    """From `EDGE_COLUMNS`."""
    parent_id, child_id, kind, transform, confidence, start, end = row
    span = None if start is None or end is None else (start, end)
    return EdgeRow(parent_id, child_id, kind, transform, confidence, span)


class Names:
    """Columns by number, with the names of their nodes."""

    def __init__(self, session: Session, reading: Reading) -> None:
        self._session = session
        self._reading = reading
        self._columns: dict[int, tuple[str, str]] = {}
        self._nodes: dict[str, NodeFact] = {}

    def learn(self, ids: Collection[int]) -> None:
        """Look up columns and nodes that are not known yet."""
        wanted = [number for number in ids if number not in self._columns]
        if not wanted:
            return
        table = LineageColumn
        query = sa.select(table.id, table.unique_id, table.name).where(table.id == sa.func.any(wanted))
        self._columns |= {row[0]: (row[1], row[2]) for row in self._session.execute(query)}
        new = {self._columns[number][0] for number in wanted if number in self._columns} - self._nodes.keys()
        self._nodes |= node_facts(self._session, self._reading, new)

    def of(self, number: int) -> tuple[str, str]:
        """The node of a column, and its name."""
        return self._columns[number]

    def node(self, unique_id: str) -> NodeFact:
        """A node that was learned with one of its columns."""
        return self._nodes[unique_id]

    def ref(self, number: int) -> ColumnRef:
        """A column to link to."""
        unique_id, name = self._columns[number]
        node = self._nodes[unique_id]
        return ColumnRef(unique_id, node.name, node.resource_type, name)

    def edges(
        self, rows: Sequence[EdgeRow], changes: Sequence[tuple[str | None, str | None]] = ()
    ) -> list[Edge]:
        """Edges with their names; `changes` holds, for each, its change and its transform before."""
        self.learn({number for row in rows for number in (row.parent_id, row.child_id)})
        marks = changes or [(None, None)] * len(rows)
        return [
            Edge(
                self.ref(row.parent_id),
                self.ref(row.child_id),
                row.kind,
                row.transform,
                row.confidence,
                row.span,
                change,
                before,
            )
            for row, (change, before) in zip(rows, marks, strict=True)
        ]


def column_ids(session: Session, reading: Reading, unique_ids: Collection[str]) -> dict[int, tuple[str, str]]:
    """The numbered columns of nodes, with node and name; those that stand for all rows, too."""
    table = LineageColumn
    query = sa.select(table.id, table.unique_id, table.name).where(
        table.environment_id == reading.environment_id, table.unique_id == sa.func.any(list(unique_ids))
    )
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def versions(
    session: Session, reading: Reading, unique_ids: Collection[str]
) -> dict[str, NodeLineageVersion]:
    """What is known of the columns of nodes, by unique_id; nothing of those that were never traced."""
    table = NodeLineageVersion
    query = sa.select(table).where(
        table.environment_id == reading.environment_id,
        table.unique_id == sa.func.any(list(unique_ids)),
        holds(table, reading),
    )
    return {row.unique_id: row for row in session.scalars(query)}


def status_of(version: NodeLineageVersion | None) -> str:
    """How much is known of the columns of a node."""
    return NOT_TRACED if version is None else version.status
