"""Workspaces: listing, making, changing, archiving and restoring them."""

import logging
from collections.abc import Sequence
from typing import Annotated

from fastapi import BackgroundTasks, Query
from sqlalchemy.orm import Session

from api.kit.access import (
    GuardedRouter,
    WorkspaceDep,
    WorkspaceEditor,
    WorkspaceLister,
    WorkspaceManager,
    WorkspaceReader,
)
from api.kit.errors import responses
from api.kit.state import SessionDep, State, StateDep
from api.workspaces.schemas import NewWorkspaceIn, WorkspaceIn, WorkspaceList, WorkspaceOut
from core.artifacts import projects
from core.artifacts.projects import NewWorkspace
from core.auth.actor import Actor
from core.catalog import repository as catalog
from core.environments import service as environments
from core.kit.errors import WorkbenchError
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace

router = GuardedRouter(prefix="/api/workspaces", tags=["workspaces"])
log = logging.getLogger("workbench.api")


@router.get("", responses=responses())
def list_workspaces(
    actor: WorkspaceLister,
    session: SessionDep,
    archived: Annotated[bool, Query(description="Those archived, instead of those in use.")] = False,  # noqa: FBT002 - a query parameter
) -> WorkspaceList:
    """Every workspace that the caller is a member of."""
    found = _out(session, actor, workspaces.list_workspaces(session, actor, archived=archived))
    return WorkspaceList(items=found, total=len(found))


@router.post("", status_code=201, responses=responses(409))
def add_workspace(
    actor: WorkspaceManager, state: StateDep, background: BackgroundTasks, body: NewWorkspaceIn
) -> WorkspaceOut:
    """Make a workspace. A project is parsed in the background: `state` says how that went."""
    wanted = NewWorkspace(body.key, body.name, body.description, body.project_dir)
    with state.db.session() as session:
        workspace = projects.create(session, actor, wanted)
        session.refresh(workspace)
        made = _out(session, actor, [workspace])[0]
    background.add_task(_take_up, state, body.key, has_project=made.has_project)
    return made


@router.get("/{workspace}", responses=responses(404))
def get_workspace(actor: WorkspaceReader, workspace: WorkspaceDep, session: SessionDep) -> WorkspaceOut:
    """One workspace."""
    return _out(session, actor, [workspace])[0]


@router.patch("/{workspace}", responses=responses(404, 409))
def change_workspace(
    actor: WorkspaceEditor, workspace: WorkspaceDep, session: SessionDep, body: WorkspaceIn
) -> WorkspaceOut:
    """Change name or description."""
    workspaces.change(session, actor, workspace, body.model_dump(exclude_unset=True))
    return _out(session, actor, [workspace])[0]


@router.post("/{workspace}/archive", responses=responses(404))
def archive_workspace(
    actor: WorkspaceManager,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    background: BackgroundTasks,
) -> WorkspaceOut:
    """Take a workspace out of use. Nothing is deleted: it can be read, and restored."""
    workspaces.archive(session, actor, workspace)
    background.add_task(_reload, state)
    return _out(session, actor, [workspace])[0]


@router.post("/{workspace}/restore", responses=responses(404))
def restore_workspace(
    actor: WorkspaceManager,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    background: BackgroundTasks,
) -> WorkspaceOut:
    """Take an archived workspace into use again."""
    workspaces.restore(session, actor, workspace)
    background.add_task(_take_up, state, workspace.key, has_project=workspace.project_dir is not None)
    return _out(session, actor, [workspace])[0]


def _take_up(state: State, key: str, *, has_project: bool) -> None:
    """Parse what was never parsed, or changed meanwhile; then Dagster sees the workspace."""
    if has_project:
        projects.parse_new(state.settings, state.db, key)
        _reload(state)


def _reload(state: State) -> None:
    try:
        state.engine.reload_location()
    except WorkbenchError as error:
        log.warning("Dagster was not asked to load its definitions anew: %s", error)


def _out(session: Session, actor: Actor, found: Sequence[Workspace]) -> list[WorkspaceOut]:
    ids = [workspace.id for workspace in found]
    by_workspace = environments.environments_of(session, ids)
    defaults = {key: known[0].id for key, known in by_workspace.items() if known}
    counts = catalog.counts_by_type(session, list(defaults.values()))
    return [
        WorkspaceOut.of(w, actor, by_workspace[w.id], counts.get(defaults.get(w.id, 0), {})) for w in found
    ]
