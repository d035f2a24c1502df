"""Finding jobs and their triggers, and saying what they are."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.environments.models import Environment
from core.kit.errors import NotFound
from core.schedules.kinds import KINDS
from core.schedules.kinds.kind import Around, Upstream
from core.schedules.models import DefinitionLoad, Job, Trigger

# What is asked for under the names under which it is kept.
PLAIN = (
    "name",
    "description",
    "steps",
    "retry",
    "timeout_seconds",
    "overlap",
    "priority",
    "retention_days",
    "late_after_minutes",
    "owner",
    "tags",
)


def get(session: Session, workspace_id: int, key: str) -> Job:
    """One job, archived or not.

    Raises:
        NotFound: the workspace has none with this key.
    """
    job = session.scalar(sa.select(Job).where(Job.workspace_id == workspace_id, Job.key == key))
    if job is None:
        raise NotFound(f"There is no job {key!r} in this workspace.")
    return job


def get_trigger(session: Session, job: Job, trigger_id: int) -> Trigger:
    """One trigger of a job.

    Raises:
        NotFound: the job has none with this id.
    """
    trigger = session.scalar(sa.select(Trigger).where(Trigger.job_id == job.id, Trigger.id == trigger_id))
    if trigger is None:
        raise NotFound(f"The job {job.key} has no trigger {trigger_id}.")
    return trigger


def jobs_of(
    session: Session,
    workspace_id: int,
    *,
    archived: bool = False,
    owner: str | None = None,
    tag: str | None = None,
    text: str | None = None,
) -> list[Job]:
    """The jobs of a workspace by name: those in use, or those archived; of an owner, with a tag or text."""
    query = sa.select(Job).where(Job.workspace_id == workspace_id)
    query = query.where(Job.archived_at.is_not(None) if archived else Job.archived_at.is_(None))
    if owner is not None:
        query = query.where(Job.owner == owner)
    if tag is not None:
        query = query.where(Job.tags.contains([tag]))
    if text:
        wanted = text.lower()
        fields = (Job.key, Job.name, Job.description)
        query = query.where(sa.or_(*(sa.func.strpos(sa.func.lower(one), wanted) > 0 for one in fields)))
    return list(session.scalars(query.order_by(sa.func.lower(Job.name), Job.id)))


def triggers_of(session: Session, job_ids: Sequence[int]) -> dict[int, list[Trigger]]:
    """The triggers by job, in the order in which they were made."""
    found: dict[int, list[Trigger]] = {job_id: [] for job_id in job_ids}
    query = sa.select(Trigger).where(Trigger.job_id == sa.func.any(list(job_ids))).order_by(Trigger.id)
    for trigger in session.scalars(query):
        found[trigger.job_id].append(trigger)
    return found


def around(session: Session, workspace_id: int, timezone: str) -> Around:
    """What triggers of a workspace can name."""
    jobs = session.execute(
        sa.select(Job.id, Job.key, Job.name, Job.archived_at)
        .where(Job.workspace_id == workspace_id)
        .order_by(Job.name)
    )
    places = session.execute(
        sa.select(Environment.id, Environment.key).where(Environment.workspace_id == workspace_id)
    )
    return Around(
        {number: Upstream(key, name, archived is not None) for number, key, name, archived in jobs},
        dict(places.tuples().all()),
        timezone,
    )


def last_load(session: Session) -> DefinitionLoad | None:
    """What the code location loaded last; None before it ever did."""
    return session.scalar(sa.select(DefinitionLoad).order_by(DefinitionLoad.loaded_at.desc()).limit(1))


def values(session: Session, job: Job, known: Around) -> dict[str, Any]:
    """A job as it could be asked for."""
    found: dict[str, Any] = {name: getattr(job, name) for name in PLAIN}
    found["environment"] = None if job.environment_id is None else known.environments.get(job.environment_id)
    own = triggers_of(session, [job.id])[job.id]
    found["triggers"] = [{"kind": one.kind, **KINDS[one.kind].shown(one.settings, known)} for one in own]
    return found


def facts(session: Session, job: Job, known: Around) -> Mapping[str, Any]:
    """What the audit log says of a job."""
    return {**values(session, job, known), "archived": job.archived_at is not None}
