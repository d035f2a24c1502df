"""Triggers of a job: pausing, resuming and calling them, and what became of their ticks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated

import sqlalchemy as sa
from fastapi import Depends, Header, Path, Query
from sqlalchemy.orm import Session

from api.jobs import assembly
from api.jobs.endpoints import JobDep
from api.jobs.schemas import CallIn
from api.jobs.views import CallOut, DueTimeOut, TickList, TickOut, TriggerOut
from api.kit.access import GuardedRouter, JobEditor, JobReader, RunStarter, WorkspaceDep
from api.kit.errors import responses
from api.kit.state import SessionDep, State, StateDep
from core.audit import service as audit
from core.auth.actor import Actor
from core.kit.errors import Conflict, Unavailable
from core.schedules import calls, reading
from core.schedules.models import DueTime, Job, Trigger, TriggerCall
from core.workspaces.models import Workspace
from core.workspaces.service import check_in_use

router = GuardedRouter(prefix="/api/workspaces/{workspace}/jobs/{job}", tags=["jobs"])

TriggerId = Annotated[int, Path(alias="trigger_id", description="Id of the trigger.", ge=1, le=2**31 - 1)]
CallId = Annotated[int, Path(alias="call_id", description="Id of the call.", ge=1, le=2**63 - 1)]


def get_trigger(number: TriggerId, job: JobDep, session: SessionDep) -> Trigger:
    """Dependency: the trigger of the path."""
    return reading.get_trigger(session, job, number)


TriggerDep = Annotated[Trigger, Depends(get_trigger, scope="function")]


@router.get("/ticks", responses=responses(404))
def list_ticks(
    _actor: JobReader,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    job: JobDep,
    trigger: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Of this trigger only.")] = None,
    idle: Annotated[bool, Query(description="Also looks of sensors that found nothing.")] = False,  # noqa: FBT002
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> TickList:
    """The latest evaluations of the triggers, newest first: Dagster's own, with what was decided in each."""
    wanted = (limit, idle)
    chosen = [reading.get_trigger(session, job, trigger)] if trigger is not None else None
    triggers = chosen or reading.triggers_of(session, [job.id])[job.id]
    items = [tick for one in triggers for tick in _ticks_of(session, state, workspace, (job, one), wanted)]
    items = sorted(items, key=lambda tick: tick.at, reverse=True)[:limit]
    return TickList(items=items, total=len(items))


@router.post("/triggers/{trigger_id}/pause", responses=responses(404, 409))
def pause_trigger(
    actor: JobEditor,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    job: JobDep,
    trigger: TriggerDep,
) -> TriggerOut:
    """Stop a trigger: its schedule or sensor is stopped in Dagster, whose page says the same."""
    _set(session, state, actor, (workspace, job, trigger), resumes=False)
    return _shown(session, state, workspace, job, trigger)


@router.post("/triggers/{trigger_id}/resume", responses=responses(404, 409))
def resume_trigger(
    actor: JobEditor,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    job: JobDep,
    trigger: TriggerDep,
) -> TriggerOut:
    """Have a trigger that was paused tick again. What was due while it was paused is not made up for."""
    _set(session, state, actor, (workspace, job, trigger), resumes=True)
    return _shown(session, state, workspace, job, trigger)


@router.post("/triggers/{trigger_id}/calls", status_code=202, responses=responses(404, 409))
def call_trigger(
    actor: RunStarter,
    workspace: WorkspaceDep,
    session: SessionDep,
    job: JobDep,
    trigger: TriggerDep,
    body: CallIn,
    idempotency_key: Annotated[
        str | None, Header(description="The same key is the same call, however often it is sent.")
    ] = None,
) -> CallOut:
    """Have the job run. The call is noted and answered at once; Dagster asks for the run within seconds."""
    found = calls.call(session, actor, (workspace, job, trigger), body.variables, idempotency_key)
    return _call_out(found, None)


@router.get("/triggers/{trigger_id}/calls/{call_id}", responses=responses(404))
def get_call(
    _actor: JobReader,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    trigger: TriggerDep,
    call_id: CallId,
) -> CallOut:
    """What has become of a call."""
    found = calls.get_call(session, trigger, call_id)
    return _call_out(found, calls.run_of_call(state.engine, workspace, found))


def _call_out(found: TriggerCall, run_id: str | None) -> CallOut:
    columns = {name: getattr(found, name) for name in CallOut.model_fields if name != "run_id"}
    return CallOut.model_validate({**columns, "run_id": run_id})


def _set(
    session: Session,
    state: State,
    actor: Actor,
    place: tuple[Workspace, Job, Trigger],
    *,
    resumes: bool,
) -> None:
    workspace, job, trigger = place
    check_in_use(workspace)
    name = assembly.name_of(workspace, job, trigger)
    known = state.jobs.loaded_of(assembly.names_of(workspace, [job], {job.id: [trigger]})).get(name)
    if known is None:
        raise Conflict(
            "Dagster has not loaded this trigger.", hint="Its state says why: see the page of the job."
        )
    if known.is_running == resumes:
        return
    tag = audit.Tag.TRIGGER_RESUMED if resumes else audit.Tag.TRIGGER_PAUSED
    data = {"trigger": trigger.id, "name": name}
    audit.record(session, actor.by, tag, workspace_id=workspace.id, subject=job.key, data=data)
    session.flush()
    (state.jobs.resume if resumes else state.jobs.pause)(known)


def _shown(session: Session, state: State, workspace: Workspace, job: Job, trigger: Trigger) -> TriggerOut:
    place = assembly.place_of(session, state, workspace, [job], {job.id: [trigger]}, ticks=1)
    return assembly.trigger_out(place, job, trigger)


def _ticks_of(
    session: Session,
    state: State,
    workspace: Workspace,
    place: tuple[Job, Trigger],
    wanted: tuple[int, bool],
) -> list[TickOut]:
    """The ticks that Dagster keeps, and those of which only our own record is left."""
    (job, trigger), (limit, idle) = place, wanted
    query = sa.select(DueTime).where(DueTime.trigger_id == trigger.id).order_by(DueTime.tick_at.desc())
    due: dict[datetime, list[DueTime]] = {}
    for row in session.scalars(query.limit(limit * 10)):
        due.setdefault(row.tick_at, []).append(row)
    name = assembly.name_of(workspace, job, trigger)
    names = assembly.names_of(workspace, [job], {job.id: [trigger]})
    try:
        known = state.jobs.loaded_of(names, ticks=limit, idle=idle).get(name)
    except Unavailable:
        if state.jobs.location_failure() is None:
            raise
        known = None
    ticks = known.ticks if known is not None else ()
    found = [
        TickOut(
            at=tick.at,
            trigger_id=trigger.id,
            kind=trigger.kind,
            status=tick.status,
            reason=tick.reason,
            run_ids=list(tick.run_ids),
            due_times=_due_times(due.pop(tick.at, [])),
        )
        for tick in ticks
    ]
    return found + [
        TickOut(
            at=at,
            trigger_id=trigger.id,
            kind=trigger.kind,
            status="unknown",
            reason=None,
            run_ids=[],
            due_times=_due_times(rows),
        )
        for at, rows in due.items()
    ]


def _due_times(rows: Sequence[DueTime]) -> list[DueTimeOut]:
    ordered = sorted(rows, key=lambda row: row.due_at)
    return [DueTimeOut.model_validate(row, from_attributes=True) for row in ordered]
