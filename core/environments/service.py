"""Environments: those a workspace has, and which one is meant."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.auth.actor import Actor, NoMember
from core.environments.models import Environment
from core.kit.errors import FieldError, Invalid
from core.workspaces.models import Workspace

KEY: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")


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


# Made once: nearly every request asks it.
_BY_KEY: Final[Any] = (
    sa.select(Workspace, Environment)
    .outerjoin(Environment, Environment.workspace_id == Workspace.id)
    .where(Workspace.key == sa.bindparam("key", type_=sa.Text))
    .order_by(Environment.is_default.desc(), Environment.name)
)


@dataclass(frozen=True)
class WithEnvironments:
    """A workspace and its environments, the default first."""

    workspace: Workspace
    environments: Sequence[Environment]


def with_environments(session: Session, actor: Actor, key: str) -> WithEnvironments:
    """A workspace that an actor may see, with its environments: one query.

    Raises:
        NotFound: there is none with this key that the actor may see.
    """
    found: Any = session.execute(_BY_KEY, {"key": key}).all()
    visible = actor.workspace_ids
    if not found or (visible is not None and found[0][0].id not in visible):
        raise NoMember(key)
    return WithEnvironments(found[0][0], [environment for _, environment in found if environment is not None])


def pick(session: Session, workspace_id: int, key: str | None) -> Environment:
    """The environment with this key, or the default one; one whose artifacts come from elsewhere, too.

    Raises:
        Invalid: the workspace has no such environment.
    """
    return pick_from(environments_of(session, [workspace_id])[workspace_id], key)


def pick_from(environments: Sequence[Environment], key: str | None) -> Environment:
    """As `pick`, among the environments of a workspace, the default first.

    Raises:
        Invalid: the workspace has no such environment.
    """
    if key is None and environments:
        return environments[0]
    for environment in environments:
        if environment.key == key:
            return environment
    known = ", ".join(environment.key for environment in environments) or "none"
    detail = FieldError("environment", f"{key!r} is not an environment of this workspace (it has: {known})")
    raise Invalid(f"There is no environment {key!r}.", details=[detail])


def ensure(session: Session, workspace_id: int, key: str) -> Environment:
    """The environment with this key. One that is made here is in no profile: nothing can be run in it."""
    found = _by_key(session, workspace_id, key)
    for is_default in (not environments_of(session, [workspace_id])[workspace_id], False):
        if found is not None:
            break
        # Somebody else may make it, or the default one, at the same moment.
        values = {"name": key, "dbt_target": key, "is_default": is_default, "in_profile": False}
        statement = insert(Environment).values(workspace_id=workspace_id, key=key, **values)
        session.execute(statement.on_conflict_do_nothing())
        found = _by_key(session, workspace_id, key)
    assert found is not None  # noqa: S101 - made by us or by another
    return found


def _by_key(session: Session, workspace_id: int, key: str) -> Environment | None:
    query = sa.select(Environment).where(Environment.workspace_id == workspace_id, Environment.key == key)
    return session.scalar(query)


def sync_targets(session: Session, workspace_id: int, targets: Sequence[Target]) -> None:
    """Make the environments follow the targets of the profile in the repository.

    Those that it names no more stay readable: their catalog and history are not lost with a line of YAML.
    Those that people made follow the target that they chose; with a profile of their own, none.
    """
    existing = environments_of(session, [workspace_id])[workspace_id]
    default = _default_key(existing, targets)
    for environment in existing:
        environment.is_default = False
    session.flush()
    by_name = {target.name: target for target in targets}
    known = {environment.key for environment in existing}
    for name in [name for name in by_name if name not in known]:
        environment = Environment(workspace_id=workspace_id, key=name, name=name, dbt_target=name)
        session.add(environment)
        existing.append(environment)
    for environment in existing:
        _follow(environment, by_name.get(environment.dbt_target))
        environment.is_default = environment.key == default
    session.flush()


def _default_key(existing: Sequence[Environment], targets: Sequence[Target]) -> str | None:
    """The profile says it; without a profile it stays what it was, if something can be run there."""
    named = next((target.name for target in targets if target.is_default), None)
    if named is not None:
        return named
    kept = sorted(
        existing,
        key=lambda one: (one.profile_yaml is None or one.archived_at is not None, not one.is_default),
    )
    return kept[0].key if kept else None


def _follow(environment: Environment, target: Target | None) -> None:
    environment.in_profile = target is not None
    if target is not None and environment.profile_yaml is None:
        environment.adapter_type = target.adapter_type


def has_own_profile(session: Session, workspace_id: int) -> bool:
    """Whether dbt can connect somewhere even without a profile in the repository."""
    found = environments_of(session, [workspace_id])[workspace_id]
    return any(one.is_runnable and one.profile_yaml is not None for one in found)


def pick_runnable(session: Session, workspace_id: int, key: str | None) -> Environment:
    """As `pick`, for something that is to be run there.

    Raises:
        Invalid: there is no such environment, it is archived, or it has no profile.
    """
    environment = pick(session, workspace_id, key)
    if environment.is_runnable:
        return environment
    if environment.archived_at is not None:
        raise Invalid(
            f"Nothing can be run in {environment.key!r}: the environment is archived.",
            hint="An admin of the workspace can take it into use again.",
            details=[FieldError("environment", f"{environment.key!r} is archived")],
        )
    detail = FieldError("environment", f"{environment.dbt_target!r} is not a target of the project's profile")
    raise Invalid(
        f"Nothing can be run in {environment.key!r}: the project's profile has no such target.",
        hint="Its catalog can be read. To run there, add the target to profiles.yml and parse again,"
        " or keep a profile in the environment.",
        details=[detail],
    )
