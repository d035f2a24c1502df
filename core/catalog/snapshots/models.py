"""Tables of the catalog's history. What a node says is kept once, however many snapshots say the same.

Hashes are BLAKE2b of 16 bytes, kept as UUID; contents are shared by the environments of a workspace.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, String, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.catalog.made_of import MadeOf
from core.kit.database import SCHEMA, Base

WORKSPACE_FK = f"{SCHEMA}.workspaces.id"
ENVIRONMENT_FK = f"{SCHEMA}.environments.id"


class Snapshot(Base):
    """The state of an environment's catalog after one ingest.

    `at` is the moment that the artifacts speak of. `coverage` holds counts by name, so that it can be drawn
    over time (see `core.catalog.coverage`).
    """

    __tablename__ = "snapshots"
    __table_args__ = (Index(None, "environment_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey(WORKSPACE_FK, ondelete="CASCADE"))
    environment_id: Mapped[int] = mapped_column(ForeignKey(ENVIRONMENT_FK, ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    ingested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    origin: Mapped[str] = mapped_column(String(20))
    run_id: Mapped[str | None] = mapped_column(String(64))
    drop_id: Mapped[int | None] = mapped_column(BigInteger)
    manifest_digest: Mapped[str | None] = mapped_column(String(64))
    catalog_digest: Mapped[str | None] = mapped_column(String(64))
    dbt_version: Mapped[str | None] = mapped_column(String(50))
    adapter_type: Mapped[str | None] = mapped_column(String(50))
    nodes: Mapped[int] = mapped_column(server_default="0")
    added: Mapped[int] = mapped_column(server_default="0")
    changed: Mapped[int] = mapped_column(server_default="0")
    removed: Mapped[int] = mapped_column(server_default="0")
    coverage: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")


class NodeVersion(MadeOf, Base):
    """What a node was from one snapshot until before another; `valid_to` is null while it still is that."""

    __tablename__ = "node_versions"
    __table_args__ = (
        Index(None, "environment_id", "valid_from"),
        Index(None, "environment_id", "valid_to"),
    )

    environment_id: Mapped[int] = mapped_column(
        ForeignKey(ENVIRONMENT_FK, ondelete="CASCADE"), primary_key=True
    )
    unique_id: Mapped[str] = mapped_column(Text, primary_key=True)
    valid_from: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    valid_to: Mapped[int | None] = mapped_column(BigInteger)


class NodeContent(Base):
    """Everything that a manifest says of a node, except compiled SQL and what differs by itself.

    `facts` holds the values of the row in `nodes`, `body` the rest of the entry with unknown fields too,
    `columns` the declared columns.
    """

    __tablename__ = "node_contents"

    workspace_id: Mapped[int] = mapped_column(ForeignKey(WORKSPACE_FK, ondelete="CASCADE"), primary_key=True)
    hash: Mapped[UUID] = mapped_column(primary_key=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSONB)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
    columns: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)


class CodeText(Base):
    """SQL (or Python, or Markdown) text of nodes, raw or compiled."""

    __tablename__ = "code_texts"

    workspace_id: Mapped[int] = mapped_column(ForeignKey(WORKSPACE_FK, ondelete="CASCADE"), primary_key=True)
    hash: Mapped[UUID] = mapped_column(primary_key=True)
    text: Mapped[str] = mapped_column(Text)


class WarehouseTable(Base):
    """What catalog.json says of a relation: `{"columns": [...], "stats": {...}, "metadata": {...}}`."""

    __tablename__ = "warehouse_tables"

    workspace_id: Mapped[int] = mapped_column(ForeignKey(WORKSPACE_FK, ondelete="CASCADE"), primary_key=True)
    hash: Mapped[UUID] = mapped_column(primary_key=True)
    body: Mapped[dict[str, Any]] = mapped_column(JSONB)
