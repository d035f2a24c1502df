"""The sensor that finds environments whose lineage is behind their catalog, and the job that mends it.

Most of the time there is nothing to do: runs and ingests that change little see to it themselves. What is
left is what is large, and what was cut short. Neither carries a workspace's tag: it is no run of dbt.
"""

from collections.abc import Iterator
from datetime import timedelta
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
from dagster._core.storage.tags import PRIORITY_TAG, RUN_KEY_TAG

from core.kit import clock
from core.lineage.tracing import states
from core.lineage.tracing.states import Behind
from orchestration.lib.instance import SharedInstanceSensor
from orchestration.lib.lineage import trace
from orchestration.lib.services import Services, services
from orchestration.lib.worker import WORKER_TAG, this_worker

LINEAGE_JOB: Final = "column_lineage"
LINEAGE_OP: Final = "trace_columns"
LINEAGE_TAG: Final = "workbench/lineage"
# After everything else: it takes a while, and nobody's run waits for it.
PRIORITY: Final = "-10"
AT_ONCE: Final = 2
# Who changes a catalog sees to its lineage within this time, or not at all.
SETTLED: Final = timedelta(seconds=20)


class LineageConfig(Config):
    """Whose lineage."""

    environment: int


@op(name=LINEAGE_OP)
def trace_columns(context: OpExecutionContext, config: LineageConfig) -> None:
    """Compute what is missing, unless another process is at it."""
    context.instance.add_run_tags(context.run.run_id, {WORKER_TAG: this_worker()})
    done = trace(services(), config.environment, context.run.run_id)
    if done is None:
        context.log.info("Another process computes the lineage of environment %d.", config.environment)
        return
    context.log.info("Looked at %d nodes, computed %d of them anew.", done["nodes"], done["computed"])
    context.add_output_metadata({"nodes": done["nodes"], "computed": done["computed"]})


@job(
    name=LINEAGE_JOB,
    description="Computes the column lineage that a catalog lacks.",
    executor_def=in_process_executor,
    tags={PRIORITY_TAG: PRIORITY},
)
def column_lineage() -> None:
    """The whole of it."""
    trace_columns()


def lineage_definitions(every_seconds: int) -> Definitions:
    """The job and its sensor, which runs without anybody turning it on."""
    sensor = SharedInstanceSensor(
        name=LINEAGE_JOB,
        job=column_lineage,
        evaluation_fn=find_behind,
        minimum_interval_seconds=every_seconds,
        default_status=DefaultSensorStatus.RUNNING,
        description="Looks for catalogs whose column lineage is not theirs, and asks for it to be computed.",
    )
    return Definitions(jobs=[column_lineage], sensors=[sensor])


def find_behind(context: SensorEvaluationContext) -> Iterator[RunRequest | SkipReason]:
    """Ask for the runs that are missing."""
    requests = list(_requests(services(), context.instance))
    yield from requests or [SkipReason("The lineage of every catalog is known, or being computed.")]


def _requests(shared: Services, instance: DagsterInstance) -> Iterator[RunRequest]:
    with shared.db.session() as session:
        states.give_up(session)
        waiting = states.behind(session, clock.now() - SETTLED)
    for behind in waiting[:AT_ONCE]:
        if _is_wanted(shared, instance, behind):
            yield _request(behind)


def _is_wanted(shared: Services, instance: DagsterInstance, behind: Behind) -> bool:
    """Whether no run is on it. One that ended without having begun is counted as an attempt."""
    found = instance.get_runs(RunsFilter(tags={RUN_KEY_TAG: run_key(behind)}), limit=1)
    if found and found[0].is_finished:
        with shared.db.session() as session:
            states.count_attempt(session, behind)
    return not found


def run_key(behind: Behind) -> str:
    """What makes a request for this attempt one and the same, however often it is made."""
    counts = f"{behind.asked}-{behind.attempts}"
    return f"lineage-{behind.environment_id}-{behind.snapshot_id}-{behind.engine}-{counts}"


def _request(behind: Behind) -> RunRequest:
    config = {"environment": behind.environment_id}
    return RunRequest(
        run_key=run_key(behind),
        run_config={"ops": {LINEAGE_OP: {"config": config}}},
        tags={LINEAGE_TAG: str(behind.environment_id)},
    )
