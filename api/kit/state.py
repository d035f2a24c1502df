"""What one API process holds, and how requests get at it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Path, Request
from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection

from api.kit.dagster import DagsterEngine
from api.kit.errors import request_id_of
from core.artifacts.store import ArtifactStore
from core.auth.actor import Actor, Scope, local_admin
from core.kit.database import Database
from core.kit.settings import Settings
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace
from plugins.host.manager import PluginManager


@dataclass(frozen=True)
class State:
    """The parts that every request shares."""

    settings: Settings
    db: Database
    engine: DagsterEngine
    store: ArtifactStore
    plugins: PluginManager


def state_of(connection: HTTPConnection) -> State:
    """The state of the application that serves this connection."""
    state: State = connection.app.state.workbench
    return state


def get_state(request: Request) -> State:
    """Dependency: the application's state."""
    return state_of(request)


StateDep = Annotated[State, Depends(get_state)]


def get_session(state: StateDep) -> Iterator[Session]:
    """Dependency: a session that commits once, before the answer is sent."""
    with state.db.unit_of_work() as work:
        yield work.session


SessionDep = Annotated[Session, Depends(get_session, scope="function")]


def get_actor(request: Request) -> Actor:
    """Dependency: who asks. Without login that is the local admin."""
    return local_admin(request_id_of(request))


def require(scope: Scope) -> Callable[[Actor], Actor]:
    """A dependency that refuses actors without a scope."""

    def check(actor: Annotated[Actor, Depends(get_actor)]) -> Actor:
        actor.require(scope)
        return actor

    return check


CatalogReader = Annotated[Actor, Depends(require(Scope.CATALOG_READ))]
RunReader = Annotated[Actor, Depends(require(Scope.RUN_READ))]
RunStarter = Annotated[Actor, Depends(require(Scope.RUN_START))]
RunCanceller = Annotated[Actor, Depends(require(Scope.RUN_CANCEL))]

WorkspaceKey = Annotated[str, Path(alias="workspace", description="Key of the workspace.", max_length=200)]


def get_workspace(
    key: WorkspaceKey, actor: Annotated[Actor, Depends(get_actor)], session: SessionDep
) -> Workspace:
    """Dependency: the workspace of the path, if the actor may see it."""
    return workspaces.get_workspace(session, actor, key)


WorkspaceDep = Annotated[Workspace, Depends(get_workspace, scope="function")]
