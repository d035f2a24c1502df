"""Where a trigger stands: what Dagster says of it, against what it should be."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.schedules.models import DefinitionLoad, Job, Trigger
from core.schedules.names import dagster_name
from core.schedules.ports import Loaded


class TriggerState(StrEnum):
    """Where a trigger stands."""

    APPLYING = "applying"
    LIVE = "live"
    PAUSED = "paused"
    FAILED = "failed"
    UNKNOWN = "unknown"
    ARCHIVED = "archived"


@dataclass(frozen=True)
class Stand:
    """The state of a trigger, why it is that, and since when, where that is known."""

    state: TriggerState
    reason: str | None = None
    since: datetime | None = None


@dataclass(frozen=True)
class Known:
    """What is known of Dagster. `loaded` by name is None when it does not answer: then nothing is known.

    `location_error`: why the code location does not load. `load`: what it loaded last, and what it could not.
    """

    loaded: Mapping[str, Loaded] | None = None
    location_error: str | None = None
    load: DefinitionLoad | None = None
    silence: str = "Dagster does not answer."


def stand_of(workspace_key: str, job: Job, trigger: Trigger, known: Known) -> Stand:
    """Where a trigger stands."""
    if job.archived_at is not None:
        return Stand(TriggerState.ARCHIVED, "The job is archived.", job.archived_at)
    if known.loaded is None:
        return Stand(TriggerState.UNKNOWN, known.silence)
    found = known.loaded.get(dagster_name(workspace_key, job.key, trigger.kind, trigger.id))
    if found is not None and found.version == trigger.version:
        return Stand(TriggerState.LIVE if found.is_running else TriggerState.PAUSED)
    problem = _problem(trigger, known)
    if problem is not None:
        return Stand(TriggerState.FAILED, problem, trigger.changed_at)
    still = " Its former version still serves." if found is not None else ""
    return Stand(
        TriggerState.APPLYING, f"Dagster has not loaded this version yet.{still}", trigger.changed_at
    )


def _problem(trigger: Trigger, known: Known) -> str | None:
    if known.location_error is not None:
        return f"The code location does not load: {known.location_error}"
    load = known.load
    if load is None or load.loaded_at < trigger.changed_at:
        return None
    return load.problems.get(str(trigger.id))


# Of several triggers the first of these that there is says how the job stands.
_FIRST = (
    TriggerState.ARCHIVED,
    TriggerState.FAILED,
    TriggerState.UNKNOWN,
    TriggerState.APPLYING,
    TriggerState.LIVE,
    TriggerState.PAUSED,
)
MANUAL = "manual"


def state_of_job(job: Job, stands: Sequence[Stand]) -> str:
    """How a job stands as a whole; `manual` for one without triggers."""
    if job.archived_at is not None:
        return TriggerState.ARCHIVED
    states = {stand.state for stand in stands}
    return next((state for state in _FIRST if state in states), MANUAL)
