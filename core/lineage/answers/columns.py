"""The columns of one node: where each comes from directly, and what decides on all rows."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.reading import Reading
from core.kit.paging import decode_cursor, page_of
from core.lineage.answers.facts import (
    EDGE,
    EDGE_COLUMNS,
    EdgeRow,
    Names,
    column_ids,
    edge_row,
    holds,
    require_node,
    status_of,
    versions,
)
from core.lineage.answers.shapes import Edge, Listed
from core.lineage.answers.state import TraceState, state_of
from core.lineage.models import OF_ROWS, ROWS, VALUE, NodeLineageVersion

# More edges than these into one column are counted, not listed.
LISTED: Final = 50
MOST_OF_ROWS: Final = 500


@dataclass(frozen=True)
class ColumnLineage:
    """A column and the edges that end in it; `from_total` counts them all."""

    name: str
    known_from: str
    status: str
    reason: str
    parents_total: int
    children_total: int
    parents: Sequence[Edge]
    from_total: int


@dataclass(frozen=True)
class NodeColumns:
    """What is known of the columns of a node. `code`: whether spans are of the compiled SQL it has now."""

    status: str
    reason: str
    kept_since: int | None
    code: str
    trace: TraceState
    columns: Listed[ColumnLineage]
    rows: Sequence[Edge]


def columns_of(
    session: Session,
    reading: Reading,
    unique_id: str,
    *,
    q: str = "",
    cursor: str | None = None,
    limit: int = 50,
) -> NodeColumns:
    """One page of the columns of a node.

    Raises:
        NotFound: no such node.
        Invalid: the cursor is none of ours.
    """
    offset = decode_cursor(cursor)
    compiled = require_node(session, reading, unique_id)
    version = versions(session, reading, [unique_id]).get(unique_id)
    every = [
        column
        for column in (version.columns if version else [])
        if q.strip().lower() in column["name"].lower()
    ]
    shown = every[offset : offset + limit]
    found = _Edges(session, reading, unique_id, [column["name"] for column in shown])
    page = page_of([found.column(column) for column in shown], total=len(every), offset=offset, limit=limit)
    return NodeColumns(
        status=status_of(version),
        reason=version.reason if version else "",
        kept_since=version.kept_since if version else None,
        code=_code(compiled, version),
        trace=state_of(session, reading),
        columns=Listed(page.items, len(every), page.next_cursor),
        rows=found.of_rows,
    )


def _code(compiled: UUID | None, version: NodeLineageVersion | None) -> str:
    if version is None or version.code_hash is None:
        return "none"
    return "current" if version.code_hash == compiled else "older"


class _Edges:
    """The edges into some columns of a node, and into all of its rows."""

    def __init__(self, session: Session, reading: Reading, unique_id: str, names: Sequence[str]) -> None:
        numbers = {name: number for number, (_, name) in column_ids(session, reading, [unique_id]).items()}
        self._numbers = {name: numbers[name] for name in names if name in numbers}
        rows = _first_rows(session, reading, list(self._numbers.values()), LISTED)
        of_all = [numbers[ROWS]] if ROWS in numbers else []
        of_rows = _first_rows(session, reading, of_all, MOST_OF_ROWS)
        book = Names(session, reading)
        edges = book.edges([*rows, *of_rows])
        self.of_rows = edges[len(rows) :]
        self._into: defaultdict[int, list[Edge]] = defaultdict(list)
        for row, edge in zip(rows, edges, strict=False):
            self._into[row.child_id].append(edge)
        self._parents, self._children = neighbour_totals(session, reading, self._numbers.values())
        self._totals = _edge_totals(session, reading, list(self._numbers.values()))

    def column(self, known: Mapping[str, Any]) -> ColumnLineage:
        """A column of the node's version, with its edges."""
        number = self._numbers.get(known["name"], 0)
        return ColumnLineage(
            known["name"],
            known["known_from"],
            known["status"],
            known.get("reason") or "",
            self._parents.get(number, 0),
            self._children.get(number, 0),
            self._into.get(number, []),
            self._totals.get(number, 0),
        )


def _first_rows(session: Session, reading: Reading, numbers: Collection[int], most: int) -> list[EdgeRow]:
    """The first edges into each column: a column that thousands feed costs no more than its page shows."""
    if not numbers:
        return []
    order = (EDGE.kind != VALUE, EDGE.parent_id, EDGE.transform)
    place = sa.func.row_number().over(partition_by=EDGE.child_id, order_by=order).label("place")
    ranked = (
        sa.select(*EDGE_COLUMNS, place)
        .where(EDGE.child_id == sa.func.any(list(numbers)), EDGE.kind != OF_ROWS, holds(EDGE, reading))
        .subquery()
    )
    columns = [ranked.c[column.key] for column in EDGE_COLUMNS]
    query = sa.select(*columns).where(ranked.c.place <= most).order_by(ranked.c.child_id, ranked.c.place)
    return [edge_row(row) for row in session.execute(query)]


def _edge_totals(session: Session, reading: Reading, numbers: Sequence[int]) -> dict[int, int]:
    query = (
        sa.select(EDGE.child_id, sa.func.count())
        .where(EDGE.child_id == sa.func.any(list(numbers)), EDGE.kind != OF_ROWS, holds(EDGE, reading))
        .group_by(EDGE.child_id)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def neighbour_totals(
    session: Session, reading: Reading, numbers: Collection[int], *, influence: bool = False
) -> tuple[dict[int, int], dict[int, int]]:
    """How many columns feed each of these, and how many it feeds; with influences, decide on it, too."""

    def count(near: Any, far: Any) -> dict[int, int]:
        query = (
            sa.select(near, sa.func.count(far.distinct()))
            .where(near == sa.func.any(list(numbers)), EDGE.kind != OF_ROWS, holds(EDGE, reading))
            .group_by(near)
        )
        if not influence:
            query = query.where(EDGE.kind == VALUE)
        return {row[0]: row[1] for row in session.execute(query)}

    return count(EDGE.child_id, EDGE.parent_id), count(EDGE.parent_id, EDGE.child_id)
