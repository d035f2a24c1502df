"""The way in: the first admin of an installation, and back in for an admin who forgot the password."""

from dataclasses import dataclass, replace
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.auth import accounts, people
from core.auth.actor import Actor, Kind
from core.auth.models import User
from core.auth.passwords import PasswordRules
from core.kit.errors import Invalid
from core.kit.settings import Settings

SETUP: Final = Actor("workbench up", Kind.SYSTEM, everywhere=True)
COMMAND_LINE: Final = replace(SETUP, name="workbench admin")


@dataclass(frozen=True)
class FirstAdmin:
    """The account made; `password` only if it was made too, and nobody else knows it."""

    username: str
    password: str | None


def ensure(session: Session, settings: Settings) -> FirstAdmin | None:
    """Make the first admin where there is nobody yet. None when there is.

    Safe to call from several processes at once: the others find what the first made.

    Raises:
        Invalid: ADMIN_PASSWORD breaks the rules for passwords.
    """
    session.execute(sa.text("select pg_advisory_xact_lock(:key)"), {"key": people.ADMIN_LOCK})
    if session.scalar(sa.select(User.id).limit(1)) is not None:
        return None
    given = settings.admin_password
    person = people.NewPerson(
        settings.admin_username,
        password=given.get_secret_value() if given else None,
        is_instance_admin=True,
    )
    try:
        user, made = people.add(session, SETUP, PasswordRules.of(settings), person)
    except Invalid as error:
        raise Invalid(f"ADMIN_PASSWORD: {error.message}", details=error.details) from error
    return FirstAdmin(user.username, made)


def reset_password(session: Session, settings: Settings, username: str) -> str:
    """Give somebody a new password, to be changed at the next login, and let them in again. Returns it.

    For whoever has the command line of the server, who could read the database anyway.

    Raises:
        NotFound: there is no such user.
    """
    user = people.require(session, username, lock=True)
    user.is_active = True
    made = accounts.reset_password(session, COMMAND_LINE.by, PasswordRules.of(settings), user, None)
    return str(made)
