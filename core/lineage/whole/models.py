"""The table of layouts of whole graphs."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from core.kit.database import SCHEMA, Base


class LineageLayout(Base):
    """Where the nodes of a whole graph are drawn, by what was chosen of it; `body` is compressed JSON."""

    __tablename__ = "lineage_layouts"

    environment_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.environments.id", ondelete="CASCADE"), primary_key=True
    )
    snapshot_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    key: Mapped[UUID] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
