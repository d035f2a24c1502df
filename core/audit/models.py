"""Table of the audit log."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Index, String, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.kit.database import Base


class AuditLog(Base):
    """One thing that somebody did or was refused.

    Rows are added, never changed: the role of the application has no right to, and a trigger refuses it to
    everybody else. `actor`, and no foreign key, names who it was: the row outlives the account.
    """

    __tablename__ = "audit_logs"
    __table_args__ = (
        Index(None, "workspace_id", "id"),
        Index(None, "actor", "id"),
        Index(None, "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.clock_timestamp())
    actor: Mapped[str] = mapped_column(String(200))
    actor_user_id: Mapped[int | None]
    actor_token_id: Mapped[int | None]
    tag: Mapped[str] = mapped_column(String(100))
    workspace_id: Mapped[int | None]
    subject: Mapped[str | None] = mapped_column(String(500))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    data: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    address: Mapped[str | None] = mapped_column(Text)
    request_id: Mapped[str | None] = mapped_column(String(64))
