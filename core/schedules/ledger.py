"""What is kept of triggers that Dagster ticks: which there are, when each was due and what became of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.schedules.firing import MOST_MISSED, RUN, Decision
from core.schedules.models import DefinitionLoad, DueTime, Job, Trigger, TriggerCall
from core.workspaces.models import Workspace

# More than one tick decides at most: its rows and those of the one before it are among these.
RECENT: Final = 2 * MOST_MISSED
WAITING: Final = "waiting"
ONLY_ROW: Final = 1


@dataclass(frozen=True)
class Served:
    """A trigger with its job and workspace."""

    workspace: Workspace
    job: Job
    trigger: Trigger


def to_serve(session: Session) -> list[Served]:
    """Every trigger that Dagster is to tick, in one query: of jobs and workspaces in use."""
    query = _triggers().where(Job.archived_at.is_(None), Workspace.archived_at.is_(None))
    return [Served(*row) for row in session.execute(query.order_by(Trigger.id))]


def versions_to_serve(session: Session) -> dict[int, int]:
    """The version of each of them by its id."""
    query = _triggers().with_only_columns(Trigger.id, Trigger.version)
    query = query.where(Job.archived_at.is_(None), Workspace.archived_at.is_(None))
    return dict(session.execute(query).tuples().all())


def find(session: Session, trigger_id: int) -> Served | None:
    """A trigger, if it is still there."""
    row = session.execute(_triggers().where(Trigger.id == trigger_id)).one_or_none()
    return None if row is None else Served(*row)


def hold(session: Session, trigger_id: int) -> Served | None:
    """The same, its job held until the transaction ends: what is due at once for a job is decided in turn."""
    query = _triggers().where(Trigger.id == trigger_id).with_for_update(of=Job, key_share=True)
    row = session.execute(query).one_or_none()
    return None if row is None else Served(*row)


def _triggers() -> sa.Select[Workspace, Job, Trigger]:
    query = sa.select(Workspace, Job, Trigger)
    return query.join(Job, Job.workspace_id == Workspace.id).join(Trigger, Trigger.job_id == Job.id)


def recent(session: Session, trigger_id: int) -> list[DueTime]:
    """What the last ticks of a trigger decided, the newest first."""
    query = sa.select(DueTime).where(DueTime.trigger_id == trigger_id)
    return list(session.scalars(query.order_by(DueTime.tick_at.desc(), DueTime.due_at.desc()).limit(RECENT)))


def asked_before(rows: Sequence[DueTime], tick_at: datetime) -> list[DueTime]:
    """Of these, what the last tick before this one asked runs for."""
    before = [row for row in rows if row.tick_at < tick_at]
    return [row for row in before if row.tick_at == before[0].tick_at and row.outcome == RUN]


def keep(
    session: Session, trigger_id: int, tick_at: datetime, decisions: Sequence[Decision]
) -> list[DueTime]:
    """Write down what a tick decided. What has been decided before stays."""
    rows = [
        DueTime(
            trigger_id=trigger_id,
            due_at=decision.due_at,
            tick_at=tick_at,
            outcome=decision.outcome,
            reason=decision.reason,
        )
        for decision in decisions
    ]
    session.add_all(rows)
    session.flush()
    return rows


def waiting_calls(session: Session, trigger_id: int, most: int) -> list[TriggerCall]:
    """Calls of a trigger that no run has been asked for, the oldest first."""
    query = sa.select(TriggerCall).where(TriggerCall.trigger_id == trigger_id, TriggerCall.outcome == WAITING)
    return list(session.scalars(query.order_by(TriggerCall.id).limit(most)))


def note_load(session: Session, versions: Mapping[int, int], problems: Mapping[int, str]) -> None:
    """Write down what the code location has loaded, and why what of it could not be built."""
    values = {
        "versions": {str(trigger_id): version for trigger_id, version in versions.items()},
        "problems": {str(trigger_id): reason for trigger_id, reason in problems.items()},
        "loaded_at": sa.func.clock_timestamp(),
    }
    statement = insert(DefinitionLoad).values(id=ONLY_ROW, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["id"], set_=values))


def forget(session: Session, *, days: int) -> int:
    """Remove due times and calls that were decided so many days ago; the last of each trigger stays.

    Returns how many rows.
    """
    long_ago = sa.func.now() - sa.func.make_interval(0, 0, 0, days)
    newest = (
        sa.select(DueTime.trigger_id, sa.func.max(DueTime.due_at).label("due_at"))
        .group_by(DueTime.trigger_id)
        .subquery()
    )
    due = sa.delete(DueTime).where(
        DueTime.decided_at < long_ago,
        DueTime.trigger_id == newest.c.trigger_id,
        DueTime.due_at < newest.c.due_at,
    )
    calls = sa.delete(TriggerCall).where(TriggerCall.decided_at < long_ago)
    unseen = {"synchronize_session": False}
    return sum(session.execute(each, execution_options=unseen).rowcount for each in (due, calls))  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType] - of a deletion
