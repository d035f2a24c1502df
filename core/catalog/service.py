"""Reading the catalog: pages of nodes."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog import repository
from core.catalog.list_statement import Asked, list_statement
from core.catalog.prepared import of_present
from core.catalog.reading import Reading
from core.catalog.repository import SORTS, NodeFilter, NodeRow, row_of
from core.catalog.search.box import Understood, understand
from core.catalog.search.matches import Match, matches_of
from core.catalog.search.query import known_total, values_of
from core.kit.errors import FieldError, Invalid, NotFound
from core.kit.paging import Page, decode_cursor, page_of


@dataclass(frozen=True)
class NodePage:
    """One page of nodes; `matches` says of those found by words where the words are."""

    page: Page[NodeRow]
    understood: Understood
    matches: Mapping[str, Match]


def list_nodes(
    session: Session, reading: Reading, wanted: NodeFilter, *, cursor: str | None, limit: int
) -> NodePage:
    """One page of nodes.

    Raises:
        Invalid: the sort or cursor is not one of ours, or the search box holds a selector nobody can read.
    """
    _check_sort(wanted.sort)
    offset = decode_cursor(cursor)
    understood = understand(wanted.q)
    words = understood.words
    statement = list_statement(reading, Asked.of(wanted, understood))
    values = {**of_present(reading), **values_of(reading, words, wanted.resource_types)}

    def rows(offset: int, limit: int) -> Sequence[Any]:
        return session.execute(statement, {**values, "offset": offset, "limit": limit}).all()

    found = rows(offset, limit)
    # Beyond the last page there is no row to say how many there are.
    counted = found or (rows(0, 1) if offset else [])
    total = counted[0].total if counted else 0
    page = page_of([row_of(row) for row in found], total=total, offset=offset, limit=limit)
    if not words:
        return NodePage(page, understood, {})
    matches = matches_of(session, reading, [row.node for row in page.items], words)
    return NodePage(replace(page, total=known_total(reading, total, words)), understood, matches)


def _check_sort(sort: str | None) -> None:
    if sort is not None and sort.removeprefix("-") not in SORTS:
        detail = FieldError("sort", f"{sort!r} is none of {', '.join(SORTS)}")
        raise Invalid(f"Cannot sort by {sort!r}.", details=[detail])


def require_node(session: Session, reading: Reading, unique_id: str) -> NodeRow:
    """One node.

    Raises:
        NotFound: the catalog has no such node; names near ones.
    """
    found = repository.get_row(session, reading, unique_id)
    if found is None:
        raise missing(session, reading, unique_id)
    return found


def missing(session: Session, reading: Reading, unique_id: str) -> NotFound:
    """What to raise for a node that the catalog does not have."""
    hint = _near(session, reading, unique_id)
    return NotFound(f"There is no node {unique_id!r} in this workspace.", hint=hint)


def _near(session: Session, reading: Reading, unique_id: str) -> str | None:
    name = unique_id.rsplit(".", 1)[-1][:30]
    if not name:
        return None
    node = reading.nodes
    query = sa.select(node.unique_id).where(
        node.environment_id == reading.environment_id, node.name.icontains(name, autoescape=True)
    )
    near = difflib.get_close_matches(unique_id, list(session.scalars(query.limit(20))), n=1, cutoff=0.4)
    return (
        f"Did you mean {near[0]}?"
        if near
        else "It may have been removed; the list of models shows what there is."
    )
