"""Variables and secrets of an environment."""

from typing import Annotated

from fastapi import Path

from api.environments.endpoints import EnvironmentDep
from api.environments.schemas import VariableIn, VariableList, VariableOut
from api.kit.access import EnvironmentEditor, GuardedRouter, WorkspaceDep, WorkspaceReader
from api.kit.errors import responses
from api.kit.state import SessionDep, StateDep
from core.environments import variables
from core.kit.crypto import Cipher

router = GuardedRouter(
    prefix="/api/workspaces/{workspace}/environments/{environment}/variables", tags=["environments"]
)

VariableName = Annotated[str, Path(alias="variable", description="Name of the variable.", max_length=200)]


@router.get("", responses=responses(404))
def list_variables(
    _actor: WorkspaceReader, environment: EnvironmentDep, session: SessionDep, state: StateDep
) -> VariableList:
    """The variables, by name; of secrets everything but the value."""
    cipher = Cipher(state.settings)
    rows = variables.variables_of(session, environment.id)
    items = [VariableOut.of(row, is_readable=variables.is_readable(cipher, row)) for row in rows]
    return VariableList(items=items, total=len(items))


@router.put("/{variable}", responses=responses(404, 409))
def put_variable(
    actor: EnvironmentEditor,
    workspace: WorkspaceDep,
    environment: EnvironmentDep,
    session: SessionDep,
    state: StateDep,
    name: VariableName,
    body: VariableIn,
) -> VariableOut:
    """Set a variable or a secret, or replace it. Runs that begin from now on see it."""
    cipher = Cipher(state.settings) if body.secret else None
    row = variables.put(session, actor, workspace, environment, name, body.value, cipher)
    return VariableOut.of(row, is_readable=True)


@router.delete("/{variable}", status_code=204, responses=responses(404, 409))
def remove_variable(
    actor: EnvironmentEditor,
    workspace: WorkspaceDep,
    environment: EnvironmentDep,
    session: SessionDep,
    name: VariableName,
) -> None:
    """Remove a variable or secret."""
    variables.remove(session, actor, workspace, environment, name)
