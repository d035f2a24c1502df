"""Runs as Dagster's instance knows them, for whoever looks from inside of it."""

from collections.abc import Mapping, Sequence
from typing import Final

from dagster import DagsterEventType, DagsterInstance, DagsterRunStatus, RunRecord, RunsFilter

from core.kit import clock
from core.runs.ports import EngineRun, RunStatus

STATUSES: Final = {
    DagsterRunStatus.QUEUED: RunStatus.QUEUED,
    DagsterRunStatus.NOT_STARTED: RunStatus.STARTING,
    DagsterRunStatus.MANAGED: RunStatus.STARTING,
    DagsterRunStatus.STARTING: RunStatus.STARTING,
    DagsterRunStatus.STARTED: RunStatus.RUNNING,
    DagsterRunStatus.SUCCESS: RunStatus.SUCCESS,
    DagsterRunStatus.FAILURE: RunStatus.FAILED,
    DagsterRunStatus.CANCELING: RunStatus.CANCELLING,
    DagsterRunStatus.CANCELED: RunStatus.CANCELLED,
}
# Those that began, and those that ended.
BEGUN: Final = (
    DagsterRunStatus.STARTED,
    DagsterRunStatus.SUCCESS,
    DagsterRunStatus.FAILURE,
    DagsterRunStatus.CANCELING,
    DagsterRunStatus.CANCELED,
)
WAITING: Final = (DagsterRunStatus.QUEUED, DagsterRunStatus.NOT_STARTED, DagsterRunStatus.STARTING)
_LOOKED_AT: Final = 20


def engine_run(record: RunRecord) -> EngineRun:
    """A run as the rest of the product knows it."""
    run = record.dagster_run
    return EngineRun(
        run_id=run.run_id,
        job_name=run.job_name,
        status=STATUSES.get(run.status, RunStatus.UNKNOWN),
        created_at=record.create_timestamp,
        started_at=clock.from_epoch(record.start_time),
        ended_at=clock.from_epoch(record.end_time),
        tags=run.tags,
        config=run.run_config,
    )


def failure_message(instance: DagsterInstance, run_id: str) -> str | None:
    """Why a run failed, in Dagster's words, where it has any."""
    found = instance.get_records_for_run(
        run_id, of_type=DagsterEventType.RUN_FAILURE, limit=1, ascending=False
    )
    entry = found.records[0].event_log_entry if found.records else None
    return entry.message if entry is not None else None


def ended_before(instance: DagsterInstance, run_id: str, tags: Mapping[str, str]) -> Sequence[EngineRun]:
    """The latest runs with these tags before another that ended well or failed, newest first, a few."""
    ended = RunsFilter(statuses=[DagsterRunStatus.SUCCESS, DagsterRunStatus.FAILURE], tags=dict(tags))
    records = instance.get_run_records(ended, limit=_LOOKED_AT, cursor=run_id)
    return [engine_run(record) for record in records]


def by_id(instance: DagsterInstance, run_id: str) -> EngineRun | None:
    """One run, or None."""
    record = instance.get_run_record_by_id(run_id)
    return None if record is None else engine_run(record)
