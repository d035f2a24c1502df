"""Jobs as JSON."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, Field

from api.runs.schemas import RetryIn, StepIn
from core.runs.ports import RunStatus
from core.schedules.cron import NextTime
from core.schedules.history import Bar, History
from core.schedules.ports import Tick
from core.schedules.states import TriggerState


class NextTimeOut(BaseModel):
    """A time to come: in UTC, on the clock of its timezone, and what daylight saving makes of it."""

    at: datetime
    local: str = Field(examples=["2026-03-29T03:00:00"])
    offset: str = Field(examples=["+02:00"])
    note: str | None

    @classmethod
    def of(cls, found: NextTime) -> Self:
        """As JSON, the local time without its offset."""
        local = found.local.replace(tzinfo=None).isoformat()
        return cls(at=found.at, local=local, offset=found.offset, note=found.note)


class CronOut(BaseModel):
    """What an expression means: a sentence, and the next ten times."""

    expression: str
    timezone: str
    words: str
    next_times: list[NextTimeOut]


class LastTickOut(BaseModel):
    """The latest evaluation by Dagster. `status`: started, skipped, success or failure."""

    at: datetime
    status: str
    reason: str | None
    run_ids: list[str]

    @classmethod
    def of(cls, tick: Tick) -> Self:
        """As JSON."""
        return cls(at=tick.at, status=tick.status, reason=tick.reason, run_ids=list(tick.run_ids))


class _TriggerOut(BaseModel):
    """What every trigger has. `reason` says why it is not live, `since` when that began.

    `last_tick` is told of single jobs only; null where there was none, or in lists.
    """

    id: int
    version: int
    words: str
    state: TriggerState
    reason: str | None
    since: datetime | None
    dagster_name: str
    dagster_path: str
    last_tick: LastTickOut | None = None


class CronTriggerOut(_TriggerOut):
    """At times of a cron expression; `next_times` are the next ten, of lists only the next one."""

    kind: Literal["cron"]
    expression: str
    timezone: str
    missed: Literal["skip", "run"]
    missed_limit: int
    next_times: list[NextTimeOut]


class JobTriggerOut(_TriggerOut):
    """When a run of another job has ended."""

    kind: Literal["job"]
    job: str | None
    on: Literal["success", "failure", "any"]


class ArtifactsTriggerOut(_TriggerOut):
    """When artifacts have been taken in."""

    kind: Literal["artifacts"]
    environment: str | None


class ApiTriggerOut(_TriggerOut):
    """When it is called over the API: POST to `call_path`."""

    kind: Literal["api"]
    call_path: str


TriggerOut = Annotated[
    CronTriggerOut | JobTriggerOut | ArtifactsTriggerOut | ApiTriggerOut, Field(discriminator="kind")
]


class JobRunOut(BaseModel):
    """A run of a job in short."""

    run_id: str
    status: RunStatus
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    duration_seconds: float | None
    trigger_id: int | None
    due_at: datetime | None
    actor: str | None
    retry_of: str | None

    @classmethod
    def of(cls, bar: Bar) -> Self:
        """As JSON."""
        return cls(
            run_id=bar.run_id,
            status=bar.status,
            created_at=bar.created_at,
            started_at=bar.started_at,
            finished_at=bar.ended_at,
            duration_seconds=bar.seconds,
            trigger_id=bar.trigger_id,
            due_at=_moment(bar.due_at),
            actor=bar.actor,
            retry_of=bar.retry_of,
        )


def _moment(text: str | None) -> datetime | None:
    try:
        return None if text is None else datetime.fromisoformat(text)
    except ValueError:
        return None  # a tag that somebody wrote by hand


JobState = Literal["live", "paused", "applying", "failed", "unknown", "manual", "archived"]


class JobOut(BaseModel):
    """A job. `state` sums up its triggers: failed, unknown, applying, live or paused; manual without any.

    `last_runs` are its latest ones, newest first; null when Dagster does not answer, so that nobody knows.
    `next_at` is the next time of its schedules that are not paused.
    """

    key: str
    name: str
    description: str
    steps: list[StepIn]
    environment: str | None
    retry: RetryIn | None
    timeout_seconds: int | None
    overlap: Literal["skip", "queue", "allow"]
    priority: int
    retention_days: int | None
    late_after_minutes: int | None
    owner: str
    tags: list[str]
    version: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str
    archived_at: datetime | None
    state: JobState
    triggers: list[TriggerOut]
    next_at: datetime | None
    last_runs: list[JobRunOut] | None


class JobList(BaseModel):
    """One page of jobs, by name."""

    items: list[JobOut]
    total: int
    next_cursor: str | None


class KindOut(BaseModel):
    """A kind of trigger."""

    name: str
    title: str
    description: str


class BoundsOut(BaseModel):
    """The least and the most of a number."""

    least: int
    most: int


class OtherJobOut(BaseModel):
    """A job by key and name."""

    key: str
    name: str


class JobOptionsOut(BaseModel):
    """What can be chosen for a job here. `owners` and `tags` are those of the jobs there are."""

    kinds: list[KindOut]
    timezones: list[str]
    default_timezone: str
    environments: list[str]
    jobs: list[OtherJobOut]
    owners: list[str]
    tags: list[str]
    overlaps: list[str]
    bounds: dict[str, BoundsOut]


class HistoryOut(BaseModel):
    """The latest runs of a job, newest first, and what they say together; null where that is too few.

    `success_rate` is of the runs that succeeded or failed. `trend`: median duration of the newer half of
    those that succeeded, divided by that of the older half; over 1 they take longer.
    """

    runs: list[JobRunOut]
    total: int
    succeeded: int
    failed: int
    cancelled: int
    success_rate: float | None
    median_seconds: float | None
    trend: float | None

    @classmethod
    def of(cls, found: History) -> Self:
        """As JSON."""
        return cls(
            runs=[JobRunOut.of(bar) for bar in found.runs],
            total=len(found.runs),
            succeeded=found.succeeded,
            failed=found.failed,
            cancelled=found.cancelled,
            success_rate=found.success_rate,
            median_seconds=found.median_seconds,
            trend=found.trend,
        )


class DueTimeOut(BaseModel):
    """A time at which a schedule was due: `run`, `skipped` (the overlap rule) or `missed`, and why."""

    due_at: datetime
    outcome: str
    reason: str | None


class TickOut(BaseModel):
    """An evaluation of a trigger. `status`: started, skipped, success, failure, or `unknown`.

    Unknown: Dagster keeps this tick no more; what was decided then is in `due_times`.
    """

    at: datetime
    trigger_id: int
    kind: str
    status: str
    reason: str | None
    run_ids: list[str]
    due_times: list[DueTimeOut]


class TickList(BaseModel):
    """The latest ticks, newest first."""

    items: list[TickOut]
    total: int
    next_cursor: str | None = None


class CallOut(BaseModel):
    """A call. `outcome`: waiting, run, skipped (the overlap rule) or refused, with the reason."""

    id: int
    trigger_id: int
    outcome: str
    reason: str | None
    run_id: str | None
    variables: dict[str, Any]
    actor: str
    called_at: datetime
    decided_at: datetime | None


class ApplyingOut(BaseModel):
    """A trigger that Dagster has yet to load (`waits`), or that it could not (`failed`, with the reason)."""

    job: str
    trigger_id: int
    words: str
    since: datetime
    reason: str | None


class DefinitionsOut(BaseModel):
    """Whether Dagster has loaded what the workspace's triggers are now.

    `applying`: the triggers in `waiting` are not loaded yet, or `leaving` ones (names in Dagster) are still
    there, since `since`. `failed`: the code location does not load, or the triggers in `failed` could not be.
    """

    state: Literal["live", "applying", "failed", "unknown"]
    reason: str | None
    since: datetime | None
    loaded_at: datetime | None
    waiting: list[ApplyingOut]
    failed: list[ApplyingOut]
    leaving: list[str]


def bars(found: Sequence[Bar] | None) -> list[JobRunOut] | None:
    """Bars as JSON; None stays None."""
    return None if found is None else [JobRunOut.of(bar) for bar in found]
