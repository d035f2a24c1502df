"""API tokens: personal ones, service tokens of a workspace, and the one that the product itself uses."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.auth import people
from core.auth.actor import Actor
from core.auth.models import ApiToken
from core.auth.rights import BY_SCOPE, TOKEN_SCOPES, Level, Role, Scope, scopes_of
from core.auth.secret_text import TokenKind, digest, hint_of, new_api_token
from core.kit import clock
from core.kit.errors import FieldError, Forbidden, Invalid, NotFound

# A person or workspace with more has lost sight of them.
MOST: Final = 100
SYSTEM_SCOPES: Final = (
    Scope.WORKSPACE_LIST,
    Scope.WORKSPACE_READ,
    Scope.RUN_READ,
    Scope.RUN_START,
    Scope.RUN_CANCEL,
)
# If the supervisor is killed, what it left behind ends by itself.
SYSTEM_LIFETIME: Final = timedelta(days=3650)


@dataclass(frozen=True)
class NewToken:
    """A token to be made. `days` is how long it is good for."""

    name: str
    scopes: Sequence[str]
    days: int


def personal_tokens(session: Session, actor: Actor) -> Sequence[ApiToken]:
    """One's own tokens, newest first."""
    owner = people.own(session, actor)
    return _list(session, ApiToken.user_id == owner.id)


def service_tokens(session: Session, workspace_id: int) -> Sequence[ApiToken]:
    """The service tokens of a workspace, newest first."""
    return _list(session, ApiToken.workspace_id == workspace_id, ApiToken.kind == TokenKind.SERVICE)


def add_personal(
    session: Session, actor: Actor, wanted: NewToken, workspace: tuple[int, str] | None, max_days: int
) -> tuple[ApiToken, str]:
    """Make a token that does what its owner may, narrowed to scopes and perhaps to one workspace.

    Returns the row and the token, which is known only here.

    Raises:
        Invalid: a scope, the name or the time is not allowed.
        Forbidden: its owner does not hold a scope.
    """
    owner = people.own(session, actor)
    scopes = _checked(wanted, max_days)
    key = workspace[1] if workspace else None
    for scope in scopes:
        if not _holds(actor, scope, key):
            raise Forbidden(
                f"You do not hold {scope} yourself.", details=[FieldError("scopes", f"{scope} is not yours")]
            )
    row = ApiToken(
        kind=TokenKind.PERSONAL, user_id=owner.id, workspace_id=workspace[0] if workspace else None
    )
    return _keep(session, actor, row, wanted, scopes)


def add_service(
    session: Session, actor: Actor, wanted: NewToken, workspace_id: int, max_days: int
) -> tuple[ApiToken, str]:
    """Make a token of a workspace, which outlives whoever made it.

    Returns the row and the token, which is known only here.

    Raises:
        Invalid: a scope, the name or the time is not allowed.
    """
    scopes = _checked(wanted, max_days)
    for scope in scopes:
        if scope not in scopes_of(Role.ADMIN) and BY_SCOPE[scope].level != Level.PERSON:
            detail = FieldError("scopes", f"{scope} reaches beyond one workspace")
            raise Invalid(f"A service token cannot carry {scope}.", details=[detail])
    row = ApiToken(kind=TokenKind.SERVICE, workspace_id=workspace_id)
    return _keep(session, actor, row, wanted, scopes)


def revoke_personal(session: Session, actor: Actor, token_id: int) -> None:
    """End one of one's own tokens at once.

    Raises:
        NotFound: it is none of theirs.
    """
    _revoke(session, actor, token_id, ApiToken.user_id == people.own(session, actor).id)


def revoke_service(session: Session, actor: Actor, workspace_id: int, token_id: int) -> None:
    """End a service token of a workspace at once.

    Raises:
        NotFound: it is none of the workspace's.
    """
    whose = sa.and_(ApiToken.workspace_id == workspace_id, ApiToken.kind == TokenKind.SERVICE)
    _revoke(session, actor, token_id, whose)


def issue_system_token(session: Session, name: str = "workbench up") -> str:
    """A token for the product's own supervisor; the one before it ends."""
    revoke_system_token(session, name)
    token = new_api_token(TokenKind.SYSTEM)
    session.add(
        ApiToken(
            kind=TokenKind.SYSTEM,
            name=name,
            token_hash=digest(token),
            hint=hint_of(token),
            scopes=list(SYSTEM_SCOPES),
            created_by=name,
            expires_at=clock.now() + SYSTEM_LIFETIME,
        )
    )
    session.flush()
    return token


def revoke_system_token(session: Session, name: str = "workbench up") -> None:
    """End the supervisor's token."""
    session.execute(sa.delete(ApiToken).where(ApiToken.kind == TokenKind.SYSTEM, ApiToken.name == name))


def _list(session: Session, *which: sa.ColumnElement[bool]) -> Sequence[ApiToken]:
    return session.scalars(sa.select(ApiToken).where(*which).order_by(ApiToken.id.desc())).all()


def _checked(wanted: NewToken, max_days: int) -> list[Scope]:
    problems: list[FieldError] = []
    if not wanted.name.strip():
        problems.append(FieldError("name", "must not be empty"))
    if not 1 <= wanted.days <= max_days:
        problems.append(FieldError("expires_in_days", f"must be from 1 to {max_days}"))
    if not wanted.scopes:
        problems.append(FieldError("scopes", "must name one scope at least"))
    problems += [
        FieldError("scopes", f"{name!r} is no scope that a token can carry; GET /api/roles lists them")
        for name in wanted.scopes
        if name not in TOKEN_SCOPES
    ]
    if problems:
        raise Invalid("; ".join(f"{p.field} {p.message}" for p in problems), details=problems)
    return sorted({Scope(name) for name in wanted.scopes})


def _holds(actor: Actor, scope: Scope, workspace: str | None) -> bool:
    if workspace is not None or scope not in scopes_of(Role.ADMIN):
        return actor.may(scope, workspace)
    return actor.everywhere or any(actor.may(scope, key) for key in actor.places)


def _keep(
    session: Session, actor: Actor, row: ApiToken, wanted: NewToken, scopes: Sequence[Scope]
) -> tuple[ApiToken, str]:
    _check_room(session, row)
    token = new_api_token(TokenKind(row.kind))
    row.name = wanted.name.strip()
    row.token_hash = digest(token)
    row.hint = hint_of(token)
    row.scopes = list(scopes)
    row.created_by = actor.name
    row.expires_at = clock.now() + timedelta(days=wanted.days)
    session.add(row)
    session.flush()
    session.refresh(row)
    _record(session, actor, audit.Tag.TOKEN_ADDED, row)
    return row, token


def _check_room(session: Session, row: ApiToken) -> None:
    whose = ApiToken.user_id == row.user_id if row.user_id else ApiToken.workspace_id == row.workspace_id
    if len(_list(session, whose, ApiToken.kind == row.kind)) >= MOST:
        raise Invalid(f"There are {MOST} tokens already.", hint="Revoke those that nobody uses.")


def _revoke(session: Session, actor: Actor, token_id: int, whose: sa.ColumnElement[bool]) -> None:
    row = session.scalar(sa.select(ApiToken).where(ApiToken.id == token_id, whose).with_for_update())
    if row is None:
        raise NotFound(f"There is no token {token_id} here.")
    _record(session, actor, audit.Tag.TOKEN_REVOKED, row)
    session.delete(row)


def _record(session: Session, actor: Actor, tag: audit.Tag, row: ApiToken) -> None:
    facts = {"kind": row.kind, "scopes": row.scopes, "expires_at": row.expires_at, "hint": row.hint}
    before, after = (None, facts) if tag == audit.Tag.TOKEN_ADDED else (facts, None)
    audit.record(
        session,
        actor.by,
        tag,
        workspace_id=row.workspace_id,
        subject=row.name,
        before=before,
        after=after,
        data={"token": row.id},
    )
