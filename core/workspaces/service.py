"""Workspaces: finding, registering, changing and archiving them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.audit.service import By
from core.auth.actor import Actor, NoMember
from core.kit import clock
from core.kit.errors import Conflict, FieldError, Invalid, NotFound
from core.kit.text import storable
from core.workspaces.models import Workspace, WorkspaceState

STARTED_BY: Final = By("workbench up")
KEY: Final = re.compile(r"[a-z0-9][a-z0-9_]{0,99}")


@dataclass(frozen=True)
class Registration:
    """What is to be a workspace: a dbt project, or without one whatever will be brought to it."""

    key: str
    name: str
    project_dir: str | None
    profiles_dir: str
    is_demo: bool = False
    description: str = ""


def visible(actor: Actor) -> sa.Select[Workspace]:
    """The workspaces that an actor may see."""
    query = sa.select(Workspace)
    return query if actor.workspace_ids is None else query.where(Workspace.id.in_(actor.workspace_ids))


def list_workspaces(session: Session, actor: Actor, *, archived: bool = False) -> list[Workspace]:
    """Every workspace that the actor may see, by name: those in use, or those archived."""
    query = visible(actor).where(_is_archived() if archived else ~_is_archived())
    return list(session.scalars(query.order_by(Workspace.is_demo, Workspace.name, Workspace.id)))


def get_workspace(session: Session, actor: Actor, key: str) -> Workspace:
    """One workspace.

    Raises:
        NotFound: there is none with this key that the actor may see.
    """
    workspace = session.scalar(visible(actor).where(Workspace.key == key))
    if workspace is None:
        raise NoMember(key)
    return workspace


def all_workspaces(session: Session) -> list[Workspace]:
    """Every workspace, archived or not, for processes that serve them all."""
    return list(session.scalars(sa.select(Workspace).order_by(Workspace.id)))


def with_projects(session: Session) -> list[Workspace]:
    """Every workspace in use that has a dbt project, for processes that serve them all."""
    query = sa.select(Workspace).where(~_is_archived(), Workspace.project_dir.is_not(None))
    return list(session.scalars(query.order_by(Workspace.id)))


def keys_by_id(session: Session, actor: Actor) -> dict[int, str]:
    """The keys, by id, of every workspace that the actor may see, archived or not."""
    query = visible(actor).with_only_columns(Workspace.id, Workspace.key)
    return dict(session.execute(query).tuples().all())


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
        return add(session, STARTED_BY, registration)
    # Name and description stay: people may have changed them.
    workspace.project_dir = registration.project_dir
    workspace.profiles_dir = registration.profiles_dir
    session.flush()
    return workspace


def add(session: Session, by: By, registration: Registration) -> Workspace:
    """Add a workspace.

    Raises:
        Invalid: the key or name is not allowed.
        Conflict: the key is taken, perhaps by an archived workspace.
    """
    _check_key(registration.key)
    _check_name(registration.name)
    other = by_key(session, registration.key)
    if other is not None:
        what = "an archived workspace; restore it" if other.archived_at else "another workspace"
        detail = FieldError("key", "is taken")
        raise Conflict(f"The key {registration.key!r} belongs to {what}.", details=[detail])
    workspace = Workspace(
        key=registration.key,
        name=registration.name.strip(),
        description=registration.description,
        project_dir=registration.project_dir,
        profiles_dir=registration.profiles_dir,
        is_demo=registration.is_demo,
    )
    session.add(workspace)
    session.flush()
    after = {**_facts(workspace), "project_dir": workspace.project_dir}
    _record(session, by, audit.Tag.WORKSPACE_ADDED, workspace, None, after)
    return workspace


def change(session: Session, actor: Actor, workspace: Workspace, values: Mapping[str, str]) -> None:
    """Change name or description.

    Raises:
        Invalid: the name is not allowed.
        Conflict: the workspace is archived.
    """
    check_in_use(workspace)
    before = _facts(workspace)
    if "name" in values:
        _check_name(values["name"])
        workspace.name = values["name"].strip()
    if "description" in values:
        workspace.description = storable(values["description"])
    session.flush()
    _record(session, actor.by, audit.Tag.WORKSPACE_CHANGED, workspace, before, _facts(workspace))


def archive(session: Session, actor: Actor, workspace: Workspace) -> None:
    """Take a workspace out of use. Nothing is deleted; it can be read, and restored."""
    if workspace.archived_at is None:
        workspace.archived_at = clock.now()
        session.flush()
        _record(session, actor.by, audit.Tag.WORKSPACE_ARCHIVED, workspace, None, None)


def restore(session: Session, actor: Actor, workspace: Workspace) -> None:
    """Take an archived workspace into use again."""
    if workspace.archived_at is not None:
        workspace.archived_at = None
        session.flush()
        _record(session, actor.by, audit.Tag.WORKSPACE_RESTORED, workspace, None, None)


def check_in_use(workspace: Workspace) -> None:
    """Raise Conflict for an archived workspace."""
    if workspace.archived_at is not None:
        raise Conflict(
            f"The workspace {workspace.key} is archived.", hint="An instance admin can restore it."
        )


def check_runnable(workspace: Workspace) -> None:
    """Raise Conflict for a workspace in which dbt cannot run: an archived one, or one without a project."""
    check_in_use(workspace)
    project_folder(workspace)


def project_folder(workspace: Workspace) -> Path:
    """The folder of the dbt project.

    Raises:
        Conflict: the workspace has none.
    """
    if workspace.project_dir is None:
        raise Conflict(
            f"The workspace {workspace.key} has no dbt project.",
            hint="It shows what is brought to it; runs need a workspace with a project folder.",
        )
    return Path(workspace.project_dir)


def _is_archived() -> sa.ColumnElement[bool]:
    return Workspace.archived_at.is_not(None)


def _facts(workspace: Workspace) -> dict[str, str]:
    return {"name": workspace.name, "description": workspace.description}


def _record(
    session: Session,
    by: By,
    tag: audit.Tag,
    workspace: Workspace,
    before: Mapping[str, str | None] | None,
    after: Mapping[str, str | None] | None,
) -> None:
    audit.record(
        session, by, tag, workspace_id=workspace.id, subject=workspace.key, before=before, after=after
    )


def _check_key(key: str) -> None:
    if not KEY.fullmatch(key):
        detail = FieldError(
            "key", "takes small letters, digits and '_', begins with a letter or digit, up to 100"
        )
        raise Invalid(f"{key!r} cannot be the key of a workspace.", details=[detail])


def _check_name(name: str) -> None:
    if not name.strip() or "\0" in name:
        raise Invalid("A workspace needs a name.", details=[FieldError("name", "must not be empty")])


def mark_ready(
    workspace: Workspace,
    *,
    at: datetime,
    digest: str,
    assets_digest: str | None,
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
