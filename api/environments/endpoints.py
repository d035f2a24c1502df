"""Environments of a workspace: finding, making, changing and deleting them."""

from typing import Annotated, Any

from fastapi import Depends, Path
from sqlalchemy.orm import Session

from api.environments.schemas import (
    Around,
    CheckOut,
    EnvironmentChangeIn,
    EnvironmentDetail,
    EnvironmentList,
    NewEnvironmentIn,
)
from api.kit.access import (
    EnvironmentEditor,
    GuardedRouter,
    PlaceDep,
    RunStarter,
    WorkspaceDep,
    WorkspaceReader,
)
from api.kit.errors import responses
from api.kit.state import SessionDep, State, StateDep, WorkspaceKey
from api.runs.schemas import RunOut
from core.artifacts.projects import look_again, repository_of
from core.auth.actor import Actor
from core.auth.rights import Scope
from core.environments import editing, variables
from core.environments.models import Environment
from core.environments.service import WithEnvironments
from core.kit import clock
from core.runs import service as runs
from core.runs.connections import steps_of_tests
from core.runs.executables import checked_executable
from core.runs.service import RunRequest
from core.workspaces import service as workspaces
from core.workspaces.models import WorkspaceState

router = GuardedRouter(prefix="/api/workspaces/{workspace}/environments", tags=["environments"])

EnvironmentPath = Annotated[
    str, Path(alias="environment", description="Key of the environment.", max_length=100)
]


async def get_environment(place: PlaceDep, environment: EnvironmentPath) -> Environment:
    """Dependency: the environment of the path."""
    return editing.pick_by_key(place.environments, environment)


EnvironmentDep = Annotated[Environment, Depends(get_environment, scope="function")]


@router.get("", responses=responses(404))
def list_environments(
    actor: WorkspaceReader, place: PlaceDep, session: SessionDep, state: StateDep
) -> EnvironmentList:
    """Every environment, those archived too; and what can be chosen for them."""
    items = _details(session, state, actor, place)
    repository = repository_of(place.workspace)
    if not _is_editor(actor, place.workspace.key) and repository.problem:
        repository = editing.Repository(problem="the profile in the repository cannot be read")
    return EnvironmentList.over(items, repository, state.settings)


@router.post("", status_code=201, responses=responses(404, 409))
def add_environment(
    actor: EnvironmentEditor,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    body: NewEnvironmentIn,
) -> EnvironmentDetail:
    """Make an environment: another target of the repository's profile, or one with a profile kept here."""
    values = _values(state, body.model_dump(exclude_unset=True))
    environment = editing.create(session, actor, workspace, values, repository_of(workspace))
    return _detail(session, state, actor, workspace.key, environment)


@router.get("/{environment}", responses=responses(404))
def get_one_environment(
    actor: WorkspaceReader,
    workspace: WorkspaceDep,
    environment: EnvironmentDep,
    session: SessionDep,
    state: StateDep,
) -> EnvironmentDetail:
    """One environment."""
    return _detail(session, state, actor, workspace.key, environment)


@router.patch("/{environment}", responses=responses(404, 409))
def change_environment(
    actor: EnvironmentEditor,
    workspace: WorkspaceDep,
    environment: EnvironmentDep,
    session: SessionDep,
    state: StateDep,
    body: EnvironmentChangeIn,
) -> EnvironmentDetail:
    """Change an environment. Another dbt is asked for its version first."""
    values = _values(state, body.model_dump(exclude_unset=True))
    editing.change(session, actor, workspace, environment, values, repository_of(workspace))
    return _detail(session, state, actor, workspace.key, environment)


@router.delete("/{environment}", status_code=204, responses=responses(404, 409))
def delete_environment(
    actor: EnvironmentEditor, workspace: WorkspaceDep, environment: EnvironmentDep, session: SessionDep
) -> None:
    """Delete an environment without a history, with its variables and secrets. Others can be archived."""
    editing.delete(session, actor, workspace, environment, repository_of(workspace))


@router.get("/{environment}/check", responses=responses(404))
def check_environment(
    actor: WorkspaceReader, workspace: WorkspaceDep, environment: EnvironmentDep, session: SessionDep
) -> CheckOut:
    """The dbt and the adapters that are there, against what the environment needs."""
    names = [row.name for row in variables.variables_of(session, environment.id)]
    return CheckOut.of(environment, names, _is_editor(actor, workspace.key))


@router.post("/{environment}/test", status_code=202, responses=responses(404, 409))
def test_connection(
    actor: RunStarter, key: WorkspaceKey, state: StateDep, environment: EnvironmentPath
) -> RunOut:
    """Start `dbt debug` in the environment, as a run: its log and its end say whether dbt can connect."""
    request = RunRequest([{"command": "debug"}], environment)
    with state.db.session() as session:
        workspace = workspaces.get_workspace(session, actor, key)
        editing.get(session, workspace.id, environment)
    if workspace.state == WorkspaceState.BROKEN:
        look_again(state.db, workspace)
    with state.db.session() as session:
        launch = runs.prepare_start(session, actor, workspace, request)
    run = state.engine.launch(launch)
    with state.db.session() as session:
        row = editing.get(session, workspace.id, environment)
        row.tested_run_id, row.tested_at = run.run_id, clock.now()
    return RunOut.of(runs.view_launched(workspace, run))


def _values(state: State, values: dict[str, Any]) -> dict[str, Any]:
    """The values with what the dbt that they name says of itself."""
    executable: str | None = values.get("dbt_executable")
    if executable is None:
        return values
    return {**values, "dbt_check": checked_executable(state.settings, executable).as_json()}


def _is_editor(actor: Actor, workspace: str) -> bool:
    return actor.may(Scope.ENVIRONMENT_EDIT, workspace)


def _details(
    session: Session, state: State, actor: Actor, place: WithEnvironments
) -> list[EnvironmentDetail]:
    found = place.environments
    around = Around(
        state.settings,
        found,
        variables.counts_of(session, [one.id for one in found]),
        steps_of_tests(session, [one.tested_run_id for one in found if one.tested_run_id]),
    )
    told = _is_editor(actor, place.workspace.key)
    return [EnvironmentDetail.of(one, around, told=told) for one in found]


def _detail(
    session: Session, state: State, actor: Actor, workspace: str, environment: Environment
) -> EnvironmentDetail:
    others = editing.with_deferred(session, environment)
    runs_of = [environment.tested_run_id] if environment.tested_run_id else []
    around = Around(
        state.settings,
        others,
        variables.counts_of(session, [environment.id]),
        steps_of_tests(session, runs_of),
    )
    return EnvironmentDetail.of(environment, around, told=_is_editor(actor, workspace))
