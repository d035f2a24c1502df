"""Tables of the catalog as it is now; `core.catalog.snapshots` holds how it was."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from core.catalog.made_of import MadeOf
from core.kit.database import SCHEMA, Base

WORKSPACE_FK = f"{SCHEMA}.workspaces.id"
ENVIRONMENT_FK = f"{SCHEMA}.environments.id"


class CatalogState(Base):
    """Where the catalog of an environment stands.

    `state_at` is the moment that its manifest speaks of: one from before changes nothing. `artifacts` says of
    each kind of file which one was taken in last: `{"manifest.json": {"digest", "at", "run_id", "drop_id"}}`.
    """

    __tablename__ = "catalog_states"

    environment_id: Mapped[int] = mapped_column(
        ForeignKey(ENVIRONMENT_FK, ondelete="CASCADE"), primary_key=True
    )
    snapshot_id: Mapped[int | None] = mapped_column(BigInteger)
    state_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    project_name: Mapped[str | None] = mapped_column(Text)
    artifacts: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")


class Node(MadeOf, Base):
    """One thing of a dbt project: model, seed, snapshot, source, test, exposure, metric, macro and so on.

    Light facts only: what lists show, filter and sort by. `description`, `tags` and `owner` are those that
    hold here, overrides included; what the project says of them is in the content (`content_hash`).
    `entry_hash` is of the manifest's very bytes: when it is the same, nothing of the node changed.
    """

    __tablename__ = "nodes"
    __table_args__ = (
        UniqueConstraint("environment_id", "unique_id"),
        Index(
            "ix_nodes_by_type_and_name", "environment_id", "resource_type", text("lower(name)"), "unique_id"
        ),
        Index("ix_nodes_by_name", "environment_id", text("lower(name)"), "unique_id"),
        Index("ix_nodes_by_type_and_kind", "environment_id", "resource_type", "materialization"),
        Index("ix_nodes_by_tag", "tags", postgresql_using="gin"),
        Index(None, "environment_id", "attached_node"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    environment_id: Mapped[int] = mapped_column(ForeignKey(ENVIRONMENT_FK, ondelete="CASCADE"))
    unique_id: Mapped[str] = mapped_column(Text)
    resource_type: Mapped[str] = mapped_column(String(50))
    name: Mapped[str] = mapped_column(Text)
    package_name: Mapped[str] = mapped_column(Text)
    path: Mapped[str] = mapped_column(Text)
    patch_path: Mapped[str | None] = mapped_column(Text)
    description: Mapped[str] = mapped_column(Text)
    database_name: Mapped[str | None] = mapped_column(Text)
    schema_name: Mapped[str | None] = mapped_column(Text)
    relation_name: Mapped[str | None] = mapped_column(Text)
    materialization: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text))
    fqn: Mapped[list[str]] = mapped_column(ARRAY(Text))
    owner: Mapped[str | None] = mapped_column(Text)
    group_name: Mapped[str | None] = mapped_column(Text)
    access: Mapped[str | None] = mapped_column(Text)
    version: Mapped[str | None] = mapped_column(Text)
    contract_enforced: Mapped[bool]
    test_kind: Mapped[str | None] = mapped_column(Text)
    attached_node: Mapped[str | None] = mapped_column(Text)
    column_name: Mapped[str | None] = mapped_column(Text)
    severity: Mapped[str | None] = mapped_column(String(10))
    entry_hash: Mapped[UUID]

    @property
    def folder(self) -> str:
        """The folder of its file, within the project."""
        return self.path.rpartition("/")[0]


class NodeSearch(Base):
    """What a node is found by. Each vector also holds its environment (see `core.catalog.search`)."""

    __tablename__ = "node_search"
    __table_args__ = (
        Index("ix_node_search_names", "names", postgresql_using="gin"),
        Index("ix_node_search_columns", "columns", postgresql_using="gin"),
        Index("ix_node_search_texts", "texts", postgresql_using="gin"),
        Index("ix_node_search_code", "code", postgresql_using="gin"),
    )

    node_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.nodes.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    names: Mapped[str] = mapped_column(TSVECTOR)
    columns: Mapped[str] = mapped_column(TSVECTOR)
    texts: Mapped[str] = mapped_column(TSVECTOR)
    code: Mapped[str] = mapped_column(TSVECTOR)


class LineageEdge(Base):
    """A node reads another: model-level lineage."""

    __tablename__ = "lineage"
    # A walk upstream reads the index alone.
    __table_args__ = (Index(None, "environment_id", "child", postgresql_include=["parent"]),)

    environment_id: Mapped[int] = mapped_column(
        ForeignKey(ENVIRONMENT_FK, ondelete="CASCADE"), primary_key=True
    )
    parent: Mapped[str] = mapped_column(Text, primary_key=True)
    child: Mapped[str] = mapped_column(Text, primary_key=True)


class NodeResult(Base):
    """What the latest run that touched a node made of it. Kept apart from `nodes`, which ingests replace."""

    __tablename__ = "node_results"

    environment_id: Mapped[int] = mapped_column(
        ForeignKey(ENVIRONMENT_FK, ondelete="CASCADE"), primary_key=True
    )
    unique_id: Mapped[str] = mapped_column(Text, primary_key=True)
    status: Mapped[str] = mapped_column(String(30))
    run_id: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    execution_time: Mapped[float | None]
    message: Mapped[str | None] = mapped_column(Text)
    failures: Mapped[int | None] = mapped_column(BigInteger)
    failures_relation: Mapped[str | None] = mapped_column(Text)


class NodeHealth(Base):
    """How a node's tests stand and whether it can be trusted, with the reasons; see `core.catalog.health`."""

    __tablename__ = "node_health"

    environment_id: Mapped[int] = mapped_column(
        ForeignKey(ENVIRONMENT_FK, ondelete="CASCADE"), primary_key=True
    )
    unique_id: Mapped[str] = mapped_column(Text, primary_key=True)
    tests: Mapped[int]
    passed: Mapped[int]
    failed: Mapped[int]
    warned: Mapped[int]
    trust: Mapped[str] = mapped_column(String(10))
    reasons: Mapped[list[str]] = mapped_column(ARRAY(Text))


class SourceFreshness(Base):
    """The latest answer of `dbt source freshness` for a source."""

    __tablename__ = "source_freshness"

    environment_id: Mapped[int] = mapped_column(
        ForeignKey(ENVIRONMENT_FK, ondelete="CASCADE"), primary_key=True
    )
    unique_id: Mapped[str] = mapped_column(Text, primary_key=True)
    status: Mapped[str] = mapped_column(String(30))
    max_loaded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    snapshotted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    age_seconds: Mapped[float | None]
    message: Mapped[str | None] = mapped_column(Text)
    run_id: Mapped[str | None] = mapped_column(String(64))
    ingested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class FreshnessAnswer(Base):
    """Every answer of `dbt source freshness`, for the catalog as it was."""

    __tablename__ = "freshness_answers"
    __table_args__ = (Index(None, "environment_id", "unique_id", "at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    environment_id: Mapped[int] = mapped_column(ForeignKey(ENVIRONMENT_FK, ondelete="CASCADE"))
    unique_id: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    status: Mapped[str] = mapped_column(String(30))
    max_loaded_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    snapshotted_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    age_seconds: Mapped[float | None]
    message: Mapped[str | None] = mapped_column(Text)
    run_id: Mapped[str | None] = mapped_column(String(64))


class NodeOverride(Base):
    """What people of a workspace say of a node, beside what its project says.

    `field` is `owner`, `description`, `tags` or `meta`.
    """

    __tablename__ = "node_overrides"

    workspace_id: Mapped[int] = mapped_column(ForeignKey(WORKSPACE_FK, ondelete="CASCADE"), primary_key=True)
    unique_id: Mapped[str] = mapped_column(Text, primary_key=True)
    field: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[Any] = mapped_column(JSONB)
    changed_by: Mapped[str] = mapped_column(Text)
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
