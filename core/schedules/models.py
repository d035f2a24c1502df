"""Tables of jobs, their triggers, and what became of the times at which they were due."""

from datetime import datetime
from typing import Any

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
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.kit.database import SCHEMA, Base


class Job(Base):
    """A run that is asked for again and again: steps, where, and what happens when it goes wrong.

    `environment_id` is null for the default environment of the workspace, whichever that is at the time.
    `steps` are as `core.runs.commands.Step.as_config` gives them, `retry` has the fields of a `RetryPolicy`.
    `overlap` says what happens when it is due while a run of it still goes on: `skip`, `queue` or `allow`.
    A run that has not begun `late_after_minutes` after it was due is late. `version` counts the changes.
    """

    __tablename__ = "jobs"
    __table_args__ = (UniqueConstraint("workspace_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.workspaces.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(60))
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, server_default="")
    environment_id: Mapped[int | None] = mapped_column(ForeignKey(f"{SCHEMA}.environments.id"))
    steps: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    retry: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    timeout_seconds: Mapped[int | None]
    overlap: Mapped[str] = mapped_column(String(10), server_default="skip")
    priority: Mapped[int] = mapped_column(server_default="0")
    retention_days: Mapped[int | None]
    late_after_minutes: Mapped[int | None]
    owner: Mapped[str] = mapped_column(String(200), server_default="")
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[str] = mapped_column(String(200))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_by: Mapped[str] = mapped_column(String(200))
    archived_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class Trigger(Base):
    """What makes a job run, of one `kind`: a schedule or sensor of Dagster, which knows if it is paused.

    `settings` by kind (`core.schedules.kinds`): cron `{expression, timezone, missed, missed_limit}`; job
    `{job_id, on}`; artifacts `{environment_id}`; api `{}`. `version` counts the changes that Dagster has to
    load; `changed_at` is when the last of them was made: no time before it is due.
    """

    __tablename__ = "job_triggers"
    __table_args__ = (Index(None, "job_id"),)

    id: Mapped[int] = mapped_column(Identity(), primary_key=True)
    job_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.jobs.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(server_default="1")
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    changed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class DueTime(Base):
    """A time at which a cron trigger was due, and what was decided (`run`, `skipped`, `missed`), and why.

    `tick_at` is the time of the tick of Dagster that decided it: the same tick, evaluated again after a
    crash, asks for the same runs. What has no row yet has not been looked at.
    """

    __tablename__ = "job_due_times"
    __table_args__ = (Index(None, "trigger_id", "tick_at"),)

    trigger_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.job_triggers.id", ondelete="CASCADE"), primary_key=True
    )
    due_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    tick_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    outcome: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class TriggerCall(Base):
    """A call of an `api` trigger. Kept until Dagster has asked for its run, which is its outcome.

    `outcome`: `waiting`, `run`, `skipped` (the overlap rule) or `refused` (it can no longer be run); `reason`
    says why.
    """

    __tablename__ = "job_calls"
    __table_args__ = (
        UniqueConstraint("trigger_id", "idempotency_key"),
        Index(None, "trigger_id", "outcome"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    trigger_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.job_triggers.id", ondelete="CASCADE"))
    idempotency_key: Mapped[str | None] = mapped_column(String(200))
    actor: Mapped[str] = mapped_column(String(200))
    variables: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default="{}")
    outcome: Mapped[str] = mapped_column(String(10), server_default="waiting")
    reason: Mapped[str | None] = mapped_column(Text)
    called_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class DefinitionLoad(Base):
    """One row: what the code location loaded last. `problems` says by trigger id why one is not there."""

    __tablename__ = "definition_loads"

    id: Mapped[int] = mapped_column(primary_key=True)
    loaded_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    versions: Mapped[dict[str, int]] = mapped_column(JSONB, server_default="{}")
    problems: Mapped[dict[str, str]] = mapped_column(JSONB, server_default="{}")
