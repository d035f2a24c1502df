"""The sensor that finds drops, and the job that takes one into the catalog.

Neither carries a workspace's tag: an ingest is no run of dbt.
"""

from collections.abc import Iterator
from typing import Final

from dagster import (
    Config,
    DagsterInstance,
    DefaultSensorStatus,
    Definitions,
    OpExecutionContext,
    RunRequest,
    RunsFilter,
    SensorEvaluationContext,
    SkipReason,
    in_process_executor,
    job,
    op,
)
from dagster._core.storage.dagster_run import DagsterRun
from dagster._core.storage.tags import PRIORITY_TAG, RUN_KEY_TAG

from core.artifacts import drops
from core.artifacts.models import Drop, DropState
from core.artifacts.watching import Watcher
from orchestration.lib.ingest import take_in
from orchestration.lib.instance import SharedInstanceSensor
from orchestration.lib.services import Services, services
from orchestration.lib.worker import WORKER_TAG, this_worker

INGEST_JOB: Final = "ingest"
INGEST_OP: Final = "ingest_drop"
SENSOR: Final = "artifact_drops"
INGEST_TAG: Final = "workbench/ingest"
# Runs of dbt have 0: what is known already should not wait for what takes long.
PRIORITY: Final = "10"
AT_ONCE: Final = 4


class IngestConfig(Config):
    """Which drop, and which of the runs that were asked for it this is."""

    drop: int
    attempt: int


@op(name=INGEST_OP)
def ingest_drop(context: OpExecutionContext, config: IngestConfig) -> None:
    """Take a drop in, unless another run has."""
    run_id = context.run.run_id
    context.instance.add_run_tags(run_id, {WORKER_TAG: this_worker()})
    outcome = take_in(services(), config.drop, config.attempt, run_id)
    if outcome is None:
        context.log.info("Drop %d is another run's, or done: nothing to do.", config.drop)
        return
    context.log.info("Drop %d: %s. %s", config.drop, outcome.state, outcome.reason or "")
    found = {
        "state": str(outcome.state),
        "reason": outcome.reason or "",
        "snapshot": outcome.snapshot_id or 0,
    }
    context.add_output_metadata(found)


@job(
    name=INGEST_JOB,
    description="Takes a drop of artifacts into the catalog.",
    executor_def=in_process_executor,
    tags={PRIORITY_TAG: PRIORITY},
)
def ingest() -> None:
    """The whole of it."""
    ingest_drop()


def ingest_definitions(every_seconds: int) -> Definitions:
    """The job and its sensor, which runs without anybody turning it on."""
    sensor = SharedInstanceSensor(
        name=SENSOR,
        job=ingest,
        evaluation_fn=find_drops,
        minimum_interval_seconds=every_seconds,
        default_status=DefaultSensorStatus.RUNNING,
        description="Looks at drop folders and the bucket, and asks for an ingest of each drop, once.",
    )
    return Definitions(jobs=[ingest], sensors=[sensor])


def find_drops(context: SensorEvaluationContext) -> Iterator[RunRequest | SkipReason]:
    """Look at every place, and ask for the runs that are missing."""
    shared = services()
    Watcher(shared.settings, shared.db, shared.store).look()
    requests = list(_requests(shared, context.instance))
    yield from requests or [SkipReason("No drop waits.")]


def _requests(shared: Services, instance: DagsterInstance) -> Iterator[RunRequest]:
    """Requests for drops that no run has, oldest first, a few at a time."""
    with shared.db.session() as session:
        waiting = drops.unfinished(session)
    for drop in waiting[:AT_ONCE]:
        wanted = _next_attempt(shared, instance, drop)
        if wanted is not None:
            yield _request(wanted)


def _next_attempt(shared: Services, instance: DagsterInstance, drop: Drop) -> Drop | None:
    """The drop, with the attempt to ask for; None when a run is on it, or there will be no other."""
    run = _run_of(instance, drop)
    if run is not None and not run.is_finished:
        return None
    if run is None and drop.state == DropState.WAITING:
        return drop
    with shared.db.session() as session:
        replaced = drops.replace_run(session, drop.id, drop.attempt)
    return replaced if replaced is not None and replaced.state == DropState.WAITING else None


def _run_of(instance: DagsterInstance, drop: Drop) -> DagsterRun | None:
    """The run of a drop's present attempt: the one that claimed it, or the one that was asked for."""
    if drop.state == DropState.INGESTING:
        return instance.get_run_by_id(drop.run_id) if drop.run_id else None
    found = instance.get_runs(RunsFilter(tags={RUN_KEY_TAG: run_key(drop)}), limit=1)
    return found[0] if found else None


def run_key(drop: Drop) -> str:
    """What makes a request of this attempt one and the same, however often it is made."""
    return f"drop-{drop.id}-{drop.attempt}"


def _request(drop: Drop) -> RunRequest:
    config = {"drop": drop.id, "attempt": drop.attempt}
    return RunRequest(
        run_key=run_key(drop),
        run_config={"ops": {INGEST_OP: {"config": config}}},
        tags={INGEST_TAG: str(drop.id)},
    )
