"""What a node is made of: the same columns in the catalog as it is now and in its history."""

from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column


class MadeOf:
    """Counts of columns, and hashes of contents that are kept once in a workspace.

    `compiled_from` is the raw code that the compiled SQL is of, `compiled_at` when it came.
    """

    columns_total: Mapped[int]
    columns_documented: Mapped[int]
    content_hash: Mapped[UUID]
    raw_hash: Mapped[UUID | None]
    compiled_hash: Mapped[UUID | None]
    compiled_from: Mapped[UUID | None]
    compiled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    table_hash: Mapped[UUID | None]


MADE_OF: Final = tuple(MadeOf.__annotations__)
