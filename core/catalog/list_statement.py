"""The statement behind a list of nodes: a page, and in each of its rows the total of all pages."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa

from core.catalog.prepared import PRESENT
from core.catalog.reading import Reading
from core.catalog.repository import Joined, NodeFilter, is_test
from core.catalog.repository import conditions as filter_conditions
from core.catalog.search.box import Understood, Word
from core.catalog.search.query import Shape, hits, shape_of
from core.catalog.selectors import sql as selection
from core.catalog.selectors.spec import Selector

# As many different lists as people have open: to make a statement takes longer than to answer it.
KEPT: Final = 200


@dataclass(frozen=True)
class Asked:
    """What a statement is made from. Of words only their shape shows in it."""

    wanted: NodeFilter
    selector: Selector | None
    shape: tuple[Shape, ...]
    words: Sequence[Word] = field(compare=False)

    @classmethod
    def of(cls, wanted: NodeFilter, understood: Understood) -> "Asked":
        """From a filter, and what was understood of its text."""
        words = understood.words
        return cls(replace(wanted, q=None), understood.selector, shape_of(words), words)


def list_statement(reading: Reading, asked: Asked) -> Any:
    """Rows of node, result, health and freshness, and `total`; with the parameters `offset` and `limit`."""
    return _make(reading, asked) if reading.is_past else _kept(asked)


@lru_cache(KEPT)
def _kept(asked: Asked) -> Any:
    return _make(PRESENT, asked)


def _make(reading: Reading, asked: Asked) -> Any:
    joined, wanted = Joined(reading), asked.wanted
    # Made once: the past is a common table, of which a statement can have one only.
    conditions = _conditions(joined, asked)
    matching = joined.narrow(wanted).where(*conditions)
    keys = _keys(joined, wanted.sort)
    if asked.words:
        found = hits(reading, asked.words, matching, wanted.resource_types)
        if wanted.sort is None:
            return _page(found.joined_to(joined.select()).order_by(*found.order()))
        return _looked_through(joined, matching.join(found.table, found.on), keys)
    if not (reading.is_past or _is_in_order(asked)):
        return _looked_through(joined, matching, keys)
    total = matching.with_only_columns(sa.func.count(), maintain_column_froms=True).scalar_subquery()
    whole = joined.select().where(*conditions).add_columns(total.label("total"))
    return _page(whole.order_by(*(key.by(key.column) for key in keys)))


def _page(query: Any) -> Any:
    offset, limit = (sa.bindparam(name, type_=sa.BigInteger) for name in ("offset", "limit"))
    return query.offset(offset).limit(limit)


def _conditions(joined: Joined, asked: Asked) -> list[sa.ColumnElement[bool]]:
    found = filter_conditions(joined, asked.wanted)
    if asked.selector is None:
        return found
    kinds = asked.wanted.resource_types
    tests = not kinds or any(map(is_test, kinds))
    return [*found, *selection.conditions(joined.reading, asked.selector, tests=tests)]


@dataclass(frozen=True)
class _Key:
    """Something to order by. A name is never missing; saying so lets the index give the order."""

    column: Any
    descending: bool = False
    may_miss: bool = False

    def by(self, column: Any) -> Any:
        """The order by that column."""
        ordered = column.desc() if self.descending else column.asc()
        return ordered.nulls_last() if self.may_miss else ordered


def _keys(joined: Joined, sort: str | None) -> list[_Key]:
    """Ties go by unique_id: pages fit together."""
    name = (sort or "name").removeprefix("-")
    chosen = _Key(
        joined.sorts()[name], (sort or "").startswith("-"), may_miss=name not in {"name", "resource_type"}
    )
    return [chosen, _Key(sa.type_coerce(joined.node.unique_id, sa.Text))]


def _is_in_order(asked: Asked) -> bool:
    """Whether an index gives the page without looking through all nodes."""
    wanted = asked.wanted
    every = NodeFilter(resource_types=wanted.resource_types, sort=wanted.sort)
    return asked.selector is None and wanted == every and wanted.sort in {None, "name", "-name"}


def _looked_through(joined: Joined, query: Any, keys: Sequence[_Key]) -> Any:
    """All that match are looked through once, for what orders them; only the page itself is read whole."""
    of_node = sa.type_coerce(joined.node.unique_id, sa.Text).label("id")
    narrow = [of_node, *(key.column.label(f"key_{at}") for at, key in enumerate(keys))]
    found = query.with_only_columns(*narrow, maintain_column_froms=True).cte("found")

    def order(table: Any) -> list[Any]:
        return [key.by(table.c[f"key_{at}"]) for at, key in enumerate(keys)]

    page = _page(sa.select(found).order_by(*order(found))).subquery("page")
    total = sa.select(sa.func.count()).select_from(found).scalar_subquery()
    whole = joined.select().join(page, page.c.id == joined.node.unique_id)
    return whole.add_columns(total.label("total")).order_by(*order(page))
