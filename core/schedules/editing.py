"""Making, changing, archiving and copying jobs."""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.auth.actor import Actor
from core.environments import service as environments
from core.kit import clock
from core.kit.errors import Conflict, FieldError, Invalid
from core.kit.text import storable
from core.runs.commands import check_steps, environment_of
from core.runs.retry_policy import RetryPolicy, check_policy
from core.schedules import reading, triggers
from core.schedules.models import Job
from core.workspaces.models import Workspace
from core.workspaces.service import check_in_use, check_runnable

T = TypeVar("T")
KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,59}")
# Addresses of their own below /jobs, of the API and of the pages.
RESERVED: Final = frozenset({"options", "check_cron", "new"})
OVERLAPS: Final = ("skip", "queue", "allow")
LONGEST_NAME: Final = 200
MOST_TAGS: Final = 20
LONGEST_TAG: Final = 50
# Fields that are numbers: the least, the most, and whether there may be none.
BOUNDS: Final = {
    "timeout_seconds": (60, 7 * 24 * 3600),
    "priority": (-100, 100),
    "retention_days": (1, 36_500),
    "late_after_minutes": (1, 7 * 24 * 60),
}
_HINTS: Final = {
    "timeout_seconds": "Leave it out for a job that may take as long as it does.",
    "priority": "Runs of a higher priority leave the queue first; 0 is the usual one.",
    "retention_days": "Leave it out to keep runs as long as the environment does.",
    "late_after_minutes": "Leave it out for a job of which nobody is told that it is late.",
}


def create(
    session: Session, actor: Actor, workspace: Workspace, values: Mapping[str, Any], timezone: str
) -> Job:
    """Make a job with its triggers. `timezone` is that of schedules that name none.

    Raises:
        Invalid: a value is wrong; every field that is, is named.
        Conflict: the key is taken, or nothing can be run in this workspace.
    """
    check_runnable(workspace)
    _lock(session, workspace)
    problems = Problems()
    key = _new_key(session, workspace, values, problems)
    job = Job(workspace_id=workspace.id, key=key, created_by=actor.name, updated_by=actor.name)
    defaults = {"steps": [], "triggers": [], "environment": None}
    _apply(session, job, {**defaults, **values}, problems)
    around = reading.around(session, workspace.id, timezone)
    planned = problems.collect(lambda: triggers.plan(session, job, [], values.get("triggers", []), around))
    problems.check("The job was not made.")
    session.add(job)
    session.flush()
    triggers.carry_out(session, job, planned or [])
    session.refresh(job)
    _record(session, actor, audit.Tag.JOB_ADDED, job, None, reading.facts(session, job, around))
    return job


def change(
    session: Session,
    actor: Actor,
    workspace: Workspace,
    job: Job,
    values: Mapping[str, Any],
    timezone: str,
) -> None:
    """Change what is named in `values`; the rest stays. `version`: refused if it is no longer that.

    Raises:
        Invalid: a value is wrong; every field that is, is named.
        Conflict: somebody else has changed the job meanwhile, or the job or workspace is archived.
    """
    check_in_use(workspace)
    _lock(session, workspace)
    session.refresh(job)
    _check_version(job, values.get("version"))
    around = reading.around(session, workspace.id, timezone)
    before, was_archived = reading.facts(session, job, around), job.archived_at is not None
    if "archived" in values:
        job.archived_at = (job.archived_at or clock.now()) if values["archived"] else None
    elif was_archived:
        raise Conflict(f"The job {job.key} is archived.", hint="Restore it first.")
    problems = Problems()
    _apply(session, job, values, problems)
    if values.get("triggers") is not None:
        existing = reading.triggers_of(session, [job.id])[job.id]
        wanted = values["triggers"]
        planned = problems.collect(lambda: triggers.plan(session, job, existing, wanted, around))
        problems.check("The job was not changed.")
        triggers.carry_out(session, job, planned or [])
    problems.check("The job was not changed.")
    if was_archived and job.archived_at is None:
        triggers.begin_anew(session, job)
    session.flush()
    after = reading.facts(session, job, around)
    if before != after:
        job.version += 1
        job.updated_at, job.updated_by = clock.now(), actor.name
        session.flush()
        _record(session, actor, _tag(before, after), job, before, after)


def duplicate(
    session: Session,
    actor: Actor,
    workspace: Workspace,
    job: Job,
    called: tuple[str | None, str | None],
    timezone: str,
) -> Job:
    """A copy of a job with its triggers, under another key and name, made up where they are None.

    Raises:
        Invalid: the key or name is wrong, or what the job names is there no more.
        Conflict: the key is taken, or nothing can be run in this workspace.
    """
    key, name = called
    values = reading.values(session, job, reading.around(session, workspace.id, timezone))
    values["name"] = name or f"{job.name[: LONGEST_NAME - 7]} (copy)"
    if key is not None:
        values["key"] = key
    return create(session, actor, workspace, values, timezone)


class Problems:
    """All that is wrong with a request, to be told at once."""

    def __init__(self) -> None:
        self.details: list[FieldError] = []
        self.hints: list[str] = []

    def add(self, field: str, message: str, hint: str | None = None) -> None:
        """Note one."""
        self.details.append(FieldError(field, message))
        if hint and hint not in self.hints:
            self.hints.append(hint)

    def collect(self, check: Callable[[], T]) -> T | None:
        """What a check gives; None when it refuses, which is noted."""
        try:
            return check()
        except Invalid as error:
            self.details += error.details
            self.hints += [error.hint] if error.hint and error.hint not in self.hints else []
            return None

    def check(self, said: str) -> None:
        """Raise Invalid if there are any."""
        if self.details:
            told = "; ".join(f"{detail.field}: {detail.message}" for detail in self.details)
            raise Invalid(f"{said} {told}", hint=" ".join(self.hints) or None, details=self.details)


def _lock(session: Session, workspace: Workspace) -> None:
    """One change of jobs at a time in a workspace: two together could close a circle."""
    session.execute(sa.select(Workspace.id).where(Workspace.id == workspace.id).with_for_update())


def _check_version(job: Job, version: int | None) -> None:
    if version is not None and version != job.version:
        raise Conflict(
            f"{job.updated_by} has changed the job {job.key} meanwhile (version {job.version}).",
            hint="Load it again, then repeat the change.",
            details=[FieldError("version", f"is {job.version} by now")],
        )


def _new_key(session: Session, workspace: Workspace, values: Mapping[str, Any], problems: Problems) -> str:
    taken = set(session.scalars(sa.select(Job.key).where(Job.workspace_id == workspace.id)))
    given: str | None = values.get("key")
    if given is None:
        return _key_from(str(values.get("name", "")), taken | RESERVED)
    if not KEY.fullmatch(given) or given in RESERVED:
        problems.add("key", "takes small letters, digits and '_', begins with a letter, up to 60 characters")
    if given in taken:
        hint = "Keys are never used again, those of archived jobs neither."
        raise Conflict(
            f"There is a job {given!r} already.", hint=hint, details=[FieldError("key", "is taken")]
        )
    return given


def _key_from(name: str, taken: set[str] | frozenset[str]) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    base = (plain if plain[:1].isalpha() else f"job_{plain}").rstrip("_")[:55]
    numbered = (f"{base}_{number}" for number in range(2, len(taken) + 3))
    return next(key for key in (base, *numbered) if key not in taken)


def _apply(session: Session, job: Job, values: Mapping[str, Any], problems: Problems) -> None:
    _apply_words(job, values, problems)
    _apply_numbers(job, values, problems)
    if "steps" in values:
        steps = problems.collect(lambda: check_steps(values["steps"]))
        if steps is not None:
            job.steps = [step.as_config() for step in steps]
            problems.collect(lambda: environment_of(steps, values.get("environment")))
    if "environment" in values:
        key: str | None = values["environment"]
        found = (
            problems.collect(lambda: environments.pick_runnable(session, job.workspace_id, key))
            if key
            else None
        )
        job.environment_id = found.id if found else None
    if "retry" in values:
        raw: Mapping[str, Any] | None = values["retry"]
        policy = problems.collect(lambda: check_policy(RetryPolicy(**raw))) if raw else None
        job.retry = asdict(policy) if policy else None


def _apply_words(job: Job, values: Mapping[str, Any], problems: Problems) -> None:
    if "name" in values:
        job.name = storable(str(values["name"])).strip()
        if not 1 <= len(job.name) <= LONGEST_NAME:
            problems.add("name", f"must have from 1 to {LONGEST_NAME} characters")
    for field in ("description", "owner"):
        if field in values:
            setattr(job, field, storable(str(values[field])).strip())
    if len(job.owner or "") > LONGEST_NAME:
        problems.add("owner", f"must not have more than {LONGEST_NAME} characters")
    if "overlap" in values:
        job.overlap = str(values["overlap"])
        if job.overlap not in OVERLAPS:
            problems.add("overlap", "must be skip, queue or allow")
    if "tags" in values:
        job.tags = list(dict.fromkeys(storable(str(tag)).strip() for tag in values["tags"]))
        if len(job.tags) > MOST_TAGS or not all(1 <= len(tag) <= LONGEST_TAG for tag in job.tags):
            problems.add("tags", f"must be at most {MOST_TAGS}, each of 1 to {LONGEST_TAG} characters")


def _apply_numbers(job: Job, values: Mapping[str, Any], problems: Problems) -> None:
    for field, (least, most) in BOUNDS.items():
        if field not in values:
            continue
        value: int | None = values[field]
        if value is not None and not least <= value <= most:
            problems.add(field, f"must be from {least} to {most}", _HINTS[field])
        elif value is None and field == "priority":
            problems.add(field, "must be a number", _HINTS[field])
        else:
            setattr(job, field, value)


def _tag(before: Mapping[str, Any], after: Mapping[str, Any]) -> audit.Tag:
    if before["archived"] == after["archived"]:
        return audit.Tag.JOB_CHANGED
    return audit.Tag.JOB_ARCHIVED if after["archived"] else audit.Tag.JOB_RESTORED


def _record(
    session: Session,
    actor: Actor,
    tag: audit.Tag,
    job: Job,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    audit.record(
        session, actor.by, tag, workspace_id=job.workspace_id, subject=job.key, before=before, after=after
    )
