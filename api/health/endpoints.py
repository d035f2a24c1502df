"""Health and public configuration."""

import socket
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import sqlalchemy as sa
from fastapi import Request, Response
from sqlalchemy.exc import SQLAlchemyError

from api.health.schemas import CheckOut, ConfigOut, HealthOut, PasswordRulesOut, ReadinessOut
from api.kit.access import GuardedRouter, identify
from api.kit.state import State, StateDep
from core import __version__
from core.kit.errors import WorkbenchError
from core.workspaces.models import Workspace
from plugins.sdk.hooks import Installation

router = GuardedRouter(tags=["health"])


@router.get("/health")
async def health() -> HealthOut:
    """The process lives; it says so even while every thread waits for a database."""
    return HealthOut(status="ok", version=__version__)


@router.get("/health/ready", responses={503: {"model": ReadinessOut}})
def ready(request: Request, state: StateDep, response: Response) -> ReadinessOut:
    """Database, Dagster and code location answer, and plugins find nothing. 503 otherwise.

    What is wrong may name folders and people's code: it is told to those who are logged in.
    """
    checks = [("database", _database), ("dagster", _dagster), ("code_location", _code_location)]
    with ThreadPoolExecutor(max_workers=len(checks)) as pool:
        results = [pool.submit(_run, name, check, state) for name, check in checks]
        found = [result.result() for result in results] + _of_plugins(state)
    ok = all(check.status == "ok" for check in found)
    response.status_code = 200 if ok else 503
    if not _is_known(request):
        found = [check.model_copy(update={"message": None}) for check in found]
    return ReadinessOut(status="ready" if ok else "not_ready", checks=found)


def _is_known(request: Request) -> bool:
    try:
        identify(request)
    except (WorkbenchError, SQLAlchemyError):
        return False
    return True


@router.get("/config")
def config(state: StateDep) -> ConfigOut:
    """What the web app needs to know; nothing secret."""
    rules = PasswordRulesOut.model_validate(state.password_rules, from_attributes=True)
    return ConfigOut(
        version=__version__,
        auth_enabled=state.settings.auth_enabled,
        metadata_edits=state.settings.allow_metadata_edits,
        dagster_path="/dagster",
        password_rules=rules,
    )


def _run(name: str, check: Callable[[State], str | None], state: State) -> CheckOut:
    began = time.monotonic()
    try:
        problem = check(state)
    except WorkbenchError as error:
        problem = error.message
    except SQLAlchemyError:
        problem = "The database does not answer."
    seconds = round(time.monotonic() - began, 4)
    return CheckOut(name=name, status="failed" if problem else "ok", message=problem, seconds=seconds)


def _of_plugins(state: State) -> list[CheckOut]:
    began = time.monotonic()
    installation = Installation(__version__, state.settings.data_dir)
    found = state.plugins.readiness_checks(installation)
    seconds = round(time.monotonic() - began, 4)
    return [
        CheckOut(
            name=check.name,
            status="failed" if check.problem else "ok",
            message=check.problem,
            seconds=seconds,
            plugin=plugin,
        )
        for plugin, check in found
    ]


def _database(state: State) -> str | None:
    with state.db.engine.connect() as connection:
        # A database that answers but was never migrated could serve nothing.
        connection.execute(sa.select(Workspace.id).limit(1))
    return None


def _dagster(state: State) -> str | None:
    state.engine.check()
    return None


def _code_location(state: State) -> str | None:
    """Dagster tells what it loaded last; whether the code server still lives is asked of its socket."""
    return _socket_problem(state.settings.code_socket) or state.engine.location_error()


def _socket_problem(path: str | None) -> str | None:
    if path is None:
        return None
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(1)
        try:
            client.connect(path)
        except OSError:
            return "The code server does not answer."
    return None
