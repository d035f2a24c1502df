"""Starting, finding, following and cancelling runs."""

from typing import Annotated

from fastapi import Depends, Path, Query
from fastapi.responses import FileResponse
from pydantic import AwareDatetime

from api.kit.access import ArtifactReader, GuardedRouter, RunCanceller, RunReader, RunStarter, WorkspaceDep
from api.kit.errors import responses
from api.kit.state import SessionDep, State, StateDep, WorkspaceKey
from api.runs.schemas import (
    CancelIn,
    CancelledOut,
    CancelOut,
    RunArtifactList,
    RunArtifactOut,
    RunFacetsOut,
    RunIn,
    RunList,
    RunOptionsOut,
    RunOut,
)
from core.artifacts import projects
from core.artifacts import service as artifacts
from core.artifacts.states import check_launch
from core.audit import service as audit
from core.kit.errors import Conflict, NotFound, WorkbenchError
from core.kit.text import storable
from core.runs import cancelling, finding, service
from core.runs.cancelling import Cancelling
from core.runs.ports import ACTOR_TAG, COMMAND_TAG, ENVIRONMENT_TAG, JOB_TAG, SCHEDULE_TAG, RunStatus
from core.runs.service import RunFilter, RunView
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace, WorkspaceState

router = GuardedRouter(prefix="/api/workspaces/{workspace}/runs", tags=["runs"])

RunId = Annotated[str, Path(description="Dagster's id of the run.", max_length=100)]

Value = Annotated[str | None, Query(max_length=500)]


async def run_filter(  # noqa: PLR0913, PLR0917 - a filter each
    status: Annotated[list[RunStatus], Query(max_length=20)] = [],  # noqa: B006 - FastAPI copies defaults
    environment: Value = None,
    actor: Value = None,
    command: Annotated[
        str | None, Query(description="The whole command line, such as `dbt build`.", max_length=500)
    ] = None,
    schedule: Value = None,
    job: Annotated[str | None, Query(description="Key of a job.", max_length=100)] = None,
    node: Annotated[
        str | None, Query(description="unique_id of a node that the run touched.", max_length=1000)
    ] = None,
    created_after: Annotated[AwareDatetime | None, Query()] = None,
    created_before: Annotated[AwareDatetime | None, Query()] = None,
) -> RunFilter:
    """Dependency: which runs a list is about."""
    tags = {
        ENVIRONMENT_TAG: environment,
        ACTOR_TAG: actor,
        COMMAND_TAG: command,
        SCHEDULE_TAG: schedule,
        JOB_TAG: job,
    }
    given = {name: storable(value) for name, value in tags.items() if value}
    return RunFilter(status, given, node or None, created_after, created_before)


WantedRuns = Annotated[RunFilter, Depends(run_filter)]


@router.get("", responses=responses(404))
def list_runs(
    _actor: RunReader,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    wanted: WantedRuns,
    cursor: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
) -> RunList:
    """One page of runs, newest first."""
    views, following = service.list_runs(session, state.engine, workspace, wanted, limit=limit, cursor=cursor)
    return RunList(items=[RunOut.of(view) for view in views], next_cursor=following)


@router.get("/options", responses=responses(404))
def run_options(_actor: RunReader, _workspace: WorkspaceDep) -> RunOptionsOut:
    """The dbt commands and flags that can be asked for."""
    return RunOptionsOut.all()


@router.get("/facets", responses=responses(404))
def run_facets(_actor: RunReader, workspace: WorkspaceDep, state: StateDep) -> RunFacetsOut:
    """What runs can be filtered by: the values that the latest of them carry."""
    return RunFacetsOut.model_validate(finding.facets(state.engine, workspace.key), from_attributes=True)


@router.post("/cancel", responses=responses(404, 413))
def cancel_runs(actor: RunCanceller, key: WorkspaceKey, state: StateDep, body: CancelIn) -> CancelOut:
    """Ask many runs to end. Those that cannot be asked say why; the others are asked all the same."""
    with state.db.session() as session:
        workspace = workspaces.get_workspace(session, actor, key)
        asked = cancelling.cancel_runs(session, state.engine, actor, workspace, body.run_ids)
    return CancelOut(items=[_cancelled(state, one) for one in asked])


def _cancelled(state: State, asked: Cancelling) -> CancelledOut:
    error = asked.error
    if error is None:
        try:
            state.engine.cancel(asked.run_id)
        except WorkbenchError as failure:
            error = failure
    if error is None:
        return CancelledOut(run_id=asked.run_id, cancelling=True)
    return CancelledOut(run_id=asked.run_id, cancelling=False, error=error.code, message=error.message)


@router.post("", status_code=201, responses=responses(404, 409, 413))
def start_run(actor: RunStarter, key: WorkspaceKey, state: StateDep, body: RunIn) -> RunOut:
    """Ask for a run. It is queued in Dagster once the audit row is safe."""
    request = body.request()
    with state.db.session() as session:
        workspace = workspaces.get_workspace(session, actor, key)
    if workspace.state == WorkspaceState.BROKEN:
        projects.look_again(state.db, workspace)
    with state.db.session() as session:
        launch = service.prepare_start(session, actor, workspace, request)
        check_launch(session, state.store, workspace, launch)
    return RunOut.of(service.view_launched(workspace, state.engine.launch(launch)))


@router.get("/{run_id}", responses=responses(404))
def get_run(
    _actor: RunReader, workspace: WorkspaceDep, session: SessionDep, state: StateDep, run_id: RunId
) -> RunOut:
    """One run."""
    return RunOut.of(service.get_run(session, state.engine, workspace, run_id))


@router.post("/{run_id}/cancel", responses=responses(404, 409))
def cancel_run(actor: RunCanceller, key: WorkspaceKey, state: StateDep, run_id: RunId) -> RunOut:
    """Ask a run to end. It is `cancelling` until dbt has stopped."""
    with state.db.session() as session:
        workspace = workspaces.get_workspace(session, actor, key)
        cancelling.cancel_run(session, state.engine, actor, workspace, run_id)
    try:
        state.engine.cancel(run_id)
    except Conflict:
        # Dagster also refuses a run that is on its way to an end already.
        view = _current(state, workspace, run_id)
        if view.run.status not in {RunStatus.CANCELLING, RunStatus.CANCELLED}:
            raise
        return RunOut.of(view)
    return RunOut.of(_current(state, workspace, run_id))


def _current(state: State, workspace: Workspace, run_id: str) -> RunView:
    with state.db.session() as session:
        return service.get_run(session, state.engine, workspace, run_id)


@router.get("/{run_id}/artifacts", responses=responses(404))
def run_artifacts(
    _actor: RunReader, workspace: WorkspaceDep, session: SessionDep, state: StateDep, run_id: RunId
) -> RunArtifactList:
    """The files that the run left, also when dbt failed."""
    service.require_run(state.engine, workspace, run_id)
    refused = {
        (row.step, row.name): row.message for row in artifacts.refusals_of_run(session, workspace.id, run_id)
    }
    items = [
        RunArtifactOut(
            step=row.step,
            name=row.name,
            size=row.size,
            digest=row.digest,
            refused=refused.get((row.step, row.name)),
        )
        for row in artifacts.artifacts_of_run(session, workspace.id, run_id)
    ]
    return RunArtifactList(items=items, total=len(items))


@router.get("/{run_id}/artifacts/{step}/{name}", response_class=FileResponse, responses=responses(404))
def download_artifact(
    actor: ArtifactReader,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    run_id: RunId,
    step: Annotated[int, Path(ge=1, le=1000)],
    name: Annotated[str, Path(max_length=200)],
) -> FileResponse:
    """One file of the run."""
    row = artifacts.artifact_of_run(session, workspace.id, run_id, step, name)
    path = state.store.path(row.digest)
    if not path.exists():
        raise NotFound(f"{name} is recorded but no longer in the artifact store.")
    audit.record(
        session,
        actor.by,
        audit.Tag.ARTIFACT_DOWNLOADED,
        workspace_id=workspace.id,
        subject=f"{run_id}/{step}/{name}",
    )
    return FileResponse(path, media_type="application/json", filename=row.name)
