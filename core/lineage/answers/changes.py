"""Edges between columns that differ between two snapshots."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.reading import Reading, snapshot_of
from core.kit.errors import FieldError, Invalid
from core.kit.paging import decode_cursor, page_of
from core.lineage.answers.compare import Compared, differing
from core.lineage.answers.facts import EDGE, Names, edge_rows
from core.lineage.answers.shapes import Edge
from core.lineage.models import OF_ROWS, LineageColumn

SHEET: Final = (
    "change",
    "from_node",
    "from_column",
    "to_node",
    "to_column",
    "kind",
    "transform",
    "before",
    "confidence",
)


@dataclass(frozen=True)
class Wanted:
    """Which two snapshots are compared, and what of the difference is listed."""

    since: int
    until: int | None = None
    changes: tuple[str, ...] = ()
    q: str = ""


@dataclass(frozen=True)
class Totals:
    """Of the whole difference: nodes whose edges changed, and edges by what became of them."""

    nodes: int
    added: int
    removed: int
    changed: int


@dataclass(frozen=True)
class Changes:
    """One page of the difference; `until` is None for the catalog as it is now."""

    since: int
    until: int | None
    totals: Totals
    items: Sequence[Edge]
    total: int
    next_cursor: str | None


def changes_page(
    session: Session, reading: Reading, wanted: Wanted, *, cursor: str | None = None, limit: int | None
) -> Changes:
    """One page of the edges that differ; all of them without a limit.

    Raises:
        NotFound: the environment has no such snapshot.
        Invalid: the later one is the earlier, or the cursor is none of ours.
    """
    offset = decode_cursor(cursor)
    then, now = _ends(session, reading, wanted)
    found = between(session, then, now)
    names = Names(session, now)
    names.learn({number for one in found for number in (one.row.parent_id, one.row.child_id)})
    listed = [one for one in found if _is_wanted(one, names, wanted)]
    shown = listed[offset:] if limit is None else listed[offset : offset + limit]
    edges = names.edges([one.row for one in shown], [one.mark for one in shown])
    page = page_of(edges, total=len(listed), offset=offset, limit=limit or len(edges))
    until = now.snapshot.id if now.snapshot else None
    return Changes(wanted.since, until, _totals(found, names), page.items, len(listed), page.next_cursor)


def _ends(session: Session, reading: Reading, wanted: Wanted) -> tuple[Reading, Reading]:
    then = as_of(session, reading, wanted.since)
    now = reading if wanted.until is None else as_of(session, reading, wanted.until)
    if now.snapshot is not None and now.snapshot.id < wanted.since:
        detail = FieldError("from", "must not be later than the snapshot it is compared with")
        raise Invalid("The snapshots are in the wrong order.", details=[detail])
    return then, now


def as_of(session: Session, reading: Reading, snapshot_id: int) -> Reading:
    """The same environment as of another snapshot, without the results of then.

    Raises:
        NotFound: it has no such snapshot.
    """
    snapshot = snapshot_of(session, reading.environment_id, snapshot_id)
    return replace(reading, snapshot=snapshot, past_results=None)


def between(session: Session, then: Reading, now: Reading) -> list[Compared]:
    """The edges that differ. Only columns into which an edge came or went are looked at."""
    touched = _touched(session, then, now)
    if not touched:
        return []
    into = EDGE.child_id == sa.func.any(touched)
    return differing(edge_rows(session, then, into), edge_rows(session, now, into))


def _touched(session: Session, then: Reading, now: Reading) -> list[int]:
    """Columns of the environment into which an edge came or went.

    No version of a node tells: it may say the same of its columns while they come from others.
    """
    since = then.snapshot.id if then.snapshot else 0
    until = now.snapshot.id if now.snapshot else 2**63 - 1
    moved = sa.or_(EDGE.valid_from.between(since + 1, until), EDGE.valid_to.between(since + 1, until))
    touched = sa.select(EDGE.child_id).distinct().where(moved, EDGE.kind != OF_ROWS).subquery()
    query = sa.select(LineageColumn.id).join(touched, touched.c.child_id == LineageColumn.id)
    return list(session.scalars(query.where(LineageColumn.environment_id == now.environment_id)))


def _is_wanted(one: Compared, names: Names, wanted: Wanted) -> bool:
    if wanted.changes and one.change not in wanted.changes:
        return False
    text = wanted.q.strip().lower()
    ends: Iterable[int] = (one.row.parent_id, one.row.child_id)
    return not text or any(text in part.lower() for end in ends for part in names.of(end))


def _totals(found: Sequence[Compared], names: Names) -> Totals:
    def count(change: str) -> int:
        return sum(one.change == change for one in found)

    nodes = len({names.of(one.row.child_id)[0] for one in found})
    return Totals(nodes, count("added"), count("removed"), count("changed"))


def row(edge: Edge) -> Sequence[Any]:
    """For `SHEET`."""
    ends = (edge.parent.node, edge.parent.column, edge.child.node, edge.child.column)
    return edge.change, *ends, edge.kind, edge.transform, edge.before, edge.confidence
