"""Making, changing and deleting environments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.auth.actor import Actor
from core.environments.models import Environment
from core.environments.profiles import check_profile
from core.environments.service import KEY, Target, environments_of
from core.kit import clock
from core.kit.database import SCHEMA, Base
from core.kit.errors import Conflict, FieldError, Invalid, NotFound
from core.workspaces.models import Workspace
from core.workspaces.service import check_in_use

MOST_THREADS: Final = 256
MOST_DAYS: Final = 36_500
# Tables that say what an environment holds; those that it consists of are none of them.
_ITS_OWN: Final = frozenset({"environments", "environment_variables"})
_WORDS: Final = {
    "run_nodes": "runs",
    "catalog_states": "a catalog",
    "drops": "artifacts that were brought",
    "ingests": "artifacts that were taken in",
    "snapshots": "snapshots of the catalog",
}


@dataclass(frozen=True)
class Repository:
    """The targets of the profile in the repository; `problem` says why they are not known."""

    targets: Sequence[Target] = ()
    problem: str | None = None

    def target(self, name: str) -> Target | None:
        """The target of this name."""
        return next((target for target in self.targets if target.name == name), None)


def get(session: Session, workspace_id: int, key: str) -> Environment:
    """One environment.

    Raises:
        NotFound: the workspace has none with this key.
    """
    return pick_by_key(environments_of(session, [workspace_id])[workspace_id], key)


def pick_by_key(environments: Sequence[Environment], key: str) -> Environment:
    """The one with this key among the environments of a workspace.

    Raises:
        NotFound: there is none.
    """
    for environment in environments:
        if environment.key == key:
            return environment
    raise NotFound(f"There is no environment {key!r} in this workspace.")


def with_deferred(session: Session, environment: Environment) -> list[Environment]:
    """The environment and the one that it defers to, if any."""
    other = session.get(Environment, environment.defer_to_id) if environment.defer_to_id else None
    return [environment] if other is None else [environment, other]


def create(
    session: Session, actor: Actor, workspace: Workspace, values: Mapping[str, Any], repository: Repository
) -> Environment:
    """Make an environment: a target of the repository's profile, or one whose profile is kept here.

    Raises:
        Invalid: a value is wrong; its field is named.
        Conflict: the key is taken, or the workspace is archived.
    """
    check_in_use(workspace)
    key = str(values["key"])
    if not KEY.fullmatch(key):
        detail = FieldError("key", "takes letters, digits, '_', '-' and '.', begins with a letter or digit")
        raise Invalid(f"{key!r} cannot be the key of an environment.", details=[detail])
    existing = environments_of(session, [workspace.id])[workspace.id]
    if any(environment.key == key for environment in existing):
        raise Conflict(f"There is an environment {key!r} already.", details=[FieldError("key", "is taken")])
    environment = Environment(
        workspace_id=workspace.id,
        key=key,
        name=key,
        dbt_target=key,
        is_default=not existing,
        in_profile=False,
    )
    session.add(environment)
    session.flush()
    session.refresh(environment)
    _apply(session, environment, {"dbt_target": key, **values}, repository)
    session.flush()
    _record(session, actor, audit.Tag.ENVIRONMENT_ADDED, environment, None, _facts(session, environment))
    return environment


def change(
    session: Session,
    actor: Actor,
    workspace: Workspace,
    environment: Environment,
    values: Mapping[str, Any],
    repository: Repository,
) -> None:
    """Change what is named in `values`; the rest stays.

    Raises:
        Invalid: a value is wrong; its field is named.
        Conflict: the default environment is to be archived, or the workspace is archived.
    """
    check_in_use(workspace)
    before = _facts(session, environment)
    _apply(session, environment, values, repository)
    if "archived" in values:
        _archive(environment, archived=bool(values["archived"]))
    session.flush()
    if environment.is_default and values.keys() & {"dbt_target", "profile_yaml", "dbt_executable"}:
        workspace.project_fingerprint = None  # the project is parsed there
    after = _facts(session, environment)
    if before != after:
        _record(session, actor, audit.Tag.ENVIRONMENT_CHANGED, environment, before, after)


def delete(
    session: Session, actor: Actor, workspace: Workspace, environment: Environment, repository: Repository
) -> None:
    """Delete an environment in which nothing ever happened, with its variables and secrets.

    Raises:
        Conflict: the repository's profile has it, it is the default, it has a history, or the workspace
            is archived; says which.
    """
    check_in_use(workspace)
    if repository.target(environment.key) is not None:
        raise Conflict(
            f"{environment.key} is a target of the repository's profile, and would be there again at once.",
            hint="Archive it, or take the target out of profiles.yml first.",
        )
    if environment.is_default:
        raise Conflict(f"{environment.key} is the default environment of this workspace.")
    if held := history_of(session, environment.id):
        raise Conflict(
            f"{environment.key} has a history that would be lost with it: {', '.join(held)}.",
            hint="Archive it instead: it can be read then, and nothing can be run in it.",
        )
    session.delete(environment)
    session.flush()
    _record(session, actor, audit.Tag.ENVIRONMENT_DELETED, environment, {"name": environment.name}, None)


def history_of(session: Session, environment_id: int) -> list[str]:
    """What there is of an environment besides itself, in words; empty where nothing ever happened."""
    target = f"{SCHEMA}.environments.id"
    found: list[str] = []
    for table in Base.metadata.sorted_tables:
        columns = [
            column
            for column in table.columns
            if any(key.target_fullname == target for key in column.foreign_keys)
        ]
        if table.name in _ITS_OWN or not columns:
            continue
        held = sa.select(sa.exists().where(sa.or_(*(column == environment_id for column in columns))))
        if session.scalar(held):
            found.append(_WORDS.get(table.name, table.name.replace("_", " ")))
    return found


def _apply(
    session: Session, environment: Environment, values: Mapping[str, Any], repository: Repository
) -> None:
    _apply_words(environment, values)
    _apply_numbers(environment, values)
    if values.keys() & {"dbt_target", "profile_yaml"}:
        _apply_profile(environment, values, repository)
    if "dbt_executable" in values:
        environment.dbt_executable = values["dbt_executable"]
        environment.dbt_check = values.get("dbt_check")
        environment.dbt_checked_at = clock.now() if values.get("dbt_check") else None
    if "defer_to" in values:
        environment.defer_to_id = _defer_to(session, environment, values["defer_to"])


def _apply_words(environment: Environment, values: Mapping[str, Any]) -> None:
    if "name" in values:
        name = str(values["name"]).strip()
        if not name:
            raise Invalid("An environment needs a name.", details=[FieldError("name", "must not be empty")])
        environment.name = name
    if "description" in values:
        environment.description = str(values["description"])


def _apply_numbers(environment: Environment, values: Mapping[str, Any]) -> None:
    for field, most in (("threads", MOST_THREADS), ("retention_days", MOST_DAYS)):
        if field not in values:
            continue
        value: int | None = values[field]
        if value is not None and not 1 <= value <= most:
            detail = FieldError(field, f"must be from 1 to {most}, or null")
            raise Invalid(f"{field} must be from 1 to {most}.", details=[detail])
        setattr(environment, field, value)


def _apply_profile(environment: Environment, values: Mapping[str, Any], repository: Repository) -> None:
    """What dbt connects by: the profile that is kept here, or else the repository's."""
    if "dbt_target" in values:
        environment.dbt_target = _target_name(values["dbt_target"])
    if "profile_yaml" in values:
        kept: str | None = values["profile_yaml"]
        environment.profile_yaml, adapter = (None, None) if kept is None else check_profile(kept)
        environment.adapter_type = adapter
    target = repository.target(environment.dbt_target)
    if environment.profile_yaml is None:
        if target is None:
            raise _no_target(environment.dbt_target, repository)
        environment.adapter_type = target.adapter_type
    environment.in_profile = target is not None


def _target_name(value: Any) -> str:
    name = str(value)
    if not KEY.fullmatch(name):
        detail = FieldError(
            "dbt_target", "takes letters, digits, '_', '-' and '.', begins with a letter or digit"
        )
        raise Invalid(f"{name!r} cannot be the name of a target.", details=[detail])
    return name


def _no_target(name: str, repository: Repository) -> Invalid:
    known = ", ".join(target.name for target in repository.targets) or "none"
    why = repository.problem or f"it has: {known}"
    detail = FieldError("dbt_target", f"{name!r} is not a target of the repository's profile ({why})")
    return Invalid(
        f"The repository's profile has no target {name!r} ({why}).",
        hint="Choose one of its targets, or keep a profile here.",
        details=[detail],
    )


def _defer_to(session: Session, environment: Environment, key: str | None) -> int | None:
    if key is None:
        return None
    others = environments_of(session, [environment.workspace_id])[environment.workspace_id]
    found = next((other for other in others if other.key == key and other.id != environment.id), None)
    if found is None:
        detail = FieldError("defer_to", f"{key!r} is not another environment of this workspace")
        raise Invalid(f"There is no other environment {key!r} to defer to.", details=[detail])
    return found.id


def _archive(environment: Environment, *, archived: bool) -> None:
    if archived and environment.is_default:
        detail = FieldError("archived", "the default environment stays in use")
        raise Conflict(f"{environment.key} is the default environment.", details=[detail])
    if not archived:
        environment.archived_at = None
    elif environment.archived_at is None:
        environment.archived_at = clock.now()


def _facts(session: Session, environment: Environment) -> dict[str, Any]:
    """What the audit log says of an environment. A profile refers to secrets and holds none."""
    other = session.get(Environment, environment.defer_to_id) if environment.defer_to_id else None
    return {
        "name": environment.name,
        "description": environment.description,
        "dbt_target": environment.dbt_target,
        "profile_yaml": environment.profile_yaml,
        "threads": environment.threads,
        "retention_days": environment.retention_days,
        "dbt_executable": environment.dbt_executable,
        "defer_to": other.key if other else None,
        "archived": environment.archived_at is not None,
    }


def _record(
    session: Session,
    actor: Actor,
    tag: audit.Tag,
    environment: Environment,
    before: Mapping[str, Any] | None,
    after: Mapping[str, Any] | None,
) -> None:
    audit.record(
        session,
        actor.by,
        tag,
        workspace_id=environment.workspace_id,
        subject=environment.key,
        before=before,
        after=after,
    )
