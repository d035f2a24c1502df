"""What somebody asks to run, checked as a whole: the steps, where, and what happens when they fail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy.orm import Session

from core.environments import service as environments
from core.environments.models import Environment
from core.kit.errors import FieldError, Invalid
from core.runs.commands import Step, check_steps, environment_of, refusal
from core.runs.retry_policy import RetryPolicy, check_policy


@dataclass(frozen=True)
class Asked:
    """A request that can be carried out."""

    environment: Environment
    steps: Sequence[Step]
    retry: RetryPolicy | None = None


def check_asked(
    session: Session,
    workspace_id: int,
    raw: Sequence[Mapping[str, Any]],
    environment: str | None,
    retry: RetryPolicy | None = None,
) -> Asked:
    """Check a request.

    Raises:
        Invalid: a command, flag, value, environment or policy is not allowed; each is named.
    """
    steps = check_steps(raw)
    policy = None if retry is None else check_policy(retry)
    key = environment_of(steps, environment)
    try:
        found = environments.pick_runnable(session, workspace_id, key)
    except Invalid as error:
        raise _at_the_target(error, steps, environment) from error
    return Asked(found, [_without_target(step) for step in steps], policy)


def _at_the_target(error: Invalid, steps: Sequence[Step], environment: str | None) -> Invalid:
    """The error, at the field that named the environment."""
    if environment is not None or not error.details:
        return error
    reason = error.details[0].message
    places = [index for index, step in enumerate(steps) if "target" in step.options]
    return (
        refusal([FieldError(f"steps.{index}.options.target", reason) for index in places])
        if places
        else error
    )


def _without_target(step: Step) -> Step:
    """The run says where it is; a step that said so too would be the same twice."""
    return replace(step, options={name: value for name, value in step.options.items() if name != "target"})
