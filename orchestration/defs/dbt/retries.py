"""The sensor that tries failed runs again, as the policy says that they were asked with."""

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from dagster import (
    DagsterInstance,
    DagsterRunStatus,
    DefaultSensorStatus,
    Definitions,
    RunRecord,
    RunRequest,
    RunsFilter,
    SensorEvaluationContext,
    SkipReason,
)
from dagster._core.definitions.target import ExecutableDefinition

from core.kit import clock
from core.kit.errors import WorkbenchError
from core.runs.ports import (
    ACTOR_TAG,
    DUE_TAG,
    KEPT_TAGS,
    TRIGGER_TAG,
    WORKSPACE_TAG,
    EngineRun,
    RunStatus,
)
from core.runs.retry_policy import (
    DONE,
    GIVEN_UP_TAG,
    RETRY_OF_TAG,
    STATE_TAG,
    WAITING,
    RetryPolicy,
    attempt_of,
    policy_of,
)
from core.runs.retrying import plan_retry
from core.runs.service import launch_of
from core.workspaces import service as workspaces
from orchestration.lib.instance import SharedInstanceSensor
from orchestration.lib.services import Services, services

SENSOR: Final = "run_retries"
EVERY_SECONDS: Final = 5
AT_ONCE: Final = 50
TAG_LENGTH: Final = 500
log = logging.getLogger("workbench.retries")


def retry_definitions(jobs: Sequence[ExecutableDefinition]) -> Definitions:
    """The sensor, which runs without anybody turning it on. It needs the jobs whose runs it asks for."""
    if not jobs:
        return Definitions()
    sensor = SharedInstanceSensor(
        name=SENSOR,
        jobs=jobs,
        evaluation_fn=find_retries,
        minimum_interval_seconds=EVERY_SECONDS,
        default_status=DefaultSensorStatus.RUNNING,
        description="Asks for another attempt of failed runs that were started with a policy for it.",
    )
    return Definitions(sensors=[sensor])


def find_retries(context: SensorEvaluationContext) -> Iterator[RunRequest | SkipReason]:
    """Ask for the attempts whose time has come."""
    shared = services()
    requests = list(due_retries(shared, context.instance, clock.now()))
    yield from requests or [SkipReason("No failed run waits for another attempt.")]


def due_retries(shared: Services, instance: DagsterInstance, now: datetime) -> Iterator[RunRequest]:
    """Requests for runs whose delay is over. The key of a request makes it one, however often it is made."""
    waiting = RunsFilter(statuses=[DagsterRunStatus.FAILURE], tags={STATE_TAG: WAITING})
    for record in instance.get_run_records(waiting, limit=AT_ONCE, ascending=True):
        run = record.dagster_run
        policy = policy_of(run.tags)
        if policy is None or _is_retried(instance, run.run_id):
            instance.add_run_tags(run.run_id, {STATE_TAG: DONE})
        elif _due_at(record, policy) <= now:
            yield from _request(shared, instance, record, policy)


def _is_retried(instance: DagsterInstance, run_id: str) -> bool:
    """Whether there is a run that does it again, by this sensor or by hand."""
    return instance.get_runs_count(RunsFilter(tags={RETRY_OF_TAG: run_id})) > 0


def _due_at(record: RunRecord, policy: RetryPolicy) -> datetime:
    ended = clock.from_epoch(record.end_time) or record.update_timestamp
    return ended + timedelta(seconds=policy.delay_after(attempt_of(record.dagster_run.tags)))


def _request(
    shared: Services, instance: DagsterInstance, record: RunRecord, policy: RetryPolicy
) -> Iterator[RunRequest]:
    """The request, or a tag that says why there will be none."""
    run = record.dagster_run
    try:
        yield _planned(shared, record, policy)
    except WorkbenchError as error:
        log.warning("run %s is not tried again: %s", run.run_id, error.message)
        instance.add_run_tags(run.run_id, {STATE_TAG: DONE, GIVEN_UP_TAG: error.message[:TAG_LENGTH]})


def _planned(shared: Services, record: RunRecord, policy: RetryPolicy) -> RunRequest:
    run = record.dagster_run
    with shared.db.session() as session:
        workspace = workspaces.require(session, run.tags.get(WORKSPACE_TAG, ""))
        workspaces.check_runnable(workspace)
        asked = plan_retry(session, workspace, _as_run(record), policy.what)
    attempt = attempt_of(run.tags) + 1
    kept = {name: run.tags[name] for name in (*KEPT_TAGS, TRIGGER_TAG, DUE_TAG) if name in run.tags}
    tags = {RETRY_OF_TAG: run.run_id, **kept, **policy.tags(attempt)}
    launch = launch_of(workspace.key, asked, run.tags.get(ACTOR_TAG, SENSOR), tags)
    return RunRequest(
        run_key=f"retry-{run.run_id}",
        job_name=run.job_name,
        run_config=dict(launch.config),
        tags=dict(launch.tags),
    )


def _as_run(record: RunRecord) -> EngineRun:
    run = record.dagster_run
    return EngineRun(
        run_id=run.run_id,
        job_name=run.job_name,
        status=RunStatus.FAILED,
        created_at=record.create_timestamp,
        started_at=clock.from_epoch(record.start_time),
        ended_at=clock.from_epoch(record.end_time),
        tags=run.tags,
        config=run.run_config,
    )
