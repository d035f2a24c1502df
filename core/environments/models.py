"""Tables of environments, their variables and secrets."""

from datetime import datetime
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    ForeignKey,
    Index,
    String,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from core.kit.database import SCHEMA, Base


class Environment(Base):
    """Where dbt runs: a target of a profile, with variables. One per workspace is the default.

    `in_profile`: the profile in the repository has its target. `profile_yaml`: what dbt connects by is kept
    here instead. With neither, its artifacts come from elsewhere, or its target is gone: its catalog stays
    readable, and nothing can be run in it. The same holds for one that is archived.

    Columns that are null follow something else: `threads` the profile, `retention_days` the instance,
    `dbt_executable` the dbt that is installed with the product. `dbt_check` is what that dbt last said of
    itself: `{executable, version, adapters, error}`. `tested_run_id` is the run of the last `dbt debug`.
    """

    __tablename__ = "environments"
    __table_args__ = (
        UniqueConstraint("workspace_id", "key"),
        Index("uq_environments_default", "workspace_id", unique=True, postgresql_where=text("is_default")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    workspace_id: Mapped[int] = mapped_column(ForeignKey(f"{SCHEMA}.workspaces.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(100))
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, server_default="")
    dbt_target: Mapped[str] = mapped_column(String(200))
    adapter_type: Mapped[str | None] = mapped_column(String(50))
    is_default: Mapped[bool] = mapped_column(server_default="false")
    in_profile: Mapped[bool] = mapped_column(server_default="true")
    profile_yaml: Mapped[str | None] = mapped_column(Text)
    threads: Mapped[int | None]
    retention_days: Mapped[int | None]
    dbt_executable: Mapped[str | None] = mapped_column(Text)
    dbt_check: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    dbt_checked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    tested_run_id: Mapped[str | None] = mapped_column(String(64))
    tested_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    defer_to_id: Mapped[int | None] = mapped_column(
        ForeignKey(f"{SCHEMA}.environments.id", ondelete="SET NULL")
    )
    archived_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))

    @property
    def is_runnable(self) -> bool:
        """Whether dbt can be run here."""
        return self.archived_at is None and (self.in_profile or self.profile_yaml is not None)


class EnvironmentVariable(Base):
    """A variable that dbt sees in an environment: its value, or encrypted, a secret."""

    __tablename__ = "environment_variables"
    __table_args__ = (CheckConstraint("(value is null) <> (secret is null)", name="one_value"),)

    environment_id: Mapped[int] = mapped_column(
        ForeignKey(f"{SCHEMA}.environments.id", ondelete="CASCADE"), primary_key=True
    )
    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    value: Mapped[str | None] = mapped_column(Text)
    secret: Mapped[str | None] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_by: Mapped[str] = mapped_column(String(200))
