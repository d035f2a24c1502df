"""What Dagster is asked for when a job is to run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from core.environments.models import Environment
from core.kit.errors import Conflict, Invalid
from core.runs.asking import Asked, check_asked
from core.runs.ports import (
    DUE_TAG,
    JOB_TAG,
    MAX_RUNTIME_TAG,
    ONE_AT_A_TIME_TAG,
    PRIORITY_TAG,
    RETENTION_TAG,
    TRIGGER_TAG,
    Launch,
)
from core.runs.retry_policy import RetryPolicy
from core.runs.service import launch_of
from core.schedules.firing import QUEUE
from core.schedules.models import Job
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace


@dataclass(frozen=True)
class Cause:
    """Why a job runs: which of its triggers asked, for which time; neither of a run that a person asked for.

    `variables` are dbt variables of this one run, beside those of the steps.
    """

    trigger_id: int | None = None
    due_at: datetime | None = None
    variables: Mapping[str, Any] | None = None


def launch_of_job(
    session: Session, workspace: Workspace, job: Job, actor: str, cause: Cause | None = None
) -> Launch:
    """The run of a job as it is defined now.

    Raises:
        Invalid: a step or the environment is not allowed any more.
        Conflict: the workspace or job is archived, or the workspace has no dbt project.
    """
    return launch_of_asked(workspace, job, asked_of_job(session, workspace, job, cause), actor, cause)


def asked_of_job(session: Session, workspace: Workspace, job: Job, cause: Cause | None = None) -> Asked:
    """The request that a job stands for, checked; raises as `launch_of_job`."""
    if job.archived_at is not None:
        raise Conflict(f"The job {job.key!r} is archived.", hint="Restore it first.")
    workspaces.check_runnable(workspace)
    retry = None if job.retry is None else RetryPolicy(**job.retry)
    steps = [_with_variables(step, cause) for step in job.steps]
    return check_asked(session, workspace.id, steps, _environment_key(session, job), retry)


def launch_of_asked(
    workspace: Workspace, job: Job, asked: Asked, actor: str, cause: Cause | None = None
) -> Launch:
    """The same of a request that has been checked."""
    return launch_of(workspace.key, asked, actor, _tags(workspace, job, cause or Cause()))


def _tags(workspace: Workspace, job: Job, cause: Cause) -> dict[str, str]:
    due = None if cause.due_at is None else due_text(cause.due_at)
    said = {
        JOB_TAG: job.key,
        TRIGGER_TAG: None if cause.trigger_id is None else str(cause.trigger_id),
        DUE_TAG: due,
        PRIORITY_TAG: str(job.priority) if job.priority else None,
        MAX_RUNTIME_TAG: str(job.timeout_seconds) if job.timeout_seconds else None,
        RETENTION_TAG: str(job.retention_days) if job.retention_days else None,
        ONE_AT_A_TIME_TAG: f"{workspace.key}/{job.key}" if job.overlap == QUEUE else None,
    }
    return {name: value for name, value in said.items() if value is not None}


def due_text(due_at: datetime) -> str:
    """A due time as the tag and the run key have it."""
    return due_at.astimezone(UTC).isoformat()


def _environment_key(session: Session, job: Job) -> str | None:
    if job.environment_id is None:
        return None
    environment = session.get(Environment, job.environment_id)
    if environment is None:
        raise Invalid(f"The environment of the job {job.key!r} is gone.", hint="Choose another in the job.")
    return environment.key


def _with_variables(step: Mapping[str, Any], cause: Cause | None) -> Mapping[str, Any]:
    if cause is None or not cause.variables:
        return step
    options = dict(step.get("options") or {})
    return {**step, "options": {**options, "vars": {**(options.get("vars") or {}), **cause.variables}}}
