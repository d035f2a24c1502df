"""Variables and secrets of an environment. A secret can be set, replaced and removed, never read."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.auth.actor import Actor
from core.environments.models import Environment, EnvironmentVariable
from core.environments.names import LONGEST_NAME, why_refused
from core.kit import clock
from core.kit.crypto import Cipher, Undecryptable
from core.kit.errors import FieldError, Invalid, NotFound
from core.workspaces.models import Workspace
from core.workspaces.service import check_in_use

SHORTEST_SECRET: Final = 4
SHORTEST_NUMBER: Final = 6
LONGEST_VALUE: Final = 65_536
MOST_VARIABLES: Final = 200
# A secret is masked wherever it appears. One of these would take dbt's own words out of every log.
_ORDINARY_WORDS: Final = """
category code compiled connection core data database debug dbt_schema_version dev error event_type exception
execution_time extra fail failed failures false finished_at host info invocation_id level localhost macro main
message metadata model msg name node node_finished_at node_info node_name node_path node_relation
node_started_at node_status none null operation parse pass password path postgres prod profile project public
resource_type results root running schema seed skip skipped snapshot source started started_at status success
target test text thread thread_name timestamp timing true type unique_id unknown user warehouse warn
"""
ORDINARY: Final = frozenset(_ORDINARY_WORDS.split())


@dataclass(frozen=True)
class Values:
    """What dbt sees in an environment."""

    plain: Mapping[str, str] = field(default_factory=dict[str, str])
    secrets: Mapping[str, str] = field(default_factory=dict[str, str])

    def __repr__(self) -> str:
        return f"Values(plain={sorted(self.plain)}, secrets={sorted(self.secrets)})"


def variables_of(session: Session, environment_id: int) -> list[EnvironmentVariable]:
    """The variables of an environment, by name."""
    query = sa.select(EnvironmentVariable).where(EnvironmentVariable.environment_id == environment_id)
    return list(session.scalars(query.order_by(EnvironmentVariable.name)))


def counts_of(session: Session, environment_ids: list[int]) -> dict[int, tuple[int, int]]:
    """How many variables and how many secrets each environment has; those without any are left out."""
    secrets = sa.func.count(EnvironmentVariable.secret)
    plain = sa.func.count(EnvironmentVariable.value)
    query = (
        sa.select(EnvironmentVariable.environment_id, plain, secrets)
        .where(EnvironmentVariable.environment_id.in_(environment_ids))
        .group_by(EnvironmentVariable.environment_id)
    )
    return {key: (plain, secrets) for key, plain, secrets in session.execute(query)}


def values_of(session: Session, cipher: Cipher, environment_id: int) -> Values:
    """The values that dbt is to see, decrypted. They are for dbt's process only.

    Raises:
        Undecryptable: a secret cannot be read with the keys that are known; it is named.
    """
    rows = variables_of(session, environment_id)
    return Values(
        plain={row.name: row.value for row in rows if row.value is not None},
        secrets={
            row.name: _decrypted(cipher, row.name, row.secret) for row in rows if row.secret is not None
        },
    )


def is_readable(cipher: Cipher, variable: EnvironmentVariable) -> bool:
    """Whether a secret can still be decrypted. What is no secret always can."""
    try:
        if variable.secret is not None:
            cipher.decrypt(variable.secret)
    except Undecryptable:
        return False
    return True


def put(
    session: Session,
    actor: Actor,
    workspace: Workspace,
    environment: Environment,
    name: str,
    value: str,
    cipher: Cipher | None,
) -> EnvironmentVariable:
    """Set a variable; with a cipher it is a secret from now on.

    Raises:
        Invalid: the name or the value is not allowed; the value is not repeated.
        Conflict: the workspace is archived.
    """
    check_in_use(workspace)
    _check(name, value, is_secret=cipher is not None)
    row = session.get(EnvironmentVariable, (environment.id, name))
    known = row is not None
    if row is None:
        _check_count(session, environment.id)
        row = EnvironmentVariable(environment_id=environment.id, name=name)
        session.add(row)
    row.value = value if cipher is None else None
    row.secret = None if cipher is None else cipher.encrypt(value)
    row.updated_at = clock.now()
    row.updated_by = actor.name[:LONGEST_NAME]
    session.flush()
    _record(
        session, actor, audit.Tag.VARIABLE_SET, environment, name, is_secret=cipher is not None, known=known
    )
    _parse_anew(workspace, environment)
    return row


def remove(session: Session, actor: Actor, workspace: Workspace, environment: Environment, name: str) -> None:
    """Remove a variable or secret.

    Raises:
        NotFound: the environment has none of this name.
        Conflict: the workspace is archived.
    """
    check_in_use(workspace)
    row = session.get(EnvironmentVariable, (environment.id, name[:LONGEST_NAME].replace("\0", "")))
    if row is None:
        raise NotFound(f"The environment {environment.key} has no variable {name!r}.")
    is_secret = row.secret is not None
    session.delete(row)
    session.flush()
    _record(session, actor, audit.Tag.VARIABLE_REMOVED, environment, name, is_secret=is_secret, known=True)
    _parse_anew(workspace, environment)


def encrypt_anew(session: Session, cipher: Cipher) -> int:
    """Encrypt every secret with the newest key. Returns how many there are.

    Raises:
        Undecryptable: one cannot be read with the keys that are known; none was changed then.
    """
    rows = list(
        session.scalars(sa.select(EnvironmentVariable).where(EnvironmentVariable.secret.is_not(None)))
    )
    for row in rows:
        row.secret = cipher.encrypt(_decrypted(cipher, row.name, row.secret or ""))
    session.flush()
    return len(rows)


def _parse_anew(workspace: Workspace, environment: Environment) -> None:
    """A project is parsed in the default environment, whose variables it may read."""
    if environment.is_default:
        workspace.project_fingerprint = None


def _decrypted(cipher: Cipher, name: str, secret: str) -> str:
    try:
        return cipher.decrypt(secret)
    except Undecryptable as error:
        raise Undecryptable(
            f"The secret {name} cannot be decrypted.", hint=f"{error.hint} Or set the secret anew."
        ) from None


def _check(name: str, value: str, *, is_secret: bool) -> None:
    problems = [FieldError("name", reason)] if (reason := why_refused(name)) else []
    if reason := _why_bad(value, is_secret=is_secret):
        problems.append(FieldError("value", reason))
    if problems:
        said = "; ".join(f"{problem.field}: {problem.message}" for problem in problems)
        raise Invalid(f"The variable was not set. {said}", details=problems)


def _why_bad(value: str, *, is_secret: bool) -> str | None:
    if "\0" in value or len(value) > LONGEST_VALUE:
        return f"must be at most {LONGEST_VALUE} characters, and no NUL among them"
    if not is_secret:
        return None
    kept = value.strip()
    if len(kept) < SHORTEST_SECRET or (kept.isdigit() and len(kept) < SHORTEST_NUMBER):
        return (
            f"a secret needs {SHORTEST_SECRET} characters at least, {SHORTEST_NUMBER} if they are digits: it"
            " is masked wherever it appears, and anything shorter appears everywhere"
        )
    if re.sub(r"\W+", "", kept.lower()) in ORDINARY:
        return "is a word that dbt itself writes: masked wherever it appears, it would make logs unreadable"
    return None


def _check_count(session: Session, environment_id: int) -> None:
    query = sa.select(sa.func.count()).where(EnvironmentVariable.environment_id == environment_id)
    if (session.scalar(query) or 0) >= MOST_VARIABLES:
        detail = FieldError("name", f"an environment has at most {MOST_VARIABLES} variables")
        raise Invalid(f"There are {MOST_VARIABLES} variables already.", details=[detail])


def _record(
    session: Session,
    actor: Actor,
    tag: audit.Tag,
    environment: Environment,
    name: str,
    *,
    is_secret: bool,
    known: bool,
) -> None:
    """The name of what was set, never what to."""
    audit.record(
        session,
        actor.by,
        tag,
        workspace_id=environment.workspace_id,
        subject=f"{environment.key}/{name}",
        data={"secret": is_secret, **({} if tag is audit.Tag.VARIABLE_REMOVED else {"replaced": known})},
    )
