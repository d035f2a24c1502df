"""What one API process holds, and how requests get at it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Depends, Path, Request
from fastapi.concurrency import contextmanager_in_threadpool
from sqlalchemy.orm import Session
from starlette.requests import HTTPConnection

from api.kit.dagster import DagsterEngine
from api.kit.dagster_jobs import DagsterJobs
from api.kit.reloads import Reloads
from core.artifacts.store import ArtifactStore
from core.auth.access_tokens import AccessTokens
from core.auth.identify import Identifier
from core.auth.passwords import PasswordRules
from core.auth.sessions import Sessions
from core.kit.database import Database, make_engine, make_lookup_engine
from core.kit.settings import Settings
from core.runs.log_mirror import LogMirror
from plugins.host.manager import PluginManager

READING: Final = frozenset({"GET", "HEAD"})


@dataclass(frozen=True)
class State:
    """The parts that every request shares."""

    settings: Settings
    db: Database
    engine: DagsterEngine
    store: ArtifactStore
    plugins: PluginManager
    sessions: Sessions
    identifier: Identifier
    logs: LogMirror
    jobs: DagsterJobs
    reloads: Reloads

    @property
    def password_rules(self) -> PasswordRules:
        """What a password must be like here."""
        return PasswordRules.of(self.settings)


def make_state(settings: Settings) -> State:
    """The parts, made from the settings."""
    url = settings.database_url or "postgresql://"
    db = Database(make_engine(url))
    tokens = AccessTokens(settings)
    engine = DagsterEngine(settings.dagster_url or "http://127.0.0.1:1")
    return State(
        settings=settings,
        db=db,
        engine=engine,
        store=ArtifactStore(settings.data_dir),
        plugins=PluginManager(),
        sessions=Sessions(settings, db, tokens),
        identifier=Identifier(make_lookup_engine(url), tokens),
        logs=LogMirror(settings.data_dir, engine.captured_log),
        jobs=DagsterJobs(engine),
        reloads=Reloads(engine.reload_location),
    )


def state_of(connection: HTTPConnection) -> State:
    """The state of the application that serves this connection."""
    state: State = connection.app.state.workbench
    return state


async def get_state(request: Request) -> State:
    """Dependency: the application's state."""
    return state_of(request)


StateDep = Annotated[State, Depends(get_state)]


async def get_session(state: StateDep, request: Request) -> AsyncIterator[Session]:
    """Dependency: a session that commits once, before the answer is sent. Reading requests only read."""
    if request.method in READING:
        with state.db.reading() as session:
            yield session
        return
    async with contextmanager_in_threadpool(state.db.session()) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session, scope="function")]


WorkspaceKey = Annotated[str, Path(alias="workspace", description="Key of the workspace.", max_length=200)]
