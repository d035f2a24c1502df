"""All edges of a project, page by page; each begins where the last one ended, so late ones cost no more."""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.reading import Reading
from core.kit.errors import FieldError, Invalid
from core.kit.text import storable
from core.lineage.answers.facts import EDGE, EDGE_COLUMNS, Names, edge_row, holds
from core.lineage.answers.shapes import Edge, NodeLink
from core.lineage.models import OF_ROWS, LineageColumn

T = TypeVar("T")
PAGE: Final = 1000


@dataclass(frozen=True)
class Part(Generic[T]):
    """One page of something that nobody counts."""

    items: Sequence[T]
    next_cursor: str | None


def node_edges(
    session: Session, reading: Reading, *, cursor: str | None, limit: int = PAGE
) -> Part[NodeLink]:
    """One page of the edges between nodes.

    Raises:
        Invalid: the cursor is none of ours.
    """
    edge: Any = reading.edges
    query = sa.select(edge.parent, edge.child).where(edge.environment_id == reading.environment_id)
    if cursor is not None:
        query = query.where(sa.tuple_(edge.parent, edge.child) > sa.tuple_(*_after(cursor, (str, str))))
    rows = session.execute(query.order_by(edge.parent, edge.child).limit(limit + 1)).all()
    following = _cursor(rows[limit - 1]) if len(rows) > limit else None
    return Part([NodeLink(*row) for row in rows[:limit]], following)


def column_edges(
    session: Session,
    reading: Reading,
    kinds: Sequence[str] = (),
    *,
    cursor: str | None,
    limit: int = PAGE,
) -> Part[Edge]:
    """One page of the edges between columns; an influence on all rows is one edge, to `*`.

    Raises:
        Invalid: the cursor is none of ours.
    """
    table, key = LineageColumn, (EDGE.child_id, EDGE.parent_id, EDGE.kind, EDGE.transform)
    query = (
        sa.select(*EDGE_COLUMNS)
        .join(table, table.id == EDGE.child_id)
        .where(table.environment_id == reading.environment_id, EDGE.kind != OF_ROWS, holds(EDGE, reading))
    )
    if kinds:
        query = query.where(EDGE.kind.in_(kinds))
    if cursor is not None:
        query = query.where(sa.tuple_(*key) > sa.tuple_(*_after(cursor, (int, int, str, str))))
    found = [edge_row(row) for row in session.execute(query.order_by(*key).limit(limit + 1))]
    last = found[limit - 1] if len(found) > limit else None
    following = _cursor((last.child_id, last.parent_id, last.kind, last.transform)) if last else None
    return Part(Names(session, reading).edges(found[:limit]), following)


def _cursor(place: Sequence[Any]) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode([*place])).decode()


def _after(cursor: str, kinds: tuple[type, ...]) -> tuple[Any, ...]:
    try:
        place = msgspec.json.decode(base64.urlsafe_b64decode(cursor.encode()), type=tuple[kinds])  # pyright: ignore[reportInvalidTypeArguments]
        return tuple(_fit(value) for value in place)
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        detail = FieldError("cursor", "is not a cursor of this list")
        raise Invalid(
            "The cursor is not valid.", hint="Leave it out to start over.", details=[detail]
        ) from error


def _fit(value: Any) -> Any:
    """The value as PostgreSQL can take it.

    Raises:
        ValueError: it cannot.
    """
    if isinstance(value, int) and not 0 <= value < 2**63:
        raise ValueError(value)
    if isinstance(value, str) and storable(value) != value:
        raise ValueError(value)
    return value
