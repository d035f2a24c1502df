"""Tables of artifacts."""

from datetime import datetime

from sqlalchemy import BigInteger, DateTime, ForeignKey, String, Text, UniqueConstraint, func
from sqlalchemy.orm import Mapped, mapped_column

from core.kit.database import SCHEMA, Base


class RunArtifact(Base):
    """A file that a step of a run left behind; the bytes are in the artifact store under `digest`."""

    __tablename__ = "run_artifacts"
    __table_args__ = (UniqueConstraint("run_id", "step", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.workspaces.id", ondelete="CASCADE"))
    run_id: Mapped[str] = mapped_column(String(64))
    step: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class Ingest(Base):
    """One artifact taken into the catalog, or refused with the reason."""

    __tablename__ = "ingests"

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.workspaces.id", ondelete="CASCADE"))
    run_id: Mapped[str | None] = mapped_column(String(64))
    step: Mapped[int | None]
    name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str | None] = mapped_column(String(64))
    outcome: Mapped[str] = mapped_column(String(20))
    message: Mapped[str | None] = mapped_column(Text)
    added: Mapped[int] = mapped_column(server_default="0")
    changed: Mapped[int] = mapped_column(server_default="0")
    removed: Mapped[int] = mapped_column(server_default="0")
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
