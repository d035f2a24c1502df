"""What Dagster is asked for when a job is to run."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from core.environments.models import Environment
from core.kit.errors import Conflict, Invalid
from core.runs.asking import check_asked
from core.runs.ports import DUE_TAG, JOB_TAG, ONE_AT_A_TIME_TAG, PRIORITY_TAG, TRIGGER_TAG, Launch
from core.runs.retry_policy import RetryPolicy
from core.runs.service import launch_of
from core.schedules.models import Job
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace


@dataclass(frozen=True)
class Cause:
    """Why a job runs: which of its triggers asked, and for which time; neither if a person did."""

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
    if job.archived_at is not None:
        raise Conflict(f"The job {job.key!r} is archived.", hint="Restore it first.")
    workspaces.check_runnable(workspace)
    environment = None if job.environment_id is None else session.get(Environment, job.environment_id)
    if job.environment_id is not None and environment is None:
        raise Invalid(f"The environment of the job {job.key!r} is gone.", hint="Choose another in the job.")
    retry = None if job.retry is None else RetryPolicy(**job.retry)
    cause = cause or Cause()
    steps = [_with_variables(step, cause.variables or {}) for step in job.steps]
    asked = check_asked(session, workspace.id, steps, environment and environment.key, retry)
    said = {
        JOB_TAG: job.key,
        TRIGGER_TAG: None if cause.trigger_id is None else str(cause.trigger_id),
        DUE_TAG: None if cause.due_at is None else cause.due_at.astimezone(UTC).isoformat(),
        PRIORITY_TAG: str(job.priority) if job.priority else None,
        "dagster/max_runtime": str(job.timeout_seconds) if job.timeout_seconds else None,
        ONE_AT_A_TIME_TAG: f"{workspace.key}/{job.key}" if job.overlap == "queue" else None,
    }
    tags = {name: value for name, value in said.items() if value is not None}
    return launch_of(workspace.key, asked, actor, tags)


def _with_variables(step: Mapping[str, Any], variables: Mapping[str, Any]) -> Mapping[str, Any]:
    if not variables:
        return step
    options = dict(step.get("options") or {})
    return {**step, "options": {**options, "vars": {**(options.get("vars") or {}), **variables}}}
