"""Tables about runs. The runs themselves are rows of Dagster's; ours refer to their ids."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, ForeignKey, Index, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.kit.database import SCHEMA, Base


class RunNode(Base):
    """What became of one node in one step of a run.

    `code_hash` is of the compiled SQL of this very run, which `code_texts` holds once however often it ran.
    """

    __tablename__ = "run_nodes"
    __table_args__ = (Index(None, "environment_id", "unique_id", "started_at"),)

    run_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    unique_id: Mapped[str] = mapped_column(Text, primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.workspaces.id", ondelete="CASCADE"))
    environment_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.environments.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(Text)
    resource_type: Mapped[str] = mapped_column(String(50))
    command: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(30))
    started_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    execution_time: Mapped[float | None]
    message: Mapped[str | None] = mapped_column(Text)
    failures: Mapped[int | None] = mapped_column(BigInteger)
    rows_affected: Mapped[int | None] = mapped_column(BigInteger)
    thread: Mapped[str | None] = mapped_column(String(50))
    adapter_response: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    compile_time: Mapped[float | None]
    execute_time: Mapped[float | None]
    bytes_processed: Mapped[int | None] = mapped_column(BigInteger)
    code_hash: Mapped[UUID | None]


class RunStep(Base):
    """One dbt command of a run: when it ran and how it ended."""

    __tablename__ = "run_steps"

    run_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.workspaces.id", ondelete="CASCADE"))
    command: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(String(30))
    exit_code: Mapped[int | None]
    message: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
