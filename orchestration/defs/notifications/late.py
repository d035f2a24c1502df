"""Finding runs that are late: due, and not begun so many minutes later."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from dagster import RunsFilter

from core.notifications.facts import facts_of
from core.notifications.models import EventKind
from core.notifications.run_facts import run_facts
from core.notifications.telling import Happening
from core.runs.ports import (
    DUE_TAG,
    ENDED,
    ENVIRONMENT_TAG,
    JOB_TAG,
    TRIGGER_TAG,
    WORKSPACE_TAG,
    EngineRun,
    RunStatus,
)
from core.schedules.models import DueTime, Job, Trigger
from core.workspaces.models import Workspace
from orchestration.defs.notifications.instance_runs import WAITING, engine_run
from orchestration.defs.notifications.looking import Around, move, position_of

SOURCE: Final = "late"
OVERLAP: Final = timedelta(seconds=60)
LONGEST: Final = timedelta(days=7)
MOST_RUNS: Final = 500
RUN: Final = "run"


@dataclass(frozen=True)
class Due:
    """A run that was to begin at `at`, asked for by a trigger; `run` is it, if there is one."""

    workspace: Workspace
    job: Job
    trigger_id: str
    at: datetime
    run: EngineRun | None

    @property
    def deadline(self) -> datetime:
        """When it should have begun at the latest."""
        return self.at + timedelta(minutes=self.job.late_after_minutes or 0)

    def is_late(self, now: datetime) -> bool:
        """Whether it did not begin in time. One that ended before it began is not late: it will not begin."""
        if self.run is None:
            return now > self.deadline
        if self.run.started_at is not None:
            return self.run.started_at > self.deadline
        return now > self.deadline and self.run.status not in ENDED


def look_for_late(around: Around) -> int:
    """Note what is late since the last look. Returns how many deliveries are new."""
    position = position_of(around.db, SOURCE)
    now = around.now
    count = 0
    if position is not None:
        since = max(datetime.fromisoformat(position["at"]) - OVERLAP, now - LONGEST)
        for workspace, jobs in _watched(around):
            what = f"late runs of {workspace.key}"
            count += around.carefully(what, lambda w=workspace, j=jobs: _look(around, w, j, since))
    with around.db.session() as session:
        move(session, SOURCE, {"at": now.isoformat()})
    return count


def _watched(around: Around) -> Iterator[tuple[Workspace, dict[str, Job]]]:
    """Workspaces with a rule about it, and those of their jobs that can be late."""
    for workspace in around.workspaces.values():
        jobs = {
            job.key: job
            for (place, _), job in around.jobs.items()
            if place == workspace.id and job.late_after_minutes is not None and job.archived_at is None
        }
        if jobs and EventKind.RUN_LATE in around.rules.kinds_of(workspace.id):
            yield workspace, jobs


def _look(around: Around, workspace: Workspace, jobs: dict[str, Job], since: datetime) -> int:
    found = [*_noted(around, workspace, jobs, since), *_waiting(around, workspace, jobs)]
    return sum(around.tell(_happening(around, due)) for due in found if due.is_late(around.now))


def _noted(around: Around, workspace: Workspace, jobs: dict[str, Job], since: datetime) -> list[Due]:
    """What was decided to run, and should have begun since."""
    by_id = {job.id: job for job in jobs.values()}
    after = sa.func.make_interval(0, 0, 0, 0, 0, Job.late_after_minutes)
    deadline = DueTime.due_at + after
    query = (
        sa.select(DueTime.trigger_id, DueTime.due_at, Trigger.job_id)
        .join(Trigger, Trigger.id == DueTime.trigger_id)
        .join(Job, Job.id == Trigger.job_id)
        .where(
            Trigger.job_id.in_(by_id),
            DueTime.outcome == RUN,
            deadline < around.now,
            sa.func.greatest(deadline, DueTime.decided_at) > since,
        )
    )
    with around.db.session() as session:
        rows = session.execute(query).tuples().all()
    runs = {
        trigger: _runs_of(around, workspace, trigger, min(due for other, due, _ in rows if other == trigger))
        for trigger in {row[0] for row in rows}
    }
    return [
        Due(workspace, by_id[job], str(trigger), due, _run_at(runs[trigger], due))
        for trigger, due, job in rows
    ]


def _runs_of(around: Around, workspace: Workspace, trigger_id: int, since: datetime) -> list[EngineRun]:
    tags = {WORKSPACE_TAG: workspace.key, TRIGGER_TAG: str(trigger_id)}
    wanted = RunsFilter(tags=tags, created_after=since - OVERLAP)
    return [engine_run(record) for record in around.instance.get_run_records(wanted, limit=MOST_RUNS)]


def _run_at(runs: Sequence[EngineRun], due: datetime) -> EngineRun | None:
    """The first attempt at this time."""
    return next((run for run in reversed(runs) if due_of(run) == due), None)


def _waiting(around: Around, workspace: Workspace, jobs: dict[str, Job]) -> Iterator[Due]:
    """Runs that wait, whatever asked for them."""
    wanted = RunsFilter(statuses=list(WAITING), tags={WORKSPACE_TAG: workspace.key})
    for record in around.instance.get_run_records(wanted, limit=MOST_RUNS, ascending=True):
        run = engine_run(record)
        job, due = jobs.get(run.tags.get(JOB_TAG, "")), due_of(run)
        if job is not None and due is not None:
            yield Due(workspace, job, run.tags.get(TRIGGER_TAG, "0"), due, run)


def due_of(run: EngineRun) -> datetime | None:
    """When a run was due; None for one that was due at no time."""
    try:
        due = datetime.fromisoformat(run.tags[DUE_TAG])
    except (KeyError, ValueError):
        return None
    return due.replace(tzinfo=UTC) if due.tzinfo is None else due.astimezone(UTC)


def _happening(around: Around, due: Due) -> Happening:
    run = due.run
    places = around.environments.get(due.workspace.id, ())
    chosen = next((one.key for one in places if one.id == due.job.environment_id), None)
    usual = next((one.key for one in places if one.is_default), None)
    environment = run.tags.get(ENVIRONMENT_TAG) if run else chosen or usual
    return Happening(
        workspace_id=due.workspace.id,
        key=f"{EventKind.RUN_LATE}:{due.trigger_id}:{due.at.astimezone(UTC).isoformat()}",
        kind=EventKind.RUN_LATE,
        at=around.now,
        facts=lambda: _facts(around, due, environment),
        environment=environment,
        job=around.job(due.workspace, due.job.key),
        run_id=run.run_id if run else None,
    )


def _facts(around: Around, due: Due, environment: str | None) -> dict[str, Any]:
    links, run = around.links(due.workspace), due.run
    return facts_of(
        EventKind.RUN_LATE,
        due.deadline,
        links,
        workspace_name=due.workspace.name,
        environment=environment,
        job=around.job(due.workspace, due.job.key),
        url=links.to("runs", run.run_id) if run else links.to("jobs", due.job.key),
        run=run_facts(run, links) if run else None,
        late={
            "due_at": due.at.isoformat(),
            "after_minutes": due.job.late_after_minutes,
            "reason": _reason(run),
        },
    )


def _reason(run: EngineRun | None) -> str:
    if run is None:
        return "There is no run of it yet."
    if run.started_at is not None:
        return f"It began at {run.started_at.isoformat(timespec='seconds')}."
    words = {RunStatus.QUEUED: "Its run waits in the queue.", RunStatus.STARTING: "Its run is being started."}
    return words.get(run.status, "Its run has not begun.")
