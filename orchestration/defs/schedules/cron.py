"""The schedule of a cron trigger: which of its due times run, and which do not, and why."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import takewhile
from typing import Any, Final

from dagster import (
    DagsterInstance,
    DefaultScheduleStatus,
    RunRequest,
    ScheduleEvaluationContext,
    SkipReason,
)
from dagster._core.scheduler.instigation import InstigatorStatus, ScheduleInstigatorData, TickStatus
from dagster._utils.schedules import cron_string_iterator
from sqlalchemy.orm import Session

from core.kit import clock
from core.kit.errors import WorkbenchError
from core.runs.ports import DUE_TAG
from core.runs.service import plain_job_name
from core.schedules import ledger
from core.schedules.firing import RUN, SKIPPED, Rule, decide, look_from
from core.schedules.launching import Cause, due_text
from core.schedules.ledger import Served
from core.schedules.models import DueTime
from core.schedules.names import dagster_name, definition_tags
from orchestration.defs.schedules.asking import busy, not_current, request, run_with
from orchestration.defs.schedules.instigators import state_of, tick_at_time
from orchestration.lib.instance import SharedInstanceSchedule
from orchestration.lib.services import Services, services

ACTOR: Final = "schedule"
CRON: Final = "cron"


def cron_schedule(served: Served) -> SharedInstanceSchedule:
    """The schedule of a trigger.

    Raises:
        DagsterInvalidDefinitionError: Dagster cannot tick this expression or timezone.
    """
    workspace, job, trigger = served.workspace, served.job, served.trigger
    trigger_id, version = trigger.id, trigger.version

    def evaluate(context: ScheduleEvaluationContext) -> Iterator[RunRequest | SkipReason]:
        tick_at = context.scheduled_execution_time.astimezone(UTC)
        requests, reason = fire(services(), context.instance, trigger_id, version, tick_at)
        yield from requests or [SkipReason(reason)]

    return SharedInstanceSchedule(
        name=dagster_name(workspace.key, job.key, CRON, trigger_id),
        job_name=plain_job_name(workspace.key),
        cron_schedule=str(trigger.settings["expression"]),
        execution_timezone=str(trigger.settings["timezone"]),
        execution_fn=evaluate,
        description=f"Runs the job {job.name} of {workspace.name}.",
        tags=definition_tags(workspace.key, job.key, trigger_id, version),
        default_status=DefaultScheduleStatus.RUNNING,
    )


def fire(
    shared: Services, instance: DagsterInstance, trigger_id: int, version: int, tick_at: datetime
) -> tuple[list[RunRequest], str]:
    """The runs to ask for at a tick, or why there are none.

    Everything that has been due since it was last decided is decided, in one transaction. The same tick,
    because the daemon died before its runs were made, asks for the same.
    """
    with shared.db.session() as session:
        served = ledger.hold(session, trigger_id)
        reason = not_current(served, version)
        if served is None or reason is not None:
            return [], reason or ""
        rows = ledger.recent(session, trigger_id)
        _ask_again(instance, served, rows, tick_at)
        of_tick = [row for row in rows if row.tick_at == tick_at]
        if not any(row.due_at == tick_at for row in rows):
            of_tick += _decide(session, instance, served, rows, tick_at)
        return _requests(shared, session, served, of_tick)


def _decide(
    session: Session, instance: DagsterInstance, served: Served, rows: list[DueTime], tick_at: datetime
) -> list[DueTime]:
    trigger, now = served.trigger, clock.now()
    last = max((row.due_at for row in rows), default=None)
    since = look_from(now, last, trigger.changed_at)
    due = due_between(trigger.settings, since, tick_at)
    if len(due) > 1:
        since = live_since(instance, served)
        due = [at for at in due if since is None or at >= since]
    rule = Rule(served.job.overlap, missed_limit(trigger.settings))
    going = busy(instance, served, due_text(due[0])) if due else None
    return ledger.keep(session, trigger.id, tick_at, decide(due, now, rule, going))


def _ask_again(instance: DagsterInstance, served: Served, rows: list[DueTime], tick_at: datetime) -> None:
    """Give this tick what the one before it asked for, where no run came of it.

    Dagster makes up for a tick that was cut short, unless the next is due by then: of several it takes one.
    """
    for row in ledger.asked_before(rows, tick_at):
        if not _was_made(instance, served, row):
            row.tick_at = tick_at


def _was_made(instance: DagsterInstance, served: Served, row: DueTime) -> bool:
    due = due_text(row.due_at)
    if run_with(instance, served.trigger.id, {DUE_TAG: due}) is not None:
        return True
    # Somebody may have deleted the run since.
    tick = tick_at_time(instance, _name(served), row.tick_at)
    return tick is not None and tick.status == TickStatus.SUCCESS and due in (tick.run_keys or ())


def _requests(
    shared: Services, session: Session, served: Served, rows: list[DueTime]
) -> tuple[list[RunRequest], str]:
    found: list[RunRequest] = []
    for row in rows:
        if row.outcome == RUN:
            due = due_text(row.due_at)
            cause = Cause(served.trigger.id, row.due_at)
            try:
                found.append(request(shared, session, served, actor=ACTOR, cause=cause, run_key=due))
            except WorkbenchError as error:
                row.outcome, row.reason = SKIPPED, f"It could not be run: {error.message}"
    reasons = [f"{row.due_at:%Y-%m-%d %H:%M} UTC: {row.reason}" for row in rows if row.reason]
    return found, " ".join(reasons[-3:]) or "Everything that was due has been decided by an earlier tick."


def due_between(settings: Mapping[str, Any], since: datetime, until: datetime) -> list[datetime]:
    """When it was due after `since` and until `until`, by Dagster's own reading of the expression."""
    times = cron_string_iterator(
        since.timestamp(), str(settings["expression"]), str(settings["timezone"]), start_offset=0
    )
    upto = takewhile(lambda at: at <= until, times)
    return [at.astimezone(UTC) for at in upto if at > since]


def missed_limit(settings: Mapping[str, Any]) -> int:
    """How many of the due times that were missed are made up for."""
    return int(settings.get("missed_limit") or 1) if settings.get("missed") == "run" else 0


def live_since(instance: DagsterInstance, served: Served) -> datetime | None:
    """When somebody resumed it: nothing was due in a pause. None for one that never was in one.

    What was due after it was made and before Dagster first looked at it counts: its first tick decides it.
    """
    state = state_of(instance, _name(served))
    if state is None or state.status == InstigatorStatus.DECLARED_IN_CODE:
        return None
    data = state.instigator_data
    return clock.from_epoch(data.start_timestamp) if isinstance(data, ScheduleInstigatorData) else None


def _name(served: Served) -> str:
    return dagster_name(served.workspace.key, served.job.key, CRON, served.trigger.id)
