"""Table of workspaces."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import DateTime, String, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from core.kit.database import Base


class WorkspaceState(StrEnum):
    """Whether the project behind a workspace can be read."""

    NEW = "new"
    READY = "ready"
    BROKEN = "broken"


class Workspace(Base):
    """A dbt project and the people, runs and catalog around it.

    `manifest_digest` names the last manifest that parsed; it outlives a later failure.
    `state_at` is the moment that the state speaks of: a manifest from before changes nothing.
    `project_fingerprint` says which state of the project's files was last parsed.
    Without `project_dir` it only holds what is brought to it. Once archived, it is read and never changed.
    """

    __tablename__ = "workspaces"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(String(100), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, server_default="")
    project_dir: Mapped[str | None] = mapped_column(Text)
    profiles_dir: Mapped[str] = mapped_column(Text, server_default="")
    is_demo: Mapped[bool] = mapped_column(server_default="false")
    state: Mapped[WorkspaceState] = mapped_column(String(20), server_default=WorkspaceState.NEW.value)
    state_message: Mapped[str | None] = mapped_column(Text)
    state_hint: Mapped[str | None] = mapped_column(Text)
    manifest_digest: Mapped[str | None] = mapped_column(String(64))
    manifest_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    state_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    assets_digest: Mapped[str | None] = mapped_column(String(64))
    adapter_type: Mapped[str | None] = mapped_column(String(50))
    dbt_version: Mapped[str | None] = mapped_column(String(50))
    project_fingerprint: Mapped[str | None] = mapped_column(String(64))
    archived_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
