"""Environments: those a workspace has, and which one is meant."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.environments.models import Environment
from core.kit.errors import FieldError, Invalid


@dataclass(frozen=True)
class Target:
    """A target of a dbt profile."""

    name: str
    adapter_type: str | None
    is_default: bool


def environments_of(session: Session, workspace_ids: Sequence[int]) -> dict[int, list[Environment]]:
    """Environments by workspace, the default first."""
    query = (
        sa.select(Environment)
        .where(Environment.workspace_id.in_(workspace_ids))
        .order_by(Environment.is_default.desc(), Environment.name)
    )
    found: dict[int, list[Environment]] = {workspace_id: [] for workspace_id in workspace_ids}
    for environment in session.scalars(query):
        found[environment.workspace_id].append(environment)
    return found


def pick(session: Session, workspace_id: int, key: str | None) -> Environment:
    """The environment with this key, or the default one.

    Raises:
        Invalid: the workspace has no such environment.
    """
    environments = environments_of(session, [workspace_id])[workspace_id]
    if key is None and environments:
        return environments[0]
    for environment in environments:
        if environment.key == key:
            return environment
    known = ", ".join(environment.key for environment in environments) or "none"
    detail = FieldError("environment", f"{key!r} is not an environment of this workspace (it has: {known})")
    raise Invalid(f"There is no environment {key!r}.", details=[detail])


def sync_targets(session: Session, workspace_id: int, targets: Sequence[Target]) -> None:
    """Make the environments follow the targets of the profile; those that are gone go."""
    existing = {e.key: e for e in environments_of(session, [workspace_id])[workspace_id]}
    for environment in existing.values():
        environment.is_default = False
    session.flush()
    for target in targets:
        environment = existing.pop(target.name, None)
        if environment is None:
            environment = Environment(workspace_id=workspace_id, key=target.name, name=target.name)
            session.add(environment)
        environment.dbt_target = target.name
        environment.adapter_type = target.adapter_type
        environment.is_default = target.is_default
    for gone in existing.values():
        session.delete(gone)
    session.flush()
