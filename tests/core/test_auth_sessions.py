"""Logging in, carrying on, logging out; how often that may fail; the first admin."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.audit.models import AuditLog
from core.audit.service import By
from core.auth import accounts, attempts, first_admin, passwords, people, sessions
from core.auth.access_tokens import AccessTokens
from core.auth.actor import Actor, Kind, Origin, local_admin
from core.auth.identify import Identifier
from core.auth.models import LoginAttempt, LoginSession, RefreshToken, User
from core.auth.passwords import PasswordRules
from core.auth.people import NewPerson
from core.auth.secret_text import digest
from core.auth.sessions import Credentials, Issued, Sessions
from core.kit import clock
from core.kit.database import Database, make_lookup_engine
from core.kit.errors import Conflict, Invalid, TooMany, Unauthenticated
from core.kit.settings import Settings
from core.schema import METADATA

HOME = Origin("192.0.2.7", "req")
PASSWORD = "seven purple trains"


class Door:
    """An installation with login, and one person, ann."""

    def __init__(self, db: Database, folder: Path, **values: str) -> None:
        self.db = db
        given = {"WORKBENCH_DATA": folder, "AUTH_ENABLED": "true", **values}
        self.settings = Settings.model_validate(given)
        self.tokens = AccessTokens(self.settings)
        self.sessions = Sessions(self.settings, db, self.tokens)
        address = db.engine.url.render_as_string(hide_password=False)
        self.identifier = Identifier(make_lookup_engine(address), self.tokens)
        self.rules = PasswordRules.of(self.settings)
        with db.session() as session:
            person = NewPerson("ann", "Ann", "Ann@Example.org", PASSWORD)
            self.ann, _ = people.add(session, local_admin(), self.rules, person)

    def login(self, name: str = "ann", password: str = PASSWORD, origin: Origin = HOME) -> Issued:
        return self.sessions.login(Credentials(name, password, "a browser"), origin)

    def who(self, issued: Issued) -> Actor:
        return self.identifier.by_bearer(issued.access_token, HOME)

    def tags(self) -> list[str]:
        with self.db.session() as session:
            return list(session.scalars(sa.select(AuditLog.tag).order_by(AuditLog.id)))


@pytest.fixture
def door(db: Database, tmp_path: Path) -> Iterator[Door]:
    found = Door(db, tmp_path)
    yield found
    found.identifier.engine.dispose()


def test_a_login_tells_who_it_is_until_it_ends(door: Door) -> None:
    issued = door.login(" Ann@example.ORG ")
    actor = door.who(issued)
    assert (actor.name, actor.kind, actor.session_id) == ("ann", Kind.PERSON, issued.session_id)
    assert issued.page_token
    assert door.identifier.by_page_token(issued.page_token, HOME).name == "ann"
    door.sessions.end_by_refresh_token(issued.refresh_token, HOME)
    for ended in (
        lambda: door.who(issued),
        lambda: door.identifier.by_page_token(issued.page_token or "", HOME),
        lambda: door.sessions.refresh(issued.refresh_token, HOME),
    ):
        with pytest.raises(Unauthenticated):
            ended()
    assert door.tags() == ["user.added", "login.succeeded", "session.ended"]


def test_who_asks_is_known_again_after_the_database_was_away(door: Door) -> None:
    issued = door.login()
    assert door.who(issued).name == "ann"
    with door.db.session() as session:
        session.execute(
            sa.text(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where application_name = 'workbench lookup' and datname = current_database()"
            )
        )
    assert door.who(issued).name == "ann"


def test_nothing_secret_is_kept(door: Door) -> None:
    issued = door.login()
    with door.db.session() as session:
        kept = str(
            [
                session.execute(sa.select(METADATA.tables[f"workbench.{table}"])).all()
                for table in ("users", "login_sessions", "refresh_tokens", "audit_logs", "login_attempts")
            ]
        )
    for secret in (PASSWORD, issued.refresh_token, issued.page_token, issued.access_token, issued.csrf_token):
        assert secret
        assert secret not in kept


@pytest.mark.parametrize("name", ["ann", "nobody", "", "\0", "ann\0"])
def test_a_wrong_name_and_a_wrong_password_are_refused_alike(door: Door, name: str) -> None:
    with pytest.raises(Unauthenticated) as error:
        door.login(name, "wrong")
    assert error.value.message == "Name or password is wrong."
    assert door.tags()[-1] == "login.failed"


def test_what_is_typed_as_an_unknown_name_is_not_kept(door: Door) -> None:
    with pytest.raises(Unauthenticated):
        door.login("my secret, in the wrong field", "x")
    with door.db.session() as session:
        rows = session.scalars(sa.select(AuditLog)).all()
        attempt = session.scalars(sa.select(LoginAttempt)).one()
    assert "my secret" not in str([vars(row) for row in rows]) + str(vars(attempt))
    assert rows[-1].actor == "(nobody)"


def test_a_refresh_token_is_good_once(door: Door) -> None:
    first = door.login()
    second = door.sessions.refresh(first.refresh_token, HOME)
    assert second.refresh_token != first.refresh_token
    assert second.session_id == first.session_id
    assert door.who(second).name == "ann"
    third = door.sessions.refresh(second.refresh_token, HOME)
    with pytest.raises(Unauthenticated):
        door.sessions.refresh(first.refresh_token, HOME)
    # A thief and the owner cannot be told apart: the session is over for both.
    with pytest.raises(Unauthenticated):
        door.sessions.refresh(third.refresh_token, HOME)
    with pytest.raises(Unauthenticated):
        door.who(third)
    assert door.tags()[-2:] == ["session.refresh_token_reused", "session.ended"]


def test_of_many_refreshes_at_once_one_is_taken_and_the_theft_is_seen(door: Door) -> None:
    issued = door.login()

    def refresh(_number: int) -> bool:
        try:
            door.sessions.refresh(issued.refresh_token, HOME)
        except Unauthenticated:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        taken = list(pool.map(refresh, range(4)))
    assert taken.count(True) == 1
    with pytest.raises(Unauthenticated):
        door.who(issued)


def test_a_refresh_whose_answer_was_lost_is_repeated_by_its_name(door: Door) -> None:
    first = door.login()
    lost = door.sessions.refresh(first.refresh_token, HOME, "attempt one")
    again = door.sessions.refresh(first.refresh_token, HOME, "attempt one")
    assert again.refresh_token == lost.refresh_token
    assert door.who(again).session_id == first.session_id
    following = door.sessions.refresh(again.refresh_token, HOME, "attempt two")
    # The new one is in use: the old one has no business any more, whatever it calls itself.
    with pytest.raises(Unauthenticated):
        door.sessions.refresh(first.refresh_token, HOME, "attempt one")
    with pytest.raises(Unauthenticated):
        door.who(following)


@pytest.mark.parametrize("attempt", [None, "", "attempt two"])
def test_a_thief_does_not_know_the_name_of_the_attempt(door: Door, attempt: str | None) -> None:
    first = door.login()
    second = door.sessions.refresh(first.refresh_token, HOME, "attempt one")
    with pytest.raises(Unauthenticated):
        door.sessions.refresh(first.refresh_token, HOME, attempt)
    with pytest.raises(Unauthenticated):
        door.who(second)


def test_a_repetition_is_taken_for_a_minute_only(door: Door) -> None:
    first = door.login()
    second = door.sessions.refresh(first.refresh_token, HOME, "attempt one")
    with door.db.session() as session:
        link = session.get_one(RefreshToken, digest(first.refresh_token))
        link.used_at = clock.now() - timedelta(minutes=2)
    with pytest.raises(Unauthenticated):
        door.sessions.refresh(first.refresh_token, HOME, "attempt one")
    with pytest.raises(Unauthenticated):
        door.who(second)


def test_a_session_ends_by_itself_and_a_refresh_prolongs_it(door: Door) -> None:
    issued = door.login()
    with door.db.session() as session:
        row = session.get_one(LoginSession, issued.session_id)
        row.expires_at = clock.now() + timedelta(minutes=1)
    refreshed = door.sessions.refresh(issued.refresh_token, HOME)
    with door.db.session() as session:
        row = session.get_one(LoginSession, issued.session_id)
        assert row.expires_at > clock.now() + timedelta(days=29)
        row.expires_at = clock.now() - timedelta(seconds=1)
    with pytest.raises(Unauthenticated):
        door.who(refreshed)
    with pytest.raises(Unauthenticated):
        door.sessions.refresh(refreshed.refresh_token, HOME)


def test_deactivation_ends_everything_and_activation_revives_nothing(door: Door) -> None:
    issued = door.login()
    with door.db.session() as session:
        people.change(session, local_admin(), session.get_one(User, door.ann.id), {"is_active": False})
    for _ in range(2):
        with pytest.raises(Unauthenticated):
            door.who(issued)
        with pytest.raises(Unauthenticated):
            door.sessions.refresh(issued.refresh_token, HOME)
        with door.db.session() as session:
            people.change(session, local_admin(), session.get_one(User, door.ann.id), {"is_active": True})
    assert door.login().user_id == door.ann.id


def test_a_changed_password_ends_the_other_sessions(door: Door) -> None:
    here, there = door.login(), door.login()
    with door.db.session() as session:
        accounts.change_own_password(session, door.who(here), door.rules, PASSWORD, "eight purple trains")
    assert door.who(here).name == "ann"
    with pytest.raises(Unauthenticated):
        door.who(there)
    with pytest.raises(Unauthenticated):
        door.login()
    assert door.login(password="eight purple trains").user_id == door.ann.id


@pytest.mark.parametrize(
    ("current", "new", "field"),
    [
        ("wrong", "eight purple trains", "current_password"),
        (PASSWORD, PASSWORD, "new_password"),
        (PASSWORD, "short", "new_password"),
    ],
)
def test_a_password_change_names_what_is_wrong(door: Door, current: str, new: str, field: str) -> None:
    actor = door.who(door.login())
    with pytest.raises(Invalid) as error, door.db.session() as session:
        accounts.change_own_password(session, actor, door.rules, current, new)
    assert {detail.field for detail in error.value.details} == {field}


def test_a_stolen_access_token_does_not_serve_to_guess_the_password(door: Door) -> None:
    actor = door.who(door.login())
    limits = attempts.limits_of(door.settings)
    for _ in range(5):
        with pytest.raises(Invalid, match="present password is wrong"):
            accounts.check_own_password(door.db, limits, actor, "a guess")
    with pytest.raises(TooMany):
        accounts.check_own_password(door.db, limits, actor, PASSWORD)
    assert door.tags().count("login.failed") == 5


def test_the_limit_does_not_tell_whose_a_name_is(door: Door) -> None:
    for _ in range(5):
        with pytest.raises(Unauthenticated):
            door.login(password="wrong")
    with pytest.raises(TooMany):
        door.login()
    with pytest.raises(Unauthenticated):
        door.login("ann@example.org", "wrong")


def test_a_reset_password_has_to_be_changed(door: Door) -> None:
    issued = door.login()
    with door.db.session() as session:
        made = accounts.reset_password(
            session, By("admin"), door.rules, session.get_one(User, door.ann.id), None
        )
    with pytest.raises(Unauthenticated):
        door.who(issued)
    assert made
    actor = door.who(door.login(password=made))
    assert actor.must_change_password
    with door.db.session() as session:
        accounts.change_own_password(session, actor, door.rules, made, "nine purple trains")
    assert not door.who(door.login(password="nine purple trains")).must_change_password


def _reset(door: Door) -> None:
    with door.db.session() as session:
        accounts.reset_password(
            session, By("admin"), door.rules, session.get_one(User, door.ann.id), "ten purple trains"
        )


def _deactivate(door: Door) -> None:
    with door.db.session() as session:
        people.change(session, local_admin(), session.get_one(User, door.ann.id), {"is_active": False})


def _delete(door: Door) -> None:
    with door.db.session() as session:
        people.delete(session, local_admin(), session.get_one(User, door.ann.id))


@pytest.mark.parametrize("happens", [_reset, _deactivate, _delete])
def test_what_happens_while_a_password_is_looked_at_counts(
    door: Door, monkeypatch: pytest.MonkeyPatch, happens: Callable[[Door], None]
) -> None:
    verify = passwords.verify

    def slowly(password_hash: str | None, password: str) -> bool:
        good = verify(password_hash, password)
        happens(door)
        return good

    monkeypatch.setattr(passwords, "verify", slowly)
    with pytest.raises(Unauthenticated):
        door.login()
    assert door.tags()[-1] == "login.failed"
    with door.db.session() as session:
        assert session.scalars(sa.select(LoginSession)).all() == []


def test_a_password_change_does_not_undo_a_reset_at_the_same_moment(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = door.who(door.login())
    verify = passwords.verify
    with ThreadPoolExecutor(1) as pool:
        resets: list[Future[None]] = []

        def meanwhile(password_hash: str | None, password: str) -> bool:
            resets.append(pool.submit(_reset, door))
            time.sleep(0.5)
            return verify(password_hash, password)

        monkeypatch.setattr(passwords, "verify", meanwhile)
        with door.db.session() as session:
            accounts.change_own_password(session, actor, door.rules, PASSWORD, "eight purple trains")
        resets[0].result(10)
    monkeypatch.undo()
    assert door.who(door.login(password="ten purple trains")).must_change_password


class Clock:
    """Attempts without the slow part."""

    def __init__(self, db: Database, per_account: int = 3, per_address: int = 6) -> None:
        self.db = db
        self.limits = attempts.Limits(per_account, per_address, timedelta(minutes=15))

    def fail(self, account: str, address: str = "192.0.2.7") -> int:
        with self.db.session() as session:
            return attempts.begin(session, self.limits, account, address).id

    def age(self, minutes: int) -> None:
        with self.db.session() as session:
            at = LoginAttempt.at - timedelta(minutes=minutes)
            session.execute(sa.update(LoginAttempt).values(at=at))


def test_an_account_waits_after_so_many_failures_and_gets_in_again(db: Database) -> None:
    tries = Clock(db)
    for _ in range(3):
        tries.fail("user 1")
    with pytest.raises(TooMany, match="this account") as error:
        tries.fail("user 1", "198.51.100.1")
    assert 800 < error.value.retry_after_seconds <= 900
    assert error.value.hint == "Try again in 15 minutes."
    tries.fail("user 2")
    tries.age(14)
    with pytest.raises(TooMany) as error:
        tries.fail("user 1")
    assert 1 <= error.value.retry_after_seconds <= 60
    tries.age(2)
    tries.fail("user 1")


def test_an_address_waits_whatever_the_account(db: Database) -> None:
    tries = Clock(db)
    for number in range(6):
        tries.fail(f"user {number}")
    with pytest.raises(TooMany, match="this address"):
        tries.fail("user 9")
    tries.fail("user 9", "198.51.100.1")


def test_neighbours_of_an_ipv6_address_count_as_one(db: Database) -> None:
    tries = Clock(db, per_address=2)
    tries.fail("a", "2001:db8::1")
    tries.fail("b", "2001:db8::ffff:2")
    with pytest.raises(TooMany):
        tries.fail("c", "2001:db8::3")
    tries.fail("d", "2001:db8:0:1::1")
    assert attempts.network_of("::ffff:192.0.2.1") == "192.0.2.1"
    assert attempts.network_of(None) == "unknown"


def test_a_success_forgives_the_account_and_not_the_address(db: Database) -> None:
    tries = Clock(db)
    for _ in range(2):
        tries.fail("user 1")
    with db.session() as session:
        session.get_one(LoginAttempt, tries.fail("user 1")).succeeded = True
    for _ in range(3):
        tries.fail("user 1")
    with pytest.raises(TooMany, match="this account"):
        tries.fail("user 1")
    tries.fail("user 2")
    with pytest.raises(TooMany, match="this address"):
        tries.fail("user 3")


def test_many_at_once_do_not_get_past_the_limit(door: Door) -> None:
    def attempt(_number: int) -> str:
        try:
            door.login(password="wrong")
        except TooMany:
            return "limited"
        except Unauthenticated:
            return "refused"
        return "in"

    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(attempt, range(12)))
    assert results.count("refused") == 5
    assert results.count("limited") == 7
    with pytest.raises(TooMany):
        door.login()
    assert "login.limited" in door.tags()


def test_the_first_admin_is_made_once(db: Database, tmp_path: Path) -> None:
    settings = Settings.model_validate({"WORKBENCH_DATA": tmp_path, "AUTH_ENABLED": "true"})
    with db.session() as session:
        made = first_admin.ensure(session, settings)
    assert made
    assert made.username == "admin"
    assert made.password
    with db.session() as session:
        assert first_admin.ensure(session, settings) is None
        user = people.require(session, "admin")
        assert (user.is_instance_admin, user.must_change_password) == (True, True)
        assert passwords.verify(user.password_hash, made.password)


def test_the_first_admin_may_come_from_the_settings(db: Database, tmp_path: Path) -> None:
    values = {"WORKBENCH_DATA": tmp_path, "AUTH_ENABLED": "true", "ADMIN_USERNAME": "chief"}
    with pytest.raises(Invalid, match=r"^ADMIN_PASSWORD: .*12 characters"), db.session() as session:
        first_admin.ensure(session, Settings.model_validate({**values, "ADMIN_PASSWORD": "short"}))
    with db.session() as session:
        made = first_admin.ensure(session, Settings.model_validate({**values, "ADMIN_PASSWORD": PASSWORD}))
        assert made == first_admin.FirstAdmin("chief", None)
        assert not people.require(session, "chief").must_change_password


def test_the_command_line_lets_a_locked_out_admin_in_again(door: Door) -> None:
    with door.db.session() as session:
        session.get_one(User, door.ann.id).is_active = False
    with door.db.session() as session:
        made = first_admin.reset_password(session, door.settings, "ann")
    assert door.who(door.login(password=made)).must_change_password


def test_the_last_active_admin_stays(door: Door) -> None:
    admin = local_admin()
    with door.db.session() as session:
        one, _ = people.add(
            session, admin, door.rules, NewPerson("one", password=PASSWORD, is_instance_admin=True)
        )
    for values in ({"is_instance_admin": False}, {"is_active": False}):
        with pytest.raises(Conflict, match="No active instance admin"), door.db.session() as session:
            people.change(session, admin, session.get_one(User, one.id), values)
    with pytest.raises(Conflict), door.db.session() as session:
        people.delete(session, admin, session.get_one(User, one.id))
    with door.db.session() as session:
        people.add(session, admin, door.rules, NewPerson("two", password=PASSWORD, is_instance_admin=True))
    with door.db.session() as session:
        people.delete(session, admin, session.get_one(User, one.id))


def test_two_admins_cannot_remove_each_other_at_once(door: Door) -> None:
    ids: list[int] = []
    with door.db.session() as session:
        for name in ("one", "two"):
            person = NewPerson(name, password=PASSWORD, is_instance_admin=True)
            ids.append(people.add(session, local_admin(), door.rules, person)[0].id)

    def demote(user_id: int) -> bool:
        try:
            with door.db.session() as session:
                user = session.get_one(User, user_id)
                people.change(session, local_admin(), user, {"is_instance_admin": False})
        except Conflict:
            return False
        return True

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(demote, ids)) == [False, True]


@pytest.mark.parametrize(
    ("person", "field"),
    [
        (NewPerson("Ann Smith", password=PASSWORD), "username"),
        (NewPerson("", password=PASSWORD), "username"),
        (NewPerson("-x", password=PASSWORD), "username"),
        (NewPerson("bob", email="nowhere", password=PASSWORD), "email"),
        (NewPerson("bob", password="short"), "password"),
        (NewPerson("ann", password=PASSWORD), "username"),
        (NewPerson("bob", email="ANN@example.org", password=PASSWORD), "email"),
    ],
)
def test_a_person_that_cannot_be_is_refused_by_field(door: Door, person: NewPerson, field: str) -> None:
    with pytest.raises((Invalid, Conflict)) as error, door.db.session() as session:
        people.add(session, local_admin(), door.rules, person)
    assert {detail.field for detail in error.value.details} == {field}


def test_ended_sessions_and_old_attempts_are_let_go_in_time(door: Door) -> None:
    old, new = door.login(), door.login()
    with door.db.session() as session:
        sessions.end_all(session, By("ann"), door.ann.id, "test", but=new.session_id)
        session.get_one(LoginSession, old.session_id).ended_at = clock.now() - timedelta(days=31)
        session.execute(sa.update(LoginAttempt).values(at=clock.now() - timedelta(days=31)))
    with door.db.session() as session:
        assert sessions.forget_ended(session) == 1
        assert session.scalars(sa.select(LoginSession.id)).all() == [new.session_id]
        assert session.scalars(sa.select(LoginAttempt)).all() == []


def test_somebody_deleted_at_the_door_waits_like_others(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_many(*_: object) -> None:
        _delete(door)
        raise TooMany("Too many.", retry_after_seconds=1)

    monkeypatch.setattr(attempts, "begin", too_many)
    with pytest.raises(TooMany):
        door.login()
    assert door.tags()[-2:] == ["user.deleted", "login.limited"]
