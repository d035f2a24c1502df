"""Running again what a run did not bring to a good end."""

from typing import Literal

from pydantic import BaseModel, Field

from api.kit.access import GuardedRouter, RunStarter
from api.kit.errors import responses
from api.kit.state import StateDep, WorkspaceKey
from api.runs.endpoints import RunId
from api.runs.schemas import RunOut
from core.artifacts.states import check_launch
from core.runs import service
from core.runs.retrying import plan_retry
from core.workspaces import service as workspaces

router = GuardedRouter(prefix="/api/workspaces/{workspace}/runs", tags=["runs"])


class RetryWhat(BaseModel):
    """`failed`: what failed, was skipped or never ran. `all`: everything, as it was asked."""

    model_config = {"extra": "forbid"}

    what: Literal["failed", "all"] = Field(default="failed")


@router.post("/{run_id}/retry", status_code=201, responses=responses(404, 409, 413))
def retry_run(
    actor: RunStarter, key: WorkspaceKey, state: StateDep, run_id: RunId, body: RetryWhat
) -> RunOut:
    """Ask for a new run that does what another did not. Its tag `workbench/retry_of` names the other."""
    with state.db.session() as session:
        workspace = workspaces.get_workspace(session, actor, key)
    run = service.require_run(state.engine, workspace, run_id)
    with state.db.session() as session:
        asked = plan_retry(session, workspace, run, body.what)
        launch = service.prepare_retry(session, actor, workspace, run, asked)
        check_launch(session, state.store, workspace, launch)
    return RunOut.of(service.view_launched(workspace, state.engine.launch(launch)))
