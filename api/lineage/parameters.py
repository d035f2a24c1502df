"""Parameters that requests about lineage share."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from fastapi.responses import StreamingResponse
from pydantic import StringConstraints

from core.kit.paging import MAX_LIMIT
from core.lineage.answers.sheets import sheet

ColumnName = Annotated[
    str, Path(description="Name of a column; `*` for all rows of the node.", max_length=1000)
]
SomeColumn = Annotated[str | None, Query(max_length=1000, description="A column; `*` for all rows.")]
SomeNode = Annotated[str, Query(max_length=1000, description="unique_id of a node.")]
Influence = Annotated[bool, Query(description="Follow influences too, not values alone.")]
Words = Annotated[str, Query(description="Part of a name.", max_length=200)]
Kinds = Annotated[
    list[Annotated[str, StringConstraints(max_length=50)]],
    Query(description="Resource types; without any, all.", max_length=50),
]
Steps = Annotated[int | None, Query(ge=1, le=1_000_000, description="At most so far; without it, any.")]
Cursor = Annotated[str | None, Query(max_length=200)]
# Holds the ids of the last item.
LongCursor = Annotated[str | None, Query(max_length=8000)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
Format = Annotated[Literal["json", "csv"], Query(description="CSV holds all pages.")]


def attachment(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> StreamingResponse:
    """A list as a CSV file; the name says what it is."""
    safe = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name)[:100]
    headers = {"content-disposition": f'attachment; filename="{safe}.csv"'}
    return StreamingResponse(sheet(columns, rows), media_type="text/csv", headers=headers)
