"""Workspaces: finding and registering them."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.auth.actor import Actor
from core.kit import clock
from core.kit.errors import NotFound
from core.kit.text import storable
from core.workspaces.models import Workspace, WorkspaceState


@dataclass(frozen=True)
class Registration:
    """A dbt project that is to be a workspace."""

    key: str
    name: str
    project_dir: str
    profiles_dir: str
    is_demo: bool = False
    description: str = ""


def visible(actor: Actor) -> sa.Select[Workspace]:
    """The workspaces that an actor may see."""
    query = sa.select(Workspace)
    return query if actor.workspace_ids is None else query.where(Workspace.id.in_(actor.workspace_ids))


def list_workspaces(session: Session, actor: Actor) -> list[Workspace]:
    """Every workspace that the actor may see, by name."""
    return list(session.scalars(visible(actor).order_by(Workspace.is_demo, Workspace.name, Workspace.id)))


def get_workspace(session: Session, actor: Actor, key: str) -> Workspace:
    """One workspace.

    Raises:
        NotFound: there is none with this key that the actor may see.
    """
    workspace = session.scalar(visible(actor).where(Workspace.key == key))
    if workspace is None:
        raise NotFound(f"There is no workspace {key!r}.", hint="GET /api/workspaces lists those you may see.")
    return workspace


def all_workspaces(session: Session) -> list[Workspace]:
    """Every workspace, for processes that serve them all."""
    return list(session.scalars(sa.select(Workspace).order_by(Workspace.id)))


def by_key(session: Session, key: str) -> Workspace | None:
    """The workspace with this key, for processes that serve them all."""
    return session.scalar(sa.select(Workspace).where(Workspace.key == key))


def by_project_dir(session: Session, project_dir: str) -> Workspace | None:
    """The workspace of this folder, for processes that serve them all."""
    query = sa.select(Workspace).where(Workspace.project_dir == project_dir).order_by(Workspace.id)
    return session.scalars(query).first()


def register(session: Session, registration: Registration) -> Workspace:
    """Add a workspace, or point an existing one to where its project is now."""
    workspace = by_key(session, registration.key)
    if workspace is None:
        workspace = Workspace(key=registration.key, is_demo=registration.is_demo)
        session.add(workspace)
    workspace.name = registration.name
    workspace.description = registration.description
    workspace.project_dir = registration.project_dir
    workspace.profiles_dir = registration.profiles_dir
    is_new = workspace.id is None  # pyright: ignore[reportUnnecessaryComparison]
    session.flush()
    if is_new:
        audit.record(
            session,
            actor="workbench up",
            tag=audit.Tag.WORKSPACE_ADDED,
            workspace_id=workspace.id,
            subject=workspace.key,
            data={"project_dir": workspace.project_dir},
        )
    return workspace


def mark_ready(
    workspace: Workspace,
    *,
    at: datetime,
    digest: str,
    assets_digest: str,
    adapter: str | None,
    dbt: str | None,
) -> None:
    """The project parses: this manifest is the one to go by."""
    workspace.state = WorkspaceState.READY
    workspace.state_message = None
    workspace.state_hint = None
    workspace.manifest_digest = digest
    workspace.assets_digest = assets_digest
    workspace.manifest_at = clock.now()
    workspace.state_at = at
    workspace.adapter_type = adapter
    workspace.dbt_version = dbt


MEND = "Mend the project, then choose Parse again (or run `dbt parse` here)."


def mark_broken(workspace: Workspace, message: str, hint: str = MEND) -> None:
    """The project cannot be read; the last good manifest stays."""
    workspace.state = WorkspaceState.BROKEN
    workspace.state_at = clock.now()
    workspace.state_message = storable(message)
    workspace.state_hint = hint


def require(session: Session, key: str) -> Workspace:
    """The workspace with this key, for processes that serve them all.

    Raises:
        NotFound: there is none any more.
    """
    workspace = by_key(session, key)
    if workspace is None:
        raise NotFound(f"There is no workspace {key!r}.")
    return workspace
