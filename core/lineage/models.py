"""Tables of column lineage. An edge and what is known of a node hold from one snapshot until before another.

Columns are numbered once, so that walks compare numbers. What decides on all rows of a node ends in its
column `*` (`ROWS`), from which an edge of the kind `rows` leads to every column of the node: a walk that
follows influences needs no other rule.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, Index, LargeBinary, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.kit.database import SCHEMA, Base

WORKSPACE_FK = f"{SCHEMA}.workspaces.id"
ENVIRONMENT_FK = f"{SCHEMA}.environments.id"

# The column that stands for all rows of a node.
ROWS: Final = "*"
# Kinds of edges.
VALUE: Final = "value"
INFLUENCE: Final = "influence"
OF_ROWS: Final = "rows"


class LineageColumn(Base):
    """A column of a node, numbered for edges. It outlives the column: edges of the past refer to it."""

    __tablename__ = "lineage_columns"
    __table_args__ = (Index(None, "environment_id", "unique_id", "name", unique=True),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    environment_id: Mapped[int] = mapped_column(ForeignKey(ENVIRONMENT_FK, ondelete="CASCADE"))
    unique_id: Mapped[str] = mapped_column(Text)
    name: Mapped[str] = mapped_column(Text)


class ColumnEdge(Base):
    """A column feeds another (`value`) or decides on it (`influence`), or on all rows with it.

    `transform` is a `Transform` or an `Influence`; the span is of the compiled SQL of the child.
    """

    __tablename__ = "column_lineage"
    # Walks read an index alone.
    __table_args__ = (
        Index("ix_column_lineage_up", "child_id", "valid_to", postgresql_include=["parent_id", "kind"]),
        Index("ix_column_lineage_down", "parent_id", "valid_to", postgresql_include=["child_id", "kind"]),
    )

    child_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.lineage_columns.id", ondelete="CASCADE"), primary_key=True
    )
    parent_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    kind: Mapped[str] = mapped_column(String(10), primary_key=True)
    transform: Mapped[str] = mapped_column(String(12), primary_key=True)
    valid_from: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    valid_to: Mapped[int | None] = mapped_column(BigInteger)
    confidence: Mapped[float]
    span_start: Mapped[int | None]
    span_end: Mapped[int | None]


class NodeLineageVersion(Base):
    """What is known of the columns of a node.

    `columns`: `[{"name", "known_from", "status", "reason", "listed", "from_use"}]` in order (the last three
    only where they are not empty, true and false); `complete` where there are no others but the listed ones.
    `used`: which columns it reads of nodes that do not list them.
    `input_hash` is of all that the node itself brings; `code_hash` names the compiled SQL that spans are of.
    `kept_since`: the node could not be read; its edges are those of before, known as of that snapshot.
    """

    __tablename__ = "node_lineage"
    __table_args__ = (Index(None, "environment_id", "valid_to"),)

    environment_id: Mapped[int] = mapped_column(
        ForeignKey(ENVIRONMENT_FK, ondelete="CASCADE"), primary_key=True
    )
    unique_id: Mapped[str] = mapped_column(Text, primary_key=True)
    valid_from: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    valid_to: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[str] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(Text)
    columns: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    complete: Mapped[bool]
    used: Mapped[dict[str, list[str]]] = mapped_column(JSONB, server_default="{}")
    seconds: Mapped[float]
    input_hash: Mapped[UUID]
    code_hash: Mapped[UUID | None]
    kept_since: Mapped[int | None] = mapped_column(BigInteger)


class LineageOutcome(Base):
    """An outcome of reading SQL, kept by what it depends on (see `core.lineage.columns.cache`).

    `body` is a compressed `QueryLineage` as JSON. `used_at` says when it was last of use.
    """

    __tablename__ = "lineage_outcomes"

    workspace_id: Mapped[int] = mapped_column(ForeignKey(WORKSPACE_FK, ondelete="CASCADE"), primary_key=True)
    key: Mapped[UUID] = mapped_column(primary_key=True)
    answers: Mapped[UUID] = mapped_column(primary_key=True)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    used_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class LineageState(Base):
    """Where the column lineage of an environment stands.

    `snapshot_id` is the one whose lineage is complete, as `engine` reads it; `wanted_id` the one that is
    computed or was last tried. `state`: `waiting`, `running`, `done` or `failed`, then with `error`. `done`
    of `total` nodes are read, `computed` of them anew. `attempts` did not end well for `wanted_id`.
    `asked`: how often people wanted it read again.
    """

    __tablename__ = "lineage_states"

    environment_id: Mapped[int] = mapped_column(
        ForeignKey(ENVIRONMENT_FK, ondelete="CASCADE"), primary_key=True
    )
    snapshot_id: Mapped[int | None] = mapped_column(BigInteger)
    wanted_id: Mapped[int | None] = mapped_column(BigInteger)
    engine: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(10))
    done: Mapped[int] = mapped_column(server_default="0")
    total: Mapped[int] = mapped_column(server_default="0")
    computed: Mapped[int] = mapped_column(server_default="0")
    attempts: Mapped[int] = mapped_column(server_default="0")
    asked: Mapped[int] = mapped_column(server_default="0")
    error: Mapped[str | None] = mapped_column(Text)
    run_id: Mapped[str | None] = mapped_column(String(64))
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    progressed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
