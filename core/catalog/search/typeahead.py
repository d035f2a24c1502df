"""What the search box offers while one types."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import Node, NodeResult
from core.catalog.reading import Reading
from core.catalog.search.box import Understood, understand
from core.catalog.search.matches import Match, matches_of
from core.catalog.search.query import Rank, known_total, ranked, weight
from core.catalog.selectors.sql import conditions


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
    rows: Any = session.execute(_query(reading, understood).limit(limit)).all()
    count = rows[0][3] if rows else 0
    matches = matches_of(session, reading, [row[0] for row in rows], understood.words)
    hits = [_hit(row, matches.get(row[0].unique_id)) for row in rows]
    return Found(understood, hits, known_total(count, understood.words) if understood.words else count)


def _hit(row: Any, match: Match | None) -> Hit:
    node, result, rank, _ = row
    return Hit(node, result, None if rank is None else Rank(rank), match)


def _query(reading: Reading, understood: Understood) -> Any:
    nodes, results = reading.nodes, reading.results
    same = sa.and_(results.environment_id == nodes.environment_id, results.unique_id == nodes.unique_id)
    query: Any = sa.select(nodes, results).outerjoin(results, same)
    query = query.where(nodes.environment_id == reading.environment_id)
    if understood.selector is not None:
        query = query.where(*conditions(reading, understood.selector, tests=False))
    count = sa.func.count().over().label("count")
    if not understood.words:
        ordered = query.add_columns(sa.null().label("rank"), count)
        return ordered.order_by(weight(nodes), sa.func.lower(nodes.name), nodes.unique_id)
    words = ranked(reading, understood.words)
    return words.join(query).add_columns(words.rank, count).order_by(*words.order())
