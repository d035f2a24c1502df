"""Login sessions: begun by a password, carried on by rotating refresh tokens, ended at once."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.audit.service import By
from core.auth import attempts, passwords, people
from core.auth.access_tokens import AccessTokens
from core.auth.actor import Actor, Origin
from core.auth.models import LoginAttempt, LoginSession, RefreshToken, User
from core.auth.secret_text import digest, new_secret
from core.kit import clock
from core.kit.database import Database
from core.kit.errors import NotFound, TooMany, Unauthenticated
from core.kit.settings import Settings
from core.kit.text import storable

WRONG: Final = "Name or password is wrong."
LONGEST_AGENT: Final = 500
REPEATED_WITHIN: Final = timedelta(minutes=1)
# Ended sessions stay this long, so that a stolen refresh token is still recognised.
KEPT: Final = timedelta(days=30)


@dataclass(frozen=True)
class Credentials:
    """What somebody types to log in; `name` is the user name or e-mail address."""

    name: str
    password: str
    user_agent: str | None = None


@dataclass(frozen=True)
class Issued:
    """What a login or a refresh gives: each secret is known only here."""

    access_token: str
    expires_in: int
    refresh_token: str
    user_id: int
    session_id: str
    page_token: str | None = None

    @property
    def csrf_token(self) -> str:
        """Must be repeated in a header wherever the refresh token comes as a cookie."""
        return csrf_of(self.refresh_token)


def csrf_of(refresh_token: str) -> str:
    """Bound to one refresh token; only who holds that, or the page that got both, can know it."""
    return digest(f"csrf {refresh_token}")


class Sessions:
    """Logins of one installation."""

    def __init__(self, settings: Settings, db: Database, tokens: AccessTokens) -> None:
        self._db = db
        self._tokens = tokens
        self._limits = attempts.limits_of(settings)
        self._lifetime = timedelta(minutes=settings.refresh_token_minutes)

    def login(self, credentials: Credentials, origin: Origin) -> Issued:
        """Begin a session.

        No connection is held while the password is looked at, which is slow on purpose.

        Raises:
            Unauthenticated: wrong name or password, or the account is not active; which, is not said.
            TooMany: there were too many failures.
        """
        user, attempt_id = self._begin(credentials, origin)
        good = passwords.verify(user.password_hash if user else None, credentials.password)
        with self._db.session() as session:
            present = _still(session, user) if user is not None and good else None
            if present is not None:
                session.get_one(LoginAttempt, attempt_id).succeeded = True
                return self._open(session, present, credentials, origin)
            _note_failure(session, user, origin, good=good)
        raise Unauthenticated(WRONG, hint="An instance admin can reset a forgotten password.")

    def refresh(self, refresh_token: str, origin: Origin, attempt: str | None = None) -> Issued:
        """Exchange a refresh token, which is good once, for a new one and a new access token.

        `attempt` is a random name of this exchange. Whoever repeats it with the same name within a minute,
        since the answer was lost, gets the same new token again; a thief of the old one does not know it.

        Raises:
            Unauthenticated: it is unknown, its session has ended, or it was used before: then the session
                ends for everybody, since one of the two who held it is a thief.
        """
        with self._db.session() as session:
            issued = self._refresh(session, refresh_token, origin, attempt)
        if issued is None:
            raise Unauthenticated("The session has ended.", hint="Log in again.")
        return issued

    def end_by_refresh_token(self, refresh_token: str, origin: Origin) -> None:
        """Log out with nothing but a refresh token. Unknown ones are no session's, and that is all right."""
        with self._db.session() as session:
            link = session.get(RefreshToken, digest(refresh_token))
            row = session.get(LoginSession, link.session_id, with_for_update=True) if link else None
            if row is not None:
                by = _by(session.get_one(User, row.user_id), origin)
                end(session, by, row, "logged out")

    def end_present(self, actor: Actor) -> None:
        """Log out with an access token. API tokens, and the local admin, have no session to end."""
        with self._db.session() as session:
            row = (
                session.get(LoginSession, actor.session_id, with_for_update=True)
                if actor.session_id
                else None
            )
            if row is not None:
                end(session, actor.by, row, "logged out")

    def _begin(self, credentials: Credentials, origin: Origin) -> tuple[User | None, int]:
        with self._db.session() as session:
            user = people.find(session, credentials.name)
            # By what was typed, not by whose it is: the limit must not tell which names belong to somebody.
            account = digest(credentials.name.strip().lower())
            by = By(user.username if user else people.NOBODY, user and user.id, None, *_place(origin))
            try:
                attempt = attempts.begin(session, self._limits, account, origin.address)
            except TooMany:
                session.rollback()
                audit.record(session, by, audit.Tag.LOGIN_LIMITED)
                session.commit()
                raise
            return user, attempt.id

    def _open(self, session: Session, user: User, credentials: Credentials, origin: Origin) -> Issued:
        now = clock.now()
        page_token = new_secret()
        row = LoginSession(
            id=str(uuid.uuid4()),
            user_id=user.id,
            page_token_hash=digest(page_token),
            expires_at=now + self._lifetime,
            address=origin.address,
            user_agent=credentials.user_agent and storable(credentials.user_agent)[:LONGEST_AGENT],
        )
        session.add(row)
        user.last_login_at = now
        session.flush()
        audit.record(session, _by(user, origin), audit.Tag.LOGIN, data={"session": row.id})
        return self._issue(session, row, page_token)

    def _issue(
        self, session: Session, row: LoginSession, page_token: str | None = None, following: str | None = None
    ) -> Issued:
        refresh_token = following or new_secret()
        session.add(RefreshToken(token_hash=digest(refresh_token), session_id=row.id))
        return self._issued(row, refresh_token, page_token)

    def _issued(self, row: LoginSession, refresh_token: str, page_token: str | None = None) -> Issued:
        access = self._tokens.make(row.user_id, row.id, str(uuid.uuid4()))
        return Issued(access, self._tokens.seconds, refresh_token, row.user_id, row.id, page_token)

    def _refresh(
        self, session: Session, refresh_token: str, origin: Origin, attempt: str | None
    ) -> Issued | None:
        link = session.get(RefreshToken, digest(refresh_token), with_for_update=True)
        row = session.get(LoginSession, link.session_id, with_for_update=True) if link else None
        if link is None or row is None or row.ended_at is not None:
            return None
        user = session.get_one(User, row.user_id)
        now = clock.now()
        following = self._tokens.derive("refresh", refresh_token, attempt) if attempt else None
        if link.used_at is not None:
            if following and _is_repeated(session, link, following, now):
                return self._issued(row, following)
            by = _by(user, origin)
            audit.record(session, by, audit.Tag.SESSION_REUSE, data={"session": row.id})
            end(session, by, row, "a refresh token came twice")
            return None
        if row.expires_at <= now or not user.is_active:
            return None
        link.used_at = now
        row.last_seen_at = now
        row.expires_at = now + self._lifetime
        return self._issue(session, row, following=following)


def end(session: Session, by: By, row: LoginSession, because: str) -> None:
    """End a session at once: its access tokens, refresh tokens and Dagster's page with it."""
    if row.ended_at is None:
        row.ended_at = clock.now()
        row.ended_because = because
        data = {"session": row.id, "because": because}
        audit.record(session, by, audit.Tag.LOGOUT, data=data)


def sessions_of(session: Session, user_id: int) -> Sequence[LoginSession]:
    """The sessions of a person that are alive, the one last seen first."""
    query = (
        sa.select(LoginSession)
        .where(LoginSession.user_id == user_id, _alive())
        .order_by(LoginSession.last_seen_at.desc(), LoginSession.id)
    )
    return session.scalars(query).all()


def end_one(session: Session, actor: Actor, session_id: str) -> None:
    """End one of one's own sessions.

    Raises:
        NotFound: it is none of theirs.
    """
    row = session.get(LoginSession, session_id, with_for_update=True)
    if row is None or row.user_id != actor.user_id or row.ended_at is not None:
        raise NotFound("There is no such session.", hint="GET /auth/sessions lists yours.")
    end(session, actor.by, row, "ended by its owner")


def end_all(session: Session, by: By, user_id: int, because: str, *, but: str | None = None) -> int:
    """End every session of a person, perhaps all but one. Returns how many."""
    alive = sessions_of(session, user_id)
    chosen = [row for row in alive if row.id != but]
    for row in chosen:
        end(session, by, row, because)
    return len(chosen)


def forget_ended(session: Session) -> int:
    """Delete sessions that ended long ago, with their refresh tokens, and old attempts. Returns how many."""
    before = clock.now() - KEPT
    attempts.forget(session, before)
    over = sa.func.coalesce(LoginSession.ended_at, LoginSession.expires_at)
    gone = session.scalars(sa.delete(LoginSession).where(over < before).returning(LoginSession.id))
    return len(gone.all())


def _alive() -> sa.ColumnElement[bool]:
    return sa.and_(LoginSession.ended_at.is_(None), LoginSession.expires_at > clock.now())


def _still(session: Session, user: User) -> User | None:
    """The account as it is now, if it is active and has the password that was looked at.

    Locked: who resets the password or deactivates it at this moment finds the session, and ends it.
    """
    now = session.get(User, user.id, with_for_update=True)
    unchanged = now is not None and now.is_active and now.password_hash == user.password_hash
    return now if unchanged else None


def _is_repeated(session: Session, link: RefreshToken, following: str, now: datetime) -> bool:
    """Whether what follows was already given for this very attempt, a moment ago, and not used since."""
    given = session.get(RefreshToken, digest(following))
    fresh = link.used_at is not None and now - link.used_at < REPEATED_WITHIN
    return fresh and given is not None and given.session_id == link.session_id and given.used_at is None


def _note_failure(session: Session, user: User | None, origin: Origin, *, good: bool) -> None:
    """What was typed as a name may be a password: of unknown accounts it is not kept."""
    if user is None:
        by, why = By(people.NOBODY, None, None, *_place(origin)), "there is no such account"
    else:
        why = "the account is not active, or was changed at this moment" if good else "wrong password"
        by = _by(user, origin)
    audit.record(session, by, audit.Tag.LOGIN_FAILED, data={"because": why})


def _by(user: User, origin: Origin) -> By:
    return By(user.username, user.id, None, *_place(origin))


def _place(origin: Origin) -> tuple[str | None, str | None]:
    return origin.address, origin.request_id
