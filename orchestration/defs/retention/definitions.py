"""A job of the product itself: old rows of the audit log and logins that ended long ago are forgotten.

It carries no workspace's tag, so that it is a run of none.
"""

from datetime import timedelta
from typing import Final

from dagster import (
    DagsterInstance,
    DefaultScheduleStatus,
    Definitions,
    OpExecutionContext,
    ScheduleDefinition,
    in_process_executor,
    job,
    op,
)
from dagster._core.scheduler.instigation import InstigatorType

from core.artifacts import retention as artifacts
from core.audit import retention as audit
from core.auth import sessions
from core.catalog.snapshots import retention as catalog
from core.kit import clock
from core.lineage.tracing import retention as lineage
from core.notifications import deliveries
from core.runs import retention as run_folders
from core.schedules import ledger as schedules
from orchestration.lib.services import services

RETENTION_JOB: Final = "retention"
TICK_DAYS: Final = 90
EVERY_NIGHT: Final = "17 3 * * *"


@op(name="forget_what_is_old")
def forget_what_is_old(context: OpExecutionContext) -> None:
    """Each kind in a transaction of its own: what fails with one holds up none of the others."""
    shared = services()
    days = shared.settings.audit_retention_days
    with shared.db.session() as session:
        rows = audit.forget(session, days)
    context.log.info("Forgot %d rows of the audit log, older than %d days.", rows, days)
    with shared.db.session() as session:
        ended = sessions.forget_ended(session)
    context.log.info("Forgot %d sessions that ended long ago.", ended)
    keep, age = shared.settings.max_artifact_versions, shared.settings.artifact_retention_days
    with shared.db.session() as session:
        snapshots = catalog.forget(session, keep=keep, days=age)
    context.log.info(
        "Forgot %d snapshots: beyond the newest %d, or older than %d days.", snapshots, keep, age
    )
    rows_of_lineage = lineage.forget(shared.db, days=age)
    context.log.info("Forgot %d rows of column lineage that no snapshot shows.", rows_of_lineage)
    with shared.db.session() as session:
        files = artifacts.forget_files(session, shared.store, days=age)
    context.log.info("Removed %d files of the artifact store that nothing refers to.", files)
    with shared.db.session() as session:
        runs = run_folders.forget_folders(
            session, shared.settings.data_dir, days=shared.settings.run_retention_days
        )
    context.log.info("Removed the folders and logs of %d old runs.", runs)
    with shared.db.session() as session:
        results = run_folders.forget_results(session, days=shared.settings.run_retention_days)
    context.log.info("Forgot %d results of nodes and steps of old runs.", results)
    with shared.db.session() as session:
        ticked = schedules.forget(session, days=shared.settings.run_retention_days)
    context.log.info("Forgot %d due times and calls of triggers that were decided long ago.", ticked)
    kept = shared.settings.notification_retention_days
    with shared.db.session() as session:
        told = deliveries.forget(session, days=kept)
    context.log.info("Forgot %d deliveries of notifications, older than %d days.", told, kept)
    forget_ticks(context.instance)
    context.log.info("Forgot ticks of schedules, older than %d days.", TICK_DAYS)
    context.add_output_metadata(
        {
            "audit_rows": rows,
            "sessions": ended,
            "snapshots": snapshots,
            "lineage": rows_of_lineage,
            "files": files,
            "run_folders": runs,
            "run_results": results,
            "due_times": ticked,
            "deliveries": told,
        }
    )


def forget_ticks(instance: DagsterInstance) -> None:
    """Old ticks of every schedule; those of sensors Dagster forgets by itself (dagster.yaml)."""
    before = (clock.now() - timedelta(days=TICK_DAYS)).timestamp()
    for state in instance.all_instigator_state(instigator_type=InstigatorType.SCHEDULE):
        instance.purge_ticks(state.instigator_origin_id, state.selector_id, before)


@job(
    name=RETENTION_JOB,
    description="Forgets old rows of the audit log, ended logins, old snapshots and runs, files without use.",
    executor_def=in_process_executor,
)
def retention() -> None:
    """The whole of it."""
    forget_what_is_old()


def retention_definitions() -> Definitions:
    """The job and its schedule, which runs without anybody turning it on."""
    schedule = ScheduleDefinition(
        name=RETENTION_JOB,
        job=retention,
        cron_schedule=EVERY_NIGHT,
        execution_timezone="UTC",
        default_status=DefaultScheduleStatus.RUNNING,
    )
    return Definitions(jobs=[retention], schedules=[schedule])
