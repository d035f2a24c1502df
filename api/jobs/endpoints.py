"""Jobs of a workspace: finding, making, changing, copying and running them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import BackgroundTasks, Depends, Path, Query

from api.jobs import assembly
from api.jobs.schemas import CronIn, DuplicateIn, JobChangeIn, JobIn, RunNowIn
from api.jobs.views import (
    BoundsOut,
    CronOut,
    HistoryOut,
    JobList,
    JobOptionsOut,
    JobOut,
    JobState,
    KindOut,
    NextTimeOut,
    OtherJobOut,
)
from api.kit.access import GuardedRouter, JobEditor, JobReader, PlaceDep, RunStarter, WorkspaceDep
from api.kit.errors import responses
from api.kit.state import SessionDep, State, StateDep, WorkspaceKey
from api.runs.schemas import RunOut
from core.artifacts import projects
from core.artifacts.states import check_launch
from core.audit import service as audit
from core.kit import clock
from core.kit.errors import Conflict, FieldError, Invalid
from core.kit.paging import decode_cursor, page_of
from core.kit.text import storable
from core.runs import service as runs
from core.runs.ports import COMMAND_TAG, ENVIRONMENT_TAG
from core.schedules import editing, history, reading
from core.schedules.cron import describe_next, timezones
from core.schedules.kinds import KINDS
from core.schedules.kinds.cron import KIND as CRON
from core.schedules.launching import Cause, launch_of_job
from core.schedules.models import Job
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace, WorkspaceState

router = GuardedRouter(prefix="/api/workspaces/{workspace}/jobs", tags=["jobs"])

JobKey = Annotated[str, Path(alias="job", description="Key of the job.", max_length=60)]
# Of which times are told: those of which timezones are known.
YEARS = range(1970, 2201)
Words = Annotated[str | None, Query(max_length=200)]


def get_job(key: JobKey, workspace: WorkspaceDep, session: SessionDep) -> Job:
    """Dependency: the job of the path."""
    return reading.get(session, workspace.id, storable(key))


JobDep = Annotated[Job, Depends(get_job, scope="function")]


@dataclass(frozen=True)
class Wanted:
    """Which jobs a list is about."""

    state: JobState | None
    words: Mapping[str, str]


async def wanted_jobs(
    state: Annotated[JobState | None, Query(description="Archived ones come only if asked for.")] = None,
    owner: Words = None,
    tag: Words = None,
    q: Annotated[str | None, Query(max_length=200, description="Part of key, name or description.")] = None,
) -> Wanted:
    """Dependency: which jobs a list is about."""
    words = {"owner": owner, "tag": tag, "text": q}
    return Wanted(state, {name: storable(value) for name, value in words.items() if value is not None})


@router.get("", responses=responses(404))
def list_jobs(
    _actor: JobReader,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    wanted: Annotated[Wanted, Depends(wanted_jobs)],
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> JobList:
    """One page of jobs by name, each with its latest runs, its next time and where it stands."""
    offset = decode_cursor(cursor)
    jobs = reading.jobs_of(session, workspace.id, archived=wanted.state == "archived", **wanted.words)
    needs_all = wanted.state not in {None, "archived"}
    shown = jobs if needs_all else jobs[offset : offset + limit]
    triggers = reading.triggers_of(session, [job.id for job in shown])
    place = assembly.place_of(session, state, workspace, shown, triggers)
    total = len(jobs)
    if needs_all:
        matching = [job for job in shown if place.state(job, triggers[job.id]) == wanted.state]
        shown, total = matching[offset : offset + limit], len(matching)
    items = assembly.outs(state, place, shown, triggers, next_count=1)
    page = page_of(items, total=total, offset=offset, limit=limit)
    return JobList(items=items, total=total, next_cursor=page.next_cursor)


@router.post("", status_code=201, responses=responses(404, 409))
def add_job(
    actor: JobEditor,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    background: BackgroundTasks,
    body: JobIn,
) -> JobOut:
    """Make a job. Dagster is asked to load its triggers; until it has, they are `applying`."""
    timezone = state.settings.scheduler_default_timezone
    job = editing.create(session, actor, workspace, body.model_dump(), timezone)
    if body.triggers:
        background.add_task(state.reloads.ask)
    return assembly.one(session, state, workspace, job)


@router.get("/options", responses=responses(404))
def job_options(_actor: JobReader, place: PlaceDep, session: SessionDep, state: StateDep) -> JobOptionsOut:
    """What can be chosen for a job of this workspace."""
    jobs = reading.jobs_of(session, place.workspace.id)
    return JobOptionsOut(
        kinds=[KindOut.model_validate(kind, from_attributes=True) for kind in KINDS.values()],
        timezones=sorted(timezones()),
        default_timezone=state.settings.scheduler_default_timezone,
        environments=[one.key for one in place.environments if one.is_runnable],
        jobs=[OtherJobOut(key=job.key, name=job.name) for job in jobs],
        owners=sorted({job.owner for job in jobs if job.owner}),
        tags=sorted({tag for job in jobs for tag in job.tags}),
        overlaps=list(editing.OVERLAPS),
        bounds={name: BoundsOut(least=least, most=most) for name, (least, most) in editing.BOUNDS.items()},
    )


@router.post("/check-cron", responses=responses(404))
def check_cron(
    _actor: JobReader, workspace: WorkspaceDep, session: SessionDep, state: StateDep, body: CronIn
) -> CronOut:
    """What a cron expression means, and its next ten times. Nothing is written."""
    after = body.after or clock.now()
    if after.year not in YEARS:
        detail = FieldError("after", f"must be from {YEARS[0]} to {YEARS[-1]}")
        raise Invalid("Times are told of these years only.", details=[detail])
    around = reading.around(session, workspace.id, state.settings.scheduler_default_timezone)
    settings = CRON.check({"expression": body.expression, "timezone": body.timezone}, around)
    expression, timezone = settings["expression"], settings["timezone"]
    found = describe_next(expression, timezone, after, assembly.NEXT)
    return CronOut(
        expression=expression,
        timezone=timezone,
        words=CRON.words(settings, around),
        next_times=[NextTimeOut.of(one) for one in found],
    )


@router.get("/{job}", responses=responses(404))
def get_one_job(
    _actor: JobReader, workspace: WorkspaceDep, session: SessionDep, state: StateDep, job: JobDep
) -> JobOut:
    """One job, archived or not."""
    return assembly.one(session, state, workspace, job)


@router.patch("/{job}", responses=responses(404, 409))
def change_job(
    actor: JobEditor,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    background: BackgroundTasks,
    job: JobDep,
    body: JobChangeIn,
) -> JobOut:
    """Change, archive or restore a job. What it runs holds at once; triggers once Dagster has loaded them."""
    values = body.values()
    editing.change(session, actor, workspace, job, values, state.settings.scheduler_default_timezone)
    if values.keys() & {"triggers", "archived"}:
        background.add_task(state.reloads.ask)
    return assembly.one(session, state, workspace, job)


@router.post("/{job}/duplicate", status_code=201, responses=responses(404, 409))
def duplicate_job(
    actor: JobEditor,
    workspace: WorkspaceDep,
    session: SessionDep,
    state: StateDep,
    background: BackgroundTasks,
    job: JobDep,
    body: DuplicateIn,
) -> JobOut:
    """Make another job of the same content, with triggers of its own."""
    timezone = state.settings.scheduler_default_timezone
    copy = editing.duplicate(session, actor, workspace, job, (body.key, body.name), timezone)
    background.add_task(state.reloads.ask)
    return assembly.one(session, state, workspace, copy)


@router.get("/{job}/history", responses=responses(404))
def job_history(
    _actor: JobReader,
    workspace: WorkspaceDep,
    state: StateDep,
    job: JobDep,
    limit: Annotated[int, Query(ge=1, le=history.MOST)] = 100,
) -> HistoryOut:
    """The latest runs of a job, how many of them succeeded, and how long they take."""
    return HistoryOut.of(history.history_of(state.engine, workspace.key, job.key, limit=limit))


@router.post("/{job}/runs", status_code=201, responses=responses(404, 409))
def run_job(actor: RunStarter, key: WorkspaceKey, state: StateDep, job: JobKey, body: RunNowIn) -> RunOut:
    """Run a job now, as it is defined now. The rule `skip` refuses a second run at once."""
    with state.db.session() as session:
        workspace = workspaces.get_workspace(session, actor, key)
        found = reading.get(session, workspace.id, storable(job))
    if found.overlap == "skip" and not body.force:
        _refuse_second(state, workspace, found)
    if workspace.state == WorkspaceState.BROKEN:
        projects.look_again(state.db, workspace)
    with state.db.session() as session:
        launch = launch_of_job(session, workspace, found, actor.name, Cause(variables=body.variables))
        check_launch(session, state.store, workspace, launch)
        data: dict[str, Any] = {
            "command": launch.tags[COMMAND_TAG],
            "environment": launch.tags[ENVIRONMENT_TAG],
            "job": found.key,
        }
        audit.record(session, actor.by, audit.Tag.RUN_REQUESTED, workspace_id=workspace.id, data=data)
    return RunOut.of(runs.view_launched(workspace, state.engine.launch(launch)))


def _refuse_second(state: State, workspace: Workspace, job: Job) -> None:
    going_on = history.going_on(state.engine, workspace.key, job.key)
    if going_on is not None:
        raise Conflict(
            f"Run {going_on.run_id} of the job {job.key} is not over ({going_on.status}).",
            hint="Wait for it, cancel it, or send force: true to run beside it.",
            details=[FieldError("run", going_on.run_id)],
        )
