"""Tables of artifacts."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, String, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
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
    environment_id: Mapped[int | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.environments.id", ondelete="CASCADE")
    )
    drop_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.drops.id", ondelete="SET NULL"))
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


class DropState(StrEnum):
    """How far a drop has come. `superseded`: taken in, but a newer state of the project was known already."""

    WAITING = "waiting"
    INGESTING = "ingesting"
    INGESTED = "ingested"
    SUPERSEDED = "superseded"
    REFUSED = "refused"


class Drop(Base):
    """A set of artifacts that somebody brought: by upload, into a folder or into a bucket.

    `digest` is of the names and contents of all its files; the same drop twice is one drop. It is null where
    it was refused before it was complete. `files` lists `{"name", "digest", "size"}`; the bytes are in the
    artifact store, and a broken one also has a `problem`. `attempt` counts how often an ingest run was asked
    for, `failures` how many of them in a row died without saying how it went.
    """

    __tablename__ = "drops"
    __table_args__ = (
        UniqueConstraint("environment_id", "digest"),
        Index(None, "workspace_id", "received_at"),
        Index(None, "state"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.workspaces.id", ondelete="CASCADE"))
    environment_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.environments.id", ondelete="CASCADE"))
    source: Mapped[str] = mapped_column(String(20))
    label: Mapped[str] = mapped_column(Text)
    digest: Mapped[str | None] = mapped_column(String(64))
    files: Mapped[list[dict[str, Any]]] = mapped_column(JSONB, server_default="[]")
    size: Mapped[int] = mapped_column(BigInteger, server_default="0")
    state: Mapped[DropState] = mapped_column(String(20))
    reason: Mapped[str | None] = mapped_column(Text)
    hint: Mapped[str | None] = mapped_column(Text)
    attempt: Mapped[int] = mapped_column(server_default="1")
    failures: Mapped[int] = mapped_column(server_default="0")
    actor: Mapped[str | None] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    run_id: Mapped[str | None] = mapped_column(String(64))
    snapshot_id: Mapped[int | None] = mapped_column(BigInteger)


class DropPlace(Base):
    """A folder or bucket in which drops of a workspace are looked for, and what was seen there last.

    `seen` holds for each drop in it, by its path, what it looked like and whether it was taken:
    `{"nightly": {"signature": "...", "done": true}}`. What is done is read again once it looks different.
    """

    __tablename__ = "drop_places"

    workspace_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.workspaces.id", ondelete="CASCADE"), primary_key=True
    )
    kind: Mapped[str] = mapped_column(String(20), primary_key=True)
    address: Mapped[str] = mapped_column(Text)
    looked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    problem: Mapped[str | None] = mapped_column(Text)
    seen: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
