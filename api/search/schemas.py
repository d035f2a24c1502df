"""Search results as JSON."""

from typing import Literal, Self

from pydantic import BaseModel, Field

from core.catalog.search.box import Understood
from core.catalog.search.matches import Match

MatchField = Literal["name", "unique_id", "column", "description", "tag", "code"]
RankName = Literal["exact", "prefix", "word", "column", "text", "code"]


class MatchOut(BaseModel):
    """Where a search found a node: an excerpt and the places in it, counted in UTF-16 as JavaScript does."""

    field: MatchField
    text: str
    ranges: list[tuple[int, int]]
    column: str | None = Field(description="The column whose name or description it is.")

    @classmethod
    def of(cls, match: Match) -> Self:
        """From the domain."""
        return cls.model_validate(match, from_attributes=True)


class QueryOut(BaseModel):
    """How the search box was understood: words to find, and a selection in dbt's syntax."""

    words: list[str]
    selector: str | None

    @classmethod
    def of(cls, understood: Understood) -> Self:
        """From the domain."""
        return cls(words=[word.text for word in understood.words], selector=understood.selector_text)
