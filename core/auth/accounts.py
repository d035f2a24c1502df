"""Passwords and sessions of an account: what changes one ends the other."""

from sqlalchemy.orm import Session

from core.audit import service as audit
from core.audit.service import By
from core.auth import attempts, passwords, people, sessions
from core.auth.actor import Actor
from core.auth.attempts import Limits
from core.auth.models import LoginAttempt, User
from core.auth.passwords import PasswordRules
from core.kit.database import Database
from core.kit.errors import FieldError, Invalid


def check_own_password(db: Database, limits: Limits, actor: Actor, current: str) -> None:
    """Whether this is one's present password. A stolen access token must not serve to guess it.

    Raises:
        Invalid: it is not; noted, and counted like a failed login.
        TooMany: there were too many failures.
    """
    with db.session() as session:
        user = people.own(session, actor)
        attempt = attempts.begin(session, limits, f"user {user.id}", actor.origin.address).id
    good = passwords.verify(user.password_hash, current)
    with db.session() as session:
        if good:
            session.get_one(LoginAttempt, attempt).succeeded = True
            return
        data = {"because": "wrong present password, in a change of password"}
        audit.record(session, actor.by, audit.Tag.LOGIN_FAILED, data=data)
    detail = FieldError("current_password", "is not your present password")
    raise Invalid("The present password is wrong.", details=[detail])


def change_own_password(session: Session, actor: Actor, rules: PasswordRules, current: str, new: str) -> None:
    """Replace one's own password, once the present one was checked; every other session of one's own ends.

    Raises:
        Invalid: the new one is not allowed, or the present one was changed meanwhile; the field is named.
    """
    user = people.own(session, actor, lock=True)
    if not passwords.verify(user.password_hash, current):
        detail = FieldError("current_password", "is not your present password")
        raise Invalid("The present password is wrong.", details=[detail])
    if new == current:
        detail = FieldError("new_password", "is the same as before")
        raise Invalid("The new password is the same as before.", details=[detail])
    people.set_password(user, rules, new, "new_password")
    sessions.end_all(session, actor.by, user.id, "the password was changed", but=actor.session_id)
    audit.record(session, actor.by, audit.Tag.PASSWORD_CHANGED, subject=user.username)


def reset_password(
    session: Session, by: By, rules: PasswordRules, user: User, given: str | None
) -> str | None:
    """Give somebody another password, to be changed at the next login, and end their sessions.

    Returns the password if one was made.

    Raises:
        Invalid: the one given is not allowed.
    """
    made = people.set_password(user, rules, given)
    user.must_change_password = True
    sessions.end_all(session, by, user.id, "the password was reset")
    audit.record(session, by, audit.Tag.PASSWORD_RESET, subject=user.username)
    return made


def change_own(session: Session, actor: Actor, values: dict[str, str | None]) -> None:
    """Change one's own name or address.

    Raises:
        Invalid: the address is not allowed.
        Conflict: the address is taken.
    """
    people.change(session, actor, people.own(session, actor, lock=True), values)


def choose_workspace(session: Session, actor: Actor, workspace_id: int, key: str) -> None:
    """Make a workspace the one that one sees first."""
    user = people.own(session, actor)
    if user.default_workspace_id != workspace_id:
        user.default_workspace_id = workspace_id
        after = {"default_workspace": key}
        audit.record(session, actor.by, audit.Tag.USER_CHANGED, subject=user.username, after=after)
