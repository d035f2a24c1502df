"""People: adding, changing, deactivating and deleting them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.auth import passwords
from core.auth.actor import Actor
from core.auth.models import LoginSession, Membership, User
from core.auth.passwords import PasswordRules
from core.kit import clock
from core.kit.errors import Conflict, FieldError, Invalid, NotFound
from core.kit.paging import Page, decode_cursor, page_of

# Stands in the audit log where nobody is known.
NOBODY: Final = "(nobody)"
USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,99}")
EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
# Any fixed number: whoever changes who is an instance admin holds it, so that two cannot remove each other.
ADMIN_LOCK: Final = 7_230_211


@dataclass(frozen=True)
class NewPerson:
    """Somebody to be added. Without a password one is made, to be changed at the first login."""

    username: str
    full_name: str = ""
    email: str | None = None
    password: str | None = None
    is_instance_admin: bool = False


def find(session: Session, name: str) -> User | None:
    """The person of a user name or e-mail address."""
    wanted = name.strip().lower()
    if "\0" in wanted or not wanted:
        return None
    query = sa.select(User).where(sa.or_(User.username == wanted, sa.func.lower(User.email) == wanted))
    return session.scalar(query.order_by(User.username != wanted).limit(1))


def require(session: Session, username: str, *, lock: bool = False) -> User:
    """The person of a user name.

    Raises:
        NotFound: there is none.
    """
    query = sa.select(User).where(User.username == username.lower().replace("\0", ""))
    user = session.scalar(query.with_for_update() if lock else query)
    if user is None:
        raise NotFound(f"There is no user {username!r}.", hint="GET /api/admin/users lists them.")
    return user


def page(
    session: Session, text: str | None, *, active: bool | None, cursor: str | None, limit: int
) -> Page[User]:
    """People by user name; those whose names or address hold a text."""
    query = sa.select(User)
    if text:
        like = f"%{_escaped(text)}%"
        query = query.where(sa.or_(*(column.ilike(like, escape="\\") for column in _NAMES)))
    if active is not None:
        query = query.where(User.is_active == active)
    total = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    offset = decode_cursor(cursor)
    rows = session.scalars(query.order_by(User.username).offset(offset).limit(limit)).all()
    return page_of(rows, total=total, offset=offset, limit=limit)


def add(session: Session, actor: Actor, rules: PasswordRules, person: NewPerson) -> tuple[User, str | None]:
    """Add somebody. Returns them, and the password if one was made, which is known only here.

    Raises:
        Invalid: a name, address or password is not allowed.
        Conflict: the name or address is taken.
    """
    user = User(username=_username(person.username), full_name=person.full_name.strip())
    user.email = _email(person.email)
    user.is_instance_admin = person.is_instance_admin
    _check_free(session, "username", user.username, user)
    _check_free(session, "email", user.email, user)
    made = set_password(user, rules, person.password)
    session.add(user)
    session.flush()
    audit.record(session, actor.by, audit.Tag.USER_ADDED, subject=user.username, after=facts(user))
    return user, made


def change(session: Session, actor: Actor, user: User, values: Mapping[str, Any]) -> None:
    """Change name, address, activity or instance-adminship.

    Raises:
        Invalid: an address is not allowed.
        Conflict: an address is taken, or no active instance admin would be left.
    """
    _lock_admins(session)
    before = facts(user)
    if "email" in values:
        email = _email(values["email"])
        _check_free(session, "email", email, user)
        user.email = email
    for name in values.keys() & {"full_name", "is_active", "is_instance_admin"}:
        setattr(user, name, values[name])
    if not user.is_active:
        _end_sessions(session, user)
    session.flush()
    _check_admin_left(session, before)
    audit.record(
        session, actor.by, audit.Tag.USER_CHANGED, subject=user.username, before=before, after=facts(user)
    )


def delete(session: Session, actor: Actor, user: User) -> None:
    """Delete somebody, with memberships, sessions and tokens. The audit log keeps the name.

    Raises:
        Conflict: no active instance admin would be left.
    """
    _lock_admins(session)
    before = facts(user)
    audit.record(session, actor.by, audit.Tag.USER_DELETED, subject=user.username, before=before)
    session.delete(user)
    session.flush()
    _check_admin_left(session, before)


def set_password(user: User, rules: PasswordRules, given: str | None, field: str = "password") -> str | None:
    """Give somebody a password, or make one that has to be changed. Returns the one made."""
    if given is not None:
        passwords.check_rules(rules, given, user.username, user.email or "", field=field)
    made = passwords.generate(rules) if given is None else None
    user.password_hash = passwords.hash_password(made or given or "")
    user.password_changed_at = clock.now()
    user.must_change_password = made is not None
    return made


def own(session: Session, actor: Actor, *, lock: bool = False) -> User:
    """The account of the actor; locked, nobody else changes it meanwhile.

    Raises:
        Conflict: there is none, since nobody logs in here.
    """
    user = None if actor.user_id is None else session.get(User, actor.user_id, with_for_update=lock)
    if user is None:
        raise Conflict("There is no account: login is off.", hint="Set AUTH_ENABLED=true to use accounts.")
    return user


def facts(user: User) -> dict[str, Any]:
    """What the audit log says of a person."""
    return {
        "username": user.username,
        "full_name": user.full_name,
        "email": user.email,
        "is_active": user.is_active is not False,
        "is_instance_admin": bool(user.is_instance_admin),
    }


def memberships_of(session: Session, user_ids: Sequence[int]) -> dict[int, list[Membership]]:
    """The memberships of several people."""
    found: dict[int, list[Membership]] = {user_id: [] for user_id in user_ids}
    for row in session.scalars(sa.select(Membership).where(Membership.user_id.in_(user_ids))):
        found[row.user_id].append(row)
    return found


_NAMES: Final = (User.username, User.full_name, User.email)


def _escaped(text: str) -> str:
    plain = text.replace("\0", "")
    return plain.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _username(name: str) -> str:
    found = name.strip().lower()
    if not USERNAME.fullmatch(found):
        detail = FieldError("username", "takes small letters, digits, '.', '_' and '-', up to 100 of them")
        raise Invalid(f"{name!r} cannot be a user name.", details=[detail])
    return found


def _email(address: str | None) -> str | None:
    found = (address or "").strip()
    if not found:
        return None
    if not EMAIL.fullmatch(found) or "\0" in found:
        raise Invalid(
            f"{found!r} is not an e-mail address.", details=[FieldError("email", "is not an address")]
        )
    return found


def _check_free(session: Session, field: str, name: str | None, user: User) -> None:
    """A name is nobody else's, nor their address: both can be typed to log in."""
    other = find(session, name) if name else None
    if other is not None and other is not user:
        detail = FieldError(field, "is taken")
        raise Conflict(f"There is a user with the name or address {name!r} already.", details=[detail])


def _end_sessions(session: Session, user: User) -> None:
    """Their sessions are refused anyway while they are not active; this way they do not come back either."""
    values = {"ended_at": clock.now(), "ended_because": "the account was deactivated"}
    alive = sa.and_(LoginSession.user_id == user.id, LoginSession.ended_at.is_(None))
    session.execute(sa.update(LoginSession).where(alive).values(values))


def _lock_admins(session: Session) -> None:
    session.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": ADMIN_LOCK})


def _check_admin_left(session: Session, before: Mapping[str, Any]) -> None:
    if not (before["is_instance_admin"] and before["is_active"]):
        return
    left = sa.select(User.id).where(User.is_instance_admin, User.is_active).limit(1)
    if session.scalar(left) is None:
        raise Conflict(
            "No active instance admin would be left.", hint="Make somebody else an instance admin first."
        )
