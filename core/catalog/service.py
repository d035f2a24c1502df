"""Reading the catalog: pages of nodes."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog import repository
from core.catalog.reading import Reading
from core.catalog.repository import SORTS, Joined, NodeFilter, NodeRow, conditions, is_test, row_of
from core.catalog.search.box import Understood, understand
from core.catalog.search.matches import Match, matches_of
from core.catalog.search.query import Ranked, known_total, ranked
from core.catalog.selectors import sql as selection
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
    joined = Joined(reading)
    words = ranked(reading, understood.words, wanted.resource_types) if understood.words else None
    query = _filtered(joined, wanted, understood, words)
    page = query.order_by(*_order(joined, wanted.sort, words)).offset(offset).limit(limit)
    if words is None:
        total = session.scalar(query.with_only_columns(sa.func.count(), maintain_column_froms=True)) or 0
        rows = [row_of(found) for found in session.execute(page)]
        return NodePage(page_of(rows, total=total, offset=offset, limit=limit), understood, {})
    # A search is the dear part: it gives page and total at once.
    found = session.execute(page.add_columns(sa.func.count().over())).all()
    rows = [row_of(row) for row in found]
    total = found[0][-1] if found else 0 if offset == 0 else None
    shown = page_of(rows, total=offset if total is None else total, offset=offset, limit=limit)
    known = None if total is None else known_total(total, understood.words)
    matches = matches_of(session, reading, [row.node for row in rows], understood.words)
    return NodePage(replace(shown, total=known), understood, matches)


def _check_sort(sort: str | None) -> None:
    if sort is not None and sort.removeprefix("-") not in SORTS:
        detail = FieldError("sort", f"{sort!r} is none of {', '.join(SORTS)}")
        raise Invalid(f"Cannot sort by {sort!r}.", details=[detail])


def _filtered(
    joined: Joined, wanted: NodeFilter, understood: Understood, words: Ranked | None
) -> sa.Select[Any]:
    query = joined.select().where(*conditions(joined, wanted))
    if understood.selector is not None:
        tests = not wanted.resource_types or any(map(is_test, wanted.resource_types))
        query = query.where(*selection.conditions(joined.reading, understood.selector, tests=tests))
    return words.join(query) if words else query


def _order(joined: Joined, sort: str | None, words: Ranked | None) -> list[sa.ColumnElement[Any]]:
    """Found by words: the best first, unless asked otherwise. Ties go by unique_id: pages fit together."""
    unique_id: sa.ColumnElement[Any] = sa.type_coerce(joined.node.unique_id, sa.Text)
    if words and sort is None:
        return words.order()
    name = (sort or "name").removeprefix("-")
    column = joined.sorts()[name]
    chosen = column.desc() if (sort or "").startswith("-") else column.asc()
    # A name is never missing; saying so lets the index give the order.
    return [chosen if name in {"name", "resource_type"} else chosen.nulls_last(), unique_id]


def require_node(session: Session, reading: Reading, unique_id: str) -> NodeRow:
    """One node.

    Raises:
        NotFound: the catalog has no such node; names near ones.
    """
    found = repository.get_row(session, reading, unique_id)
    if found is None:
        raise NotFound(
            f"There is no node {unique_id!r} in this workspace.", hint=_near(session, reading, unique_id)
        )
    return found


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
