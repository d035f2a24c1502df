"""Tables of the catalog."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, String, Text, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.kit.database import SCHEMA, Base

WORKSPACE_FK = f"{SCHEMA}.workspaces.id"


class Node(Base):
    """One thing of a dbt project: model, seed, snapshot, source, test, exposure, metric and so on.

    `content_hash` covers everything that the manifest says of the node except its compiled SQL;
    `compiled_code` is kept when a later manifest comes without it (`dbt parse`, `dbt test`).
    """

    __tablename__ = "nodes"
    __table_args__ = (
        UniqueConstraint("workspace_id", "unique_id"),
        Index(None, "workspace_id", "resource_type", "name"),
        Index(None, "workspace_id", "attached_node"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey(WORKSPACE_FK, ondelete="CASCADE"))
    unique_id: Mapped[str] = mapped_column(Text)
    resource_type: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(Text)
    package_name: Mapped[str] = mapped_column(Text, server_default="")
    path: Mapped[str] = mapped_column(Text, server_default="")
    description: Mapped[str] = mapped_column(Text, server_default="")
    database_name: Mapped[str | None] = mapped_column(Text)
    schema_name: Mapped[str | None] = mapped_column(Text)
    relation_name: Mapped[str | None] = mapped_column(Text)
    materialization: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    owner: Mapped[str | None] = mapped_column(Text)
    group_name: Mapped[str | None] = mapped_column(Text)
    access: Mapped[str | None] = mapped_column(Text)
    contract_enforced: Mapped[bool] = mapped_column(server_default="false")
    config: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    meta: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    extra: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    macros: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    test_kind: Mapped[str | None] = mapped_column(Text)
    attached_node: Mapped[str | None] = mapped_column(Text)
    column_name: Mapped[str | None] = mapped_column(Text)
    severity: Mapped[str | None] = mapped_column(String(10))
    raw_code: Mapped[str | None] = mapped_column(Text)
    compiled_code: Mapped[str | None] = mapped_column(Text)
    compiled_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    compiled_from: Mapped[str | None] = mapped_column(String(64))
    content_hash: Mapped[str] = mapped_column(String(64))


class NodeColumn(Base):
    """A column of a node, as the project declares it and as the warehouse reported it."""

    __tablename__ = "node_columns"
    __table_args__ = (UniqueConstraint("workspace_id", "unique_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey(WORKSPACE_FK, ondelete="CASCADE"))
    unique_id: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)
    position: Mapped[int]
    declared_type: Mapped[str | None] = mapped_column(Text)
    catalog_type: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text, server_default="")
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default="{}")
    is_declared: Mapped[bool] = mapped_column(server_default="false")
    in_catalog: Mapped[bool] = mapped_column(server_default="false")


class LineageEdge(Base):
    """A node reads another: model-level lineage."""

    __tablename__ = "lineage"
    __table_args__ = (Index(None, "workspace_id", "child"),)

    workspace_id: Mapped[int] = mapped_column(ForeignKey(WORKSPACE_FK, ondelete="CASCADE"), primary_key=True)
    parent: Mapped[str] = mapped_column(Text, primary_key=True)
    child: Mapped[str] = mapped_column(Text, primary_key=True)


class NodeResult(Base):
    """What the latest run that touched a node made of it. Kept apart from `nodes`, which ingests replace."""

    __tablename__ = "node_results"

    workspace_id: Mapped[int] = mapped_column(ForeignKey(WORKSPACE_FK, ondelete="CASCADE"), primary_key=True)
    unique_id: Mapped[str] = mapped_column(Text, primary_key=True)
    status: Mapped[str] = mapped_column(String(30))
    run_id: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    execution_time: Mapped[float | None]
    message: Mapped[str | None] = mapped_column(Text)
    failures: Mapped[int | None] = mapped_column(BigInteger)


class SourceFreshness(Base):
    """The latest answer of `dbt source freshness` for a source."""

    __tablename__ = "source_freshness"

    workspace_id: Mapped[int] = mapped_column(ForeignKey(WORKSPACE_FK, ondelete="CASCADE"), primary_key=True)
    unique_id: Mapped[str] = mapped_column(Text, primary_key=True)
    status: Mapped[str] = mapped_column(String(30))
    max_loaded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    snapshotted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    age_seconds: Mapped[float | None]
    message: Mapped[str | None] = mapped_column(Text)
    run_id: Mapped[str | None] = mapped_column(String(64))
    ingested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
