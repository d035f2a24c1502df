"""What a search answers, as JSON."""

from typing import Self

from pydantic import BaseModel, Field

from api.models.items import NodeRef
from api.search.schemas import MatchOut, QueryOut, RankName
from core.catalog.search.typeahead import Found, Hit


class HitOut(BaseModel):
    """A node that was found. `rank` and `match` are null where only a selection was asked for."""

    node: NodeRef
    column: str | None = Field(description="The column that matched, where one did.")
    match: MatchOut | None
    rank: RankName | None

    @classmethod
    def of(cls, hit: Hit) -> Self:
        """From the domain."""
        return cls(
            node=NodeRef.of_node(hit.node, hit.result),
            column=hit.column,
            match=MatchOut.of(hit.match) if hit.match else None,
            rank=None if hit.rank is None else hit.rank.label,  # pyright: ignore[reportArgumentType] - one of the names
        )


class SearchOut(BaseModel):
    """The best matches; `total` is null where there are more than were looked for."""

    items: list[HitOut]
    total: int | None
    query: QueryOut

    @classmethod
    def of(cls, found: Found) -> Self:
        """From the domain."""
        return cls(
            items=[HitOut.of(hit) for hit in found.hits],
            total=found.total,
            query=QueryOut.of(found.understood),
        )
