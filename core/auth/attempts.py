"""How often a login may fail, per account and per address.

Counted in the database, so that a restart or a second API process forgets nothing.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.auth.models import LoginAttempt
from core.kit import clock
from core.kit.errors import TooMany
from core.kit.settings import Settings

# Any fixed number of our own: the space in which accounts and addresses are locked while they are counted.
LOCKS: Final = 7_230_201
# Whoever has an IPv6 address usually has all of its /64.
IPV6_PREFIX: Final = 64


@dataclass(frozen=True)
class Limits:
    """Failed logins that are taken within a window."""

    per_account: int
    per_address: int
    window: timedelta


def limits_of(settings: Settings) -> Limits:
    """As the settings say."""
    window = timedelta(minutes=settings.login_window_minutes)
    return Limits(settings.login_attempts_per_account, settings.login_attempts_per_address, window)


def begin(session: Session, limits: Limits, account: str, address: str | None) -> LoginAttempt:
    """Note an attempt before the password is looked at; it counts as failed until `succeed`.

    A refused attempt does not count: who waits gets in again.

    Raises:
        TooMany: the account or the address has to wait.
    """
    place = network_of(address)
    for name in sorted({account, place}):
        session.execute(
            sa.text("select pg_advisory_xact_lock(:space, hashtext(:name))"), {"space": LOCKS, "name": name}
        )
    since = clock.now() - limits.window
    _check(
        _failures(session, LoginAttempt.account == account, _since_success(account, since)), limits, "account"
    )
    _check(_failures(session, LoginAttempt.address == place, since), limits, "address")
    attempt = LoginAttempt(account=account, address=place)
    session.add(attempt)
    session.flush()
    return attempt


def forget(session: Session, before: datetime) -> int:
    """Delete attempts from before a moment. Returns how many."""
    return len(
        session.scalars(
            sa.delete(LoginAttempt).where(LoginAttempt.at < before).returning(LoginAttempt.id)
        ).all()
    )


def network_of(address: str | None) -> str:
    """What counts as one address."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return (address or "unknown")[:100]
    if isinstance(parsed, IPv6Address):
        return str(parsed.ipv4_mapped or ip_network((parsed, IPV6_PREFIX), strict=False))
    return str(parsed)


def _since_success(account: str, since: datetime) -> sa.ColumnElement[datetime]:
    """From the account's last good login on: whoever knows the password is not locked out by old mistakes."""
    last = sa.select(sa.func.max(LoginAttempt.at)).where(
        LoginAttempt.account == account, LoginAttempt.succeeded
    )
    return sa.func.greatest(since, last.scalar_subquery(), type_=LoginAttempt.at.type)


def _failures(
    session: Session, whose: sa.ColumnElement[bool], since: datetime | sa.ColumnElement[datetime]
) -> list[datetime]:
    query = sa.select(LoginAttempt.at).where(whose, ~LoginAttempt.succeeded, LoginAttempt.at > since)
    return list(session.scalars(query.order_by(LoginAttempt.at.desc())))


def _check(failures: list[datetime], limits: Limits, kind: str) -> None:
    allowed = limits.per_account if kind == "account" else limits.per_address
    if len(failures) < allowed:
        return
    wait = (failures[allowed - 1] + limits.window - clock.now()).total_seconds()
    seconds = max(1, round(wait))
    raise TooMany(
        f"Too many failed logins {'of this account' if kind == 'account' else 'from this address'}.",
        retry_after_seconds=seconds,
        hint=f"Try again in {_in_words(seconds)}.",
    )


def _in_words(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return f"{seconds} seconds" if seconds < 90 else f"{minutes} minutes"
