"""The sensors of triggers that something else sets off: another job, artifacts that were brought, a call."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    RunRecord,
    RunRequest,
    RunsFilter,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
)
from dagster._core.storage.tags import RUN_KEY_TAG
from sqlalchemy.orm import Session

from core.artifacts.models import Drop, DropState
from core.kit import clock
from core.kit.errors import WorkbenchError
from core.runs.ports import JOB_TAG, WORKSPACE_TAG
from core.runs.retry_policy import GIVEN_UP_TAG, attempt_of, policy_of
from core.runs.service import plain_job_name
from core.schedules import ledger
from core.schedules.firing import RUN, SKIPPED
from core.schedules.idle import NO_ARTIFACTS, NO_CALL, no_run
from core.schedules.launching import Cause
from core.schedules.ledger import Served
from core.schedules.models import Job, TriggerCall
from core.schedules.names import dagster_name, definition_tags
from orchestration.defs.schedules.asking import busy, not_current, request, run_with
from orchestration.lib.instance import SharedInstanceSensor
from orchestration.lib.services import Services, services

JOB, ARTIFACTS, API = "job", "artifacts", "api"
EVERY_SECONDS: Final = {API: 5, JOB: 5, ARTIFACTS: 10}
# Many sensors look less often, so that all together ask no more than this many times a second.
LOOKS_PER_SECOND: Final = 5
AT_ONCE: Final = 20
MOST_RUNS: Final = 200
# What happened longer ago than this is not looked for: a policy may wait a day for the next attempt.
LOOK_BACK: Final = timedelta(days=2)
OVERLAPPING: Final = timedelta(minutes=1)
REFUSED: Final = "refused"
ENDINGS: Final = {
    "success": [DagsterRunStatus.SUCCESS],
    "failure": [DagsterRunStatus.FAILURE],
    "any": [DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED],
}


@dataclass(frozen=True)
class Looking:
    """An evaluation: of which trigger, with what at hand, and since when things count.

    `handled` are the keys of what happened since then and has been dealt with.
    """

    shared: Services
    session: Session
    instance: DagsterInstance
    served: Served
    since: datetime
    handled: frozenset[str]


@dataclass(frozen=True)
class Happening:
    """Something that sets a trigger off: its key, and when it happened."""

    key: str
    at: datetime


@dataclass(frozen=True)
class Found:
    """What has happened, and from when on the next look has to begin: behind all that is settled."""

    happenings: list[Happening]
    since: datetime


def trigger_sensor(served: Served, sensors: int) -> SharedInstanceSensor:
    """The sensor of a trigger, one of so many.

    Raises:
        KeyError: its kind is none of those that are known here.
    """
    workspace, job, trigger = served.workspace, served.job, served.trigger
    trigger_id, version, kind = trigger.id, trigger.version, trigger.kind
    look = LOOKS[kind]

    def evaluate(context: SensorEvaluationContext) -> SensorResult | SkipReason:
        return _evaluate(services(), context, trigger_id, version, look)

    return SharedInstanceSensor(
        name=dagster_name(workspace.key, job.key, kind, trigger_id),
        job_name=plain_job_name(workspace.key),
        evaluation_fn=evaluate,
        minimum_interval_seconds=max(EVERY_SECONDS[kind], math.ceil(sensors / LOOKS_PER_SECOND)),
        description=f"Runs the job {job.name} of {workspace.name}.",
        tags=definition_tags(workspace.key, job.key, trigger_id, version),
        default_status=DefaultSensorStatus.RUNNING,
    )


Look = Callable[[Looking], SensorResult | SkipReason]


def _evaluate(
    shared: Services, context: SensorEvaluationContext, trigger_id: int, version: int, look: Look
) -> SensorResult | SkipReason:
    with shared.db.session() as session:
        served = ledger.find(session, trigger_id)
        reason = not_current(served, version)
        if served is None or reason is not None:
            return SkipReason(reason)
        told: dict[str, Any] = json.loads(context.cursor) if context.cursor else {}
        cursor = datetime.fromisoformat(told["since"]) if told else None
        # What happened while it was paused, or before it was there, sets nothing off.
        started = clock.from_epoch(context._last_sensor_start_time)  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - Dagster names no other way
        since = _latest(served.trigger.changed_at, cursor, started, clock.now() - LOOK_BACK)
        handled = frozenset[str](told.get("handled", ()))
        return look(Looking(shared, session, context.instance, served, since, handled))


def _latest(*times: datetime | None) -> datetime:
    return max(at.astimezone(UTC) for at in times if at is not None)


def _set_off(looking: Looking, found: Found, nothing: str) -> SensorResult | SkipReason:
    """Ask for a run for each thing that happened; the cursor says what has been dealt with."""
    new = [one for one in found.happenings if one.key not in looking.handled]
    requests: list[RunRequest] = []
    reasons: list[str] = []
    for one in new:
        asked = _ask(looking, one.key, looking.served.trigger.kind, Cause(looking.served.trigger.id))
        (reasons if isinstance(asked, str) else requests).append(asked)  # pyright: ignore[reportArgumentType]
    handled = sorted({one.key for one in found.happenings if one.at >= found.since})
    cursor = json.dumps({"since": found.since.isoformat(), "handled": handled})
    skipped = SkipReason(" ".join(reasons) or nothing)
    return SensorResult(requests or None, None if requests else skipped, cursor=cursor)


def _ask(looking: Looking, key: str, kind: str, cause: Cause) -> RunRequest | str:
    """The request, or why there is none."""
    ledger.hold(looking.session, looking.served.trigger.id)
    going = busy(looking.instance, looking.served, key)
    if going is not None:
        return f"{key}: {going}, and the job's overlap rule is to skip."
    try:
        return request(
            looking.shared, looking.session, looking.served, actor=f"{kind} trigger", cause=cause, run_key=key
        )
    except WorkbenchError as error:
        return f"{key}: {error.message}"


def _of_job(looking: Looking) -> SensorResult | SkipReason:
    settings = looking.served.trigger.settings
    upstream = looking.session.get(Job, settings["job_id"])
    if upstream is None:
        return SkipReason("The job that it waits for is gone.")
    wanted = str(settings.get("on", "success"))
    ended = RunsFilter(
        tags={WORKSPACE_TAG: looking.served.workspace.key, JOB_TAG: upstream.key},
        statuses=ENDINGS["any"],
        updated_after=looking.since - timedelta(seconds=1),
    )
    records = looking.instance.get_run_records(
        ended, limit=MOST_RUNS, order_by="update_timestamp", ascending=True
    )
    final = [record for record in records if is_final(record)]
    happenings = [
        Happening(f"job-{record.dagster_run.run_id}", _ended(record))
        for record in final
        if record.dagster_run.status in ENDINGS[wanted] and _ended(record) >= looking.since
    ]
    # A run that waits for its next attempt may yet be given up.
    open_ = [_ended(record) for record in records if record not in final]
    since = min(_settled(looking), *open_) if open_ else _settled(looking)
    return _set_off(looking, Found(happenings, since), no_run(upstream.key))


def is_final(record: RunRecord) -> bool:
    """Whether a run's end is the end of it: a policy that tries a failed one again has the last word."""
    run = record.dagster_run
    policy = policy_of(run.tags)
    if run.status != DagsterRunStatus.FAILURE or policy is None or GIVEN_UP_TAG in run.tags:
        return True
    return attempt_of(run.tags) >= policy.max_attempts


def _settled(looking: Looking) -> datetime:
    """From when on to look again. What is written while somebody looks may be there only at the next look."""
    return max(looking.since, clock.now() - OVERLAPPING)


def _ended(record: RunRecord) -> datetime:
    return clock.from_epoch(record.end_time) or _updated(record)


def _updated(record: RunRecord) -> datetime:
    return record.update_timestamp.astimezone(UTC)


def _of_artifacts(looking: Looking) -> SensorResult | SkipReason:
    environment_id = looking.served.trigger.settings.get("environment_id")
    query = sa.select(Drop.id, Drop.finished_at).where(
        Drop.workspace_id == looking.served.workspace.id,
        Drop.state == DropState.INGESTED,
        Drop.finished_at >= looking.since,
    )
    if environment_id is not None:
        query = query.where(Drop.environment_id == environment_id)
    rows = looking.session.execute(query.order_by(Drop.finished_at).limit(MOST_RUNS)).tuples().all()
    happenings = [Happening(f"drop-{drop_id}", at.astimezone(UTC)) for drop_id, at in rows if at is not None]
    return _set_off(looking, Found(happenings, _settled(looking)), NO_ARTIFACTS)


def _of_calls(looking: Looking) -> SensorResult | SkipReason:
    """A call stays waiting until its run is there, so that none is lost and none asked for twice."""
    requests: list[RunRequest] = []
    told: list[str] = []
    for call in ledger.waiting_calls(looking.session, looking.served.trigger.id, AT_ONCE):
        key = call_key(call)
        if run_with(looking.instance, looking.served.trigger.id, {RUN_KEY_TAG: key}) is not None:
            _conclude(call, RUN, None)
            continue
        ledger.hold(looking.session, looking.served.trigger.id)
        going = busy(looking.instance, looking.served, key)
        if going is not None:
            _conclude(call, SKIPPED, f"{going}, and the job's overlap rule is to skip.")
            told.append(f"{key}: {call.reason}")
            continue
        cause = Cause(looking.served.trigger.id, variables=call.variables)
        try:
            requests.append(
                request(
                    looking.shared,
                    looking.session,
                    looking.served,
                    actor=call.actor,
                    cause=cause,
                    run_key=key,
                )
            )
        except WorkbenchError as error:
            _conclude(call, REFUSED, error.message)
            told.append(f"{key}: {call.reason}")
    return SensorResult(requests) if requests else SkipReason(" ".join(told) or NO_CALL)


def call_key(call: TriggerCall) -> str:
    """What makes the request of a call one and the same, however often it is made."""
    return f"call-{call.id}"


def _conclude(call: TriggerCall, outcome: str, reason: str | None) -> None:
    call.outcome, call.reason, call.decided_at = outcome, reason, clock.now()


LOOKS: Final[dict[str, Look]] = {JOB: _of_job, ARTIFACTS: _of_artifacts, API: _of_calls}
