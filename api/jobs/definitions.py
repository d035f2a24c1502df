"""Whether Dagster has loaded the triggers of a workspace as they are now."""

from datetime import datetime

from sqlalchemy.orm import Session

from api.jobs import assembly
from api.jobs.assembly import Place
from api.jobs.views import ApplyingOut, DefinitionsOut
from api.kit.access import GuardedRouter, JobEditor, JobReader, WorkspaceDep
from api.kit.errors import responses
from api.kit.state import SessionDep, State, StateDep
from core.kit.errors import Unavailable
from core.runs.ports import WORKSPACE_TAG
from core.schedules import reading
from core.schedules.kinds import KINDS
from core.schedules.models import Job, Trigger
from core.schedules.names import JOB_TAG
from core.schedules.states import Known, TriggerState
from core.workspaces.models import Workspace

router = GuardedRouter(prefix="/api/workspaces/{workspace}/definitions", tags=["jobs"])


@router.get("", responses=responses(404))
def get_definitions(
    _actor: JobReader, workspace: WorkspaceDep, session: SessionDep, state: StateDep
) -> DefinitionsOut:
    """live, applying (which triggers, since when), failed (why), or unknown while Dagster does not answer."""
    return _definitions(session, state, workspace)


@router.post("/reload", status_code=202, responses=responses(404))
def reload_definitions(
    _actor: JobEditor, workspace: WorkspaceDep, session: SessionDep, state: StateDep
) -> DefinitionsOut:
    """Have Dagster load the definitions anew, in the background; the old ones serve meanwhile."""
    state.reloads.ask()
    return _definitions(session, state, workspace)


def _definitions(session: Session, state: State, workspace: Workspace) -> DefinitionsOut:
    load = reading.last_load(session)
    loaded_at = load.loaded_at if load else None
    known = _known(state)
    if known.loaded is None:
        return _out("unknown", known.silence, None, loaded_at)
    jobs = reading.jobs_of(session, workspace.id)
    triggers = reading.triggers_of(session, [job.id for job in jobs])
    timezone = state.settings.scheduler_default_timezone
    around = reading.around(session, workspace.id, timezone)
    place = Place(workspace, around, Known(known.loaded, known.location_error, load))
    told = [_told(place, job, trigger) for job in jobs for trigger in triggers[job.id]]
    waiting = [one for at, one in told if at == TriggerState.APPLYING]
    failed = [one for at, one in told if at == TriggerState.FAILED]
    leaving = _leaving(known, workspace, set(assembly.names_of(workspace, jobs, triggers)))
    if known.location_error is not None or failed:
        said, reason = "failed", known.location_error or failed[0].reason
    else:
        said, reason = ("applying" if waiting or leaving else "live"), None
    since = min((one.since for one in [*failed, *waiting]), default=None)
    found = _out(said, reason, since, loaded_at)
    return found.model_copy(update={"waiting": waiting, "failed": failed, "leaving": leaving})


def _out(
    state: str, reason: str | None, since: datetime | None, loaded_at: datetime | None
) -> DefinitionsOut:
    return DefinitionsOut.model_validate(
        {
            "state": state,
            "reason": reason,
            "since": since,
            "loaded_at": loaded_at,
            "waiting": [],
            "failed": [],
            "leaving": [],
        }
    )


def _known(state: State) -> Known:
    try:
        failure = state.jobs.location_failure()
        return Known(state.jobs.loaded() if failure is None else {}, failure)
    except Unavailable as error:
        return Known(silence=error.message)


def _told(place: Place, job: Job, trigger: Trigger) -> tuple[TriggerState, ApplyingOut]:
    stand = place.stand(job, trigger)
    words = KINDS[trigger.kind].words(trigger.settings, place.around)
    told = ApplyingOut(
        job=job.key, trigger_id=trigger.id, words=words, since=trigger.changed_at, reason=stand.reason
    )
    return stand.state, told


def _leaving(known: Known, workspace: Workspace, names: set[str]) -> list[str]:
    """What Dagster still has of triggers that are gone, or whose job is archived."""
    own = [one for one in (known.loaded or {}).values() if one.tags.get(WORKSPACE_TAG) == workspace.key]
    return sorted(one.name for one in own if JOB_TAG in one.tags and one.name not in names)
