"""What the search box offers while one types."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Node, NodeResult
from core.catalog.prepared import PRESENT, of_present
from core.catalog.reading import Reading
from core.catalog.search.box import Understood, Word, understand
from core.catalog.search.matches import Match, matches_of
from core.catalog.search.query import Rank, Shape, hits, known_total, shape_of, values_of, weight
from core.catalog.selectors.spec import Selector
from core.catalog.selectors.sql import conditions

KEPT: Final = 200
# Of each rank; twenty are shown.
LOOKED_FOR: Final = 300


@dataclass(frozen=True)
class Hit:
    """A node that was found. `column` names the column that matched, where one did."""

    node: Node
    result: NodeResult | None
    rank: Rank | None
    match: Match | None

    @property
    def column(self) -> str | None:
        """The column that matched."""
        return self.match.column if self.match else None


@dataclass(frozen=True)
class Found:
    """What was found; `total` is None where there is more than was looked for."""

    understood: Understood
    hits: Sequence[Hit] = field(default_factory=tuple[Hit, ...])
    total: int | None = 0


def search(session: Session, reading: Reading, typed: str, *, limit: int) -> Found:
    """The best matches for what was typed: two queries, whatever it was.

    Of a selection, those tests are left out that only come along with what they test.

    Raises:
        Invalid: what looks like a selection is none.
    """
    understood = understand(typed)
    if understood.is_empty:
        return Found(understood)
    words = understood.words
    asked = _Asked(understood.selector, shape_of(words), words)
    statement = _statement(reading, asked) if reading.is_past else _kept(asked)
    values = {**of_present(reading), **values_of(reading, words), "limit": limit}
    rows = session.execute(statement, values).all()
    count = rows[0].total if rows else 0
    matches = matches_of(session, reading, [row[0] for row in rows], words)
    hits = [_hit(row, matches.get(row[0].unique_id)) for row in rows]
    return Found(understood, hits, known_total(reading, count, words, LOOKED_FOR) if words else count)


def _hit(row: Any, match: Match | None) -> Hit:
    return Hit(row[0], row[1], None if row.rank is None else Rank(row.rank), match)


@dataclass(frozen=True)
class _Asked:
    """What a statement is made from. Of words only their shape shows in it."""

    selector: Selector | None
    shape: tuple[Shape, ...]
    words: Sequence[Word] = field(compare=False)


@lru_cache(KEPT)
def _kept(asked: _Asked) -> Any:
    return _statement(PRESENT, asked)


def _statement(reading: Reading, asked: _Asked) -> Any:
    nodes, results = reading.nodes, reading.results
    same = sa.and_(results.environment_id == nodes.environment_id, results.unique_id == nodes.unique_id)
    matching = [nodes.environment_id == reading.environment_id]
    if asked.selector is not None:
        matching += conditions(reading, asked.selector, tests=False)
    whole: Any = sa.select(nodes, results).outerjoin(results, same)
    limit = sa.bindparam("limit", type_=sa.BigInteger)
    if asked.words:
        base = sa.select(nodes.id).where(*matching)
        found = hits(reading, asked.words, base, most=LOOKED_FOR)
        return found.joined_to(whole).order_by(*found.order()).limit(limit)
    count = sa.func.count().over().label("total")
    ordered = whole.where(*matching).add_columns(sa.null().label("rank"), count)
    return ordered.order_by(weight(nodes), sa.func.lower(nodes.name), nodes.unique_id).limit(limit)
