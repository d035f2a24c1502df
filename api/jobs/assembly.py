"""Jobs with all that is told of them: from the database, and from Dagster in one request for many."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from pydantic import TypeAdapter
from sqlalchemy.orm import Session

from api.jobs.views import JobOut, JobRunOut, LastTickOut, NextTimeOut, TriggerOut
from api.kit.state import State
from core.kit import clock
from core.kit.errors import Unavailable
from core.schedules import reading
from core.schedules.cron import describe_next
from core.schedules.history import BARS, bar_of
from core.schedules.kinds import KINDS
from core.schedules.kinds.kind import Around
from core.schedules.models import Job, Trigger
from core.schedules.names import dagster_name
from core.schedules.ports import Loaded
from core.schedules.states import Known, Stand, TriggerState, stand_of, state_of_job
from core.workspaces.models import Workspace

NEXT: Final = 10
_TRIGGER: Final[TypeAdapter[TriggerOut]] = TypeAdapter(TriggerOut)
Triggers = Mapping[int, Sequence[Trigger]]


@dataclass(frozen=True)
class Place:
    """The workspace, what its triggers can name, and what is known of Dagster."""

    workspace: Workspace
    around: Around
    known: Known

    def stand(self, job: Job, trigger: Trigger) -> Stand:
        """Where a trigger stands."""
        return stand_of(self.workspace.key, job, trigger, self.known)

    def state(self, job: Job, triggers: Sequence[Trigger]) -> str:
        """Where a job stands."""
        return state_of_job(job, [self.stand(job, trigger) for trigger in triggers])


def name_of(workspace: Workspace, job: Job, trigger: Trigger) -> str:
    """What a trigger is called in Dagster."""
    return dagster_name(workspace.key, job.key, trigger.kind, trigger.id)


def names_of(workspace: Workspace, jobs: Sequence[Job], triggers: Triggers) -> dict[str, bool]:
    """What the triggers of jobs are called in Dagster, and whether each is a schedule there."""
    return {
        name_of(workspace, job, trigger): KINDS[trigger.kind].is_schedule
        for job in jobs
        for trigger in triggers[job.id]
    }


def place_of(
    session: Session,
    state: State,
    workspace: Workspace,
    jobs: Sequence[Job],
    triggers: Triggers,
    *,
    ticks: int = 0,
) -> Place:
    """What is known of the triggers of these jobs, with so many of their latest ticks."""
    timezone = state.settings.scheduler_default_timezone
    around = reading.around(session, workspace.id, timezone)
    load = reading.last_load(session)
    known = replace(_asked(state, names_of(workspace, jobs, triggers), ticks), load=load)
    place = Place(workspace, around, known)
    stands = [place.stand(job, trigger) for job in jobs for trigger in triggers[job.id]]
    if known.loaded is not None and any(stand.state == TriggerState.APPLYING for stand in stands):
        place = replace(place, known=replace(known, location_error=_failure(state)))
    return place


def _asked(state: State, names: Mapping[str, bool], ticks: int) -> Known:
    try:
        return Known(state.jobs.loaded_of(names, ticks=ticks))
    except Unavailable as error:
        failure = _failure(state)
        return Known(silence=error.message) if failure is None else Known({}, failure)


def _failure(state: State) -> str | None:
    try:
        return state.jobs.location_failure()
    except Unavailable:
        return None  # nobody can tell; what is known without it still holds


def one(session: Session, state: State, workspace: Workspace, job: Job) -> JobOut:
    """A job with all that is told of it."""
    triggers = reading.triggers_of(session, [job.id])
    place = place_of(session, state, workspace, [job], triggers, ticks=1)
    return outs(state, place, [job], triggers, next_count=NEXT)[0]


def outs(
    state: State, place: Place, jobs: Sequence[Job], triggers: Triggers, *, next_count: int
) -> list[JobOut]:
    """Jobs as JSON, with the latest runs of each."""
    try:
        found = state.jobs.latest_runs(place.workspace.key, [job.key for job in jobs], limit=BARS)
        runs = {key: [JobRunOut.of(bar_of(run)) for run in some] for key, some in found.items()}
    except Unavailable:
        runs = {}
    return [_out(place, job, triggers[job.id], runs.get(job.key), next_count) for job in jobs]


def _out(
    place: Place, job: Job, triggers: Sequence[Trigger], runs: list[JobRunOut] | None, next_count: int
) -> JobOut:
    shown = [trigger_out(place, job, trigger, next_count) for trigger in triggers]
    coming = [
        trigger.next_times[0].at
        for trigger in shown
        if trigger.kind == "cron" and trigger.next_times and trigger.state not in _STILL
    ]
    columns = {name: getattr(job, name) for name in (*reading.PLAIN, *_COLUMNS)}
    environment = None if job.environment_id is None else place.around.environments.get(job.environment_id)
    return JobOut.model_validate(
        {
            **columns,
            "environment": environment,
            "state": place.state(job, triggers),
            "triggers": shown,
            "next_at": min(coming, default=None),
            "last_runs": runs,
        }
    )


# Of these no next time is told: they do not tick, nor does a former version of what failed to load.
_STILL: Final = frozenset({TriggerState.PAUSED, TriggerState.FAILED, TriggerState.ARCHIVED})
_COLUMNS: Final = (
    "key",
    "version",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "archived_at",
)


def trigger_out(place: Place, job: Job, trigger: Trigger, next_count: int = NEXT) -> TriggerOut:
    """A trigger as JSON."""
    kind = KINDS[trigger.kind]
    stand = place.stand(job, trigger)
    name = name_of(place.workspace, job, trigger)
    known = (place.known.loaded or {}).get(name)
    return _TRIGGER.validate_python(
        {
            "kind": trigger.kind,
            "id": trigger.id,
            "version": trigger.version,
            "words": kind.words(trigger.settings, place.around),
            "state": stand.state,
            "reason": stand.reason,
            "since": stand.since,
            "dagster_name": name,
            "dagster_path": _path(name, is_schedule=kind.is_schedule),
            "last_tick": _last_tick(known),
            **kind.shown(trigger.settings, place.around),
            **_more(place, job, trigger, next_count),
        }
    )


def _more(place: Place, job: Job, trigger: Trigger, next_count: int) -> dict[str, Any]:
    if trigger.kind == "cron":
        settings = trigger.settings
        found = describe_next(settings["expression"], settings["timezone"], clock.now(), next_count)
        return {"next_times": [NextTimeOut.of(one) for one in found]}
    if trigger.kind == "api":
        where = f"/api/workspaces/{place.workspace.key}/jobs/{job.key}/triggers/{trigger.id}/calls"
        return {"call_path": where}
    return {}


def _last_tick(known: Loaded | None) -> LastTickOut | None:
    return LastTickOut.of(known.ticks[0]) if known is not None and known.ticks else None


def _path(name: str, *, is_schedule: bool) -> str:
    kind = "schedules" if is_schedule else "sensors"
    return f"/dagster/locations/workbench/{kind}/{name}"
