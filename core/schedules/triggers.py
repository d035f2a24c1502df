"""The triggers of a job: what a change of them comes to."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.kit import clock
from core.kit.errors import FieldError, Invalid
from core.schedules.cycles import circle_over, upstreams_of
from core.schedules.kinds import KINDS
from core.schedules.kinds.kind import Around
from core.schedules.models import Job, Trigger

MOST: Final = 20


@dataclass(frozen=True)
class Wanted:
    """A trigger that the job shall have: one that there is, or (None) a new one."""

    existing: Trigger | None
    kind: str
    settings: dict[str, Any]


def plan(
    session: Session,
    job: Job,
    existing: Sequence[Trigger],
    wanted: Sequence[Mapping[str, Any]],
    around: Around,
) -> list[Wanted]:
    """Check the list that replaces the triggers of a job.

    Raises:
        Invalid: names every field that is wrong, as triggers.0.expression; a circle of jobs with its way.
    """
    if len(wanted) > MOST:
        raise Invalid("Too many triggers.", details=[FieldError("triggers", f"must be at most {MOST}")])
    details: list[FieldError] = []
    hints: list[str] = []
    found: list[Wanted] = []
    for index, raw in enumerate(wanted):
        try:
            found.append(_one(existing, raw, around))
        except Invalid as error:
            details += [FieldError(f"triggers.{index}.{one.field}", one.message) for one in error.details]
            hints += [error.hint] if error.hint and error.hint not in hints else []
    if not details:
        details = _circles(session, job, found, around)
        hints = ["Take one of these triggers away."] if details else []
    if details:
        raise Invalid("A trigger cannot be used.", hint=" ".join(hints) or None, details=details)
    return found


def carry_out(session: Session, job: Job, planned: Sequence[Wanted]) -> None:
    """Make the triggers of a job those that were planned. What Dagster has to load counts one version up."""
    kept = [wanted.existing.id for wanted in planned if wanted.existing is not None]
    session.execute(sa.delete(Trigger).where(Trigger.job_id == job.id, Trigger.id.not_in(kept)))
    for wanted in planned:
        row = wanted.existing
        if row is None:
            session.add(
                Trigger(job_id=job.id, kind=wanted.kind, settings=wanted.settings, changed_at=clock.now())
            )
        elif row.settings != wanted.settings:
            row.settings = wanted.settings
            row.version += 1
            row.changed_at = clock.now()
    session.flush()


def begin_anew(session: Session, job: Job) -> None:
    """Of a job that is restored, nothing from before is due."""
    values = {"version": Trigger.version + 1, "changed_at": clock.now()}
    session.execute(sa.update(Trigger).where(Trigger.job_id == job.id).values(values))


def _one(existing: Sequence[Trigger], raw: Mapping[str, Any], around: Around) -> Wanted:
    kind = KINDS.get(str(raw.get("kind")))
    if kind is None:
        raise _wrong("kind", f"must be one of {', '.join(KINDS)}")
    number: int | None = raw.get("id")
    row = next((trigger for trigger in existing if trigger.id == number), None)
    if number is not None and row is None:
        raise _wrong("id", f"the job has no trigger {number}; leave it out for a new one")
    if row is not None and row.kind != kind.name:
        raise _wrong("kind", f"trigger {number} is of the kind {row.kind}; leave out its id for a new one")
    return Wanted(row, kind.name, kind.check(raw, around))


def _wrong(field: str, message: str) -> Invalid:
    return Invalid(message, details=[FieldError(field, message)])


def _circles(session: Session, job: Job, found: Sequence[Wanted], around: Around) -> list[FieldError]:
    chosen = [(index, one.settings["job_id"]) for index, one in enumerate(found) if one.kind == "job"]
    if not chosen:
        return []
    upstreams = upstreams_of(session, job.workspace_id)
    names = {number: other.key for number, other in around.jobs.items()}
    details: list[FieldError] = []
    for index, upstream in chosen:
        circle = circle_over(job.id, upstream, upstreams) if job.id is not None else None  # pyright: ignore[reportUnnecessaryComparison]
        if circle is not None:
            way = " after ".join([job.key, *(names[number] for number in circle)])
            said = f"the jobs would run one another for ever: {way}"
            details.append(FieldError(f"triggers.{index}.job", said))
    return details
