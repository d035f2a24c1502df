import os
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import example, given
from hypothesis import strategies as st

from core.audit.models import AuditLog
from core.kit import clock
from core.kit.batches import batched
from core.kit.database import Database, psycopg_url
from core.kit.errors import Invalid
from core.kit.paging import decode_cursor, encode_cursor, page_of
from core.kit.settings import load_settings
from core.kit.text import storable

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def refused() -> str:
    with pytest.raises(Invalid) as error:
        load_settings()
    return error.value.message


def test_settings_have_defaults_that_are_absolute(tmp_path: Path) -> None:
    settings = load_settings()
    assert (settings.port, settings.database_url, settings.auth_enabled) == (8580, None, False)
    assert settings.data_dir == tmp_path / ".workbench"


def test_every_unknown_setting_is_named_with_the_nearest_known_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_PROT", "8580")
    monkeypatch.setenv("WORKBENCH_QQQQQQ", "1")
    said = refused()
    assert "WORKBENCH_PROT: there is no such setting; did you mean WORKBENCH_PORT?" in said
    assert "WORKBENCH_QQQQQQ: there is no such setting" in said


def test_an_unknown_setting_in_the_env_file_is_named_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("WORKBENCH_PROT=9000\n")
    assert "did you mean WORKBENCH_PORT?" in refused()


def test_the_env_file_is_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".env").write_text("WORKBENCH_PORT=9000\nWORKBENCH_LOG_LEVEL=debug\n")
    monkeypatch.setenv("WORKBENCH_PORT", "9001")
    settings = load_settings()
    assert (settings.port, settings.log_level) == (9001, "debug")


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("DATABASE_URL", "mysql://me:hunter2@host/db", "DATABASE_URL: must begin with postgresql://"),
        (
            "DATABASE_URL",
            "postgresql://me:hunter2@host:port/db",
            "DATABASE_URL: is not an address of the form",
        ),
        ("DATABASE_URL", "", "DATABASE_URL: must begin with postgresql://"),
        ("AUTH_ENABLED", "perhaps", "AUTH_ENABLED: "),
        ("JWT_SECRET_KEY", "change-me", "JWT_SECRET_KEY: needs 32 characters"),
        ("JWT_SECRET_KEY", "a" * 64, "JWT_SECRET_KEY: needs 32 characters at least, drawn at random"),
        ("JWT_PREVIOUS_SECRET_KEYS", "short,shorter", "JWT_PREVIOUS_SECRET_KEYS: needs 32"),
        ("JWT_ALGORITHM", "none", "JWT_ALGORITHM: "),
        ("WORKBENCH_HOST", "192.0.2.1", "WORKBENCH_HOST: 192.0.2.1 is open to the network"),
        ("WORKBENCH_CORS_ORIGINS", "*", "WORKBENCH_CORS_ORIGINS: "),
        ("WORKBENCH_TRUSTED_PROXIES", "*", "WORKBENCH_TRUSTED_PROXIES: '*' would believe everybody"),
        ("WORKBENCH_TRUSTED_PROXIES", "10.0.0.1, ::/0", "WORKBENCH_TRUSTED_PROXIES: '::/0' would"),
        ("WORKBENCH_CORS_ORIGINS", "https://a.example/path", "WORKBENCH_CORS_ORIGINS: "),
        ("PASSWORD_MIN_LENGTH", "4", "PASSWORD_MIN_LENGTH: "),
        ("ADMIN_USERNAME", "Ann Smith", "ADMIN_USERNAME: "),
        ("AUDIT_RETENTION_DAYS", "1", "AUDIT_RETENTION_DAYS: "),
        ("DATABASE_OWNER_URL", "mysql://a:hunter2@b/c", "DATABASE_OWNER_URL: must begin with postgresql://"),
        ("WORKBENCH_PORT", "0", "WORKBENCH_PORT: "),
        ("WORKBENCH_PORT", "65536", "WORKBENCH_PORT: "),
        ("WORKBENCH_PORT", "http", "WORKBENCH_PORT: "),
        ("WORKBENCH_LOG_LEVEL", "loud", "WORKBENCH_LOG_LEVEL: "),
    ],
)
def test_a_wrong_setting_is_refused_by_name(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    message = refused()
    assert said in message
    assert "hunter2" not in message


def test_all_wrong_settings_are_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_PORT", "-1")
    monkeypatch.setenv("DATABASE_URL", "sqlite://")
    monkeypatch.setenv("WORKBENCH_NOPE", "x")
    said = refused()
    assert all(name in said for name in ("WORKBENCH_PORT", "DATABASE_URL", "WORKBENCH_NOPE"))


def test_names_of_further_variables_are_split_and_stripped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_DBT_ENV", " SNOWFLAKE_USER, ,AWS_PROFILE ")
    assert load_settings().dbt_env_names == ("SNOWFLAKE_USER", "AWS_PROFILE")


@given(st.integers(0, 2**63 - 1))
def test_cursors_come_back_as_they_went(offset: int) -> None:
    assert decode_cursor(encode_cursor(offset)) == offset


@given(
    st.one_of(
        st.text(), st.binary().map(lambda raw: raw.decode("latin-1")), st.characters().map(lambda c: c * 3)
    )
)
@example("\ud800")
@example("e30=")  # {}
@example("W10=")  # []
@example("eyJvIjogMS41fQ==")  # {"o": 1.5}
@example("eyJvIjogOTk5OTk5OTk5OTk5OTk5OTl9")  # {"o": 99999999999999999}
def test_a_cursor_is_understood_or_invalid_and_nothing_else(cursor: str) -> None:
    with suppress(Invalid):
        assert 0 <= decode_cursor(cursor) < 2**63


@given(st.integers(0, 60), st.integers(1, 20))
def test_the_pages_of_a_list_are_the_list(total: int, limit: int) -> None:
    items, seen, cursor = list(range(total)), [], None
    for _ in range(total + 2):
        offset = decode_cursor(cursor)
        page = page_of(items[offset : offset + limit], total=total, offset=offset, limit=limit)
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == items


def added(db: Database) -> int:
    with db.session() as session:
        return session.scalar(sa.select(sa.func.count()).select_from(AuditLog)) or 0


def test_effects_run_after_the_commit_and_in_order(db: Database) -> None:
    seen: list[tuple[str, int]] = []
    with db.unit_of_work() as work:
        work.session.add(AuditLog(actor="me", tag="x", data={}))
        work.after_commit(lambda: seen.append(("first", added(db))))
        work.after_commit(lambda: seen.append(("second", added(db))))
        assert seen == []
    assert seen == [("first", 1), ("second", 1)]


def test_a_failure_writes_nothing_and_has_no_effects(db: Database) -> None:
    seen: list[str] = []

    def fail() -> None:
        with db.unit_of_work() as work:
            work.session.add(AuditLog(actor="me", tag="x", data={}))
            work.session.flush()
            work.after_commit(lambda: seen.append("effect"))
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert (added(db), seen) == (0, [])


def test_a_commit_that_fails_has_no_effects(db: Database) -> None:
    seen: list[str] = []

    def fail() -> None:
        with db.unit_of_work() as work:
            work.session.add(AuditLog(actor=None, tag="x", data={}))
            work.after_commit(lambda: seen.append("effect"))

    with pytest.raises(sa.exc.IntegrityError):
        fail()
    assert (added(db), seen) == (0, [])


def test_a_restart_of_the_server_is_survived(db: Database) -> None:
    assert added(db) == 0
    with db.engine.connect() as other:
        end = sa.text(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        other.execute(end)
    assert added(db) == 0


def test_an_address_keeps_its_password_and_gets_our_driver() -> None:
    assert psycopg_url("postgres://me:p%40ss@host/db") == "postgresql+psycopg://me:p%40ss@host/db"


def test_now_has_an_offset_and_is_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_unix_times_become_moments() -> None:
    assert clock.from_epoch(0) == datetime(1970, 1, 1, tzinfo=UTC)
    assert clock.from_epoch(None) is None


@given(st.lists(st.integers(), max_size=30), st.integers(1, 7))
def test_batches_hold_everything_in_order(items: list[int], size: int) -> None:
    batches = list(batched(items, size))
    assert [item for batch in batches for item in batch] == items
    assert all(len(batch) == size for batch in batches[:-1])


@given(st.text(st.characters(exclude_categories=()), max_size=20))
def test_storable_text_has_no_nul_and_is_utf8(text: str) -> None:
    kept = storable(text)
    assert "\0" not in kept
    kept.encode()
    assert storable(kept) == kept


def test_good_text_is_stored_as_it_is() -> None:
    assert storable("naïve 😀 \n\t…") == "naïve 😀 \n\t…"
    assert storable("a\0b\ud800c") == "a\ufffdb\ufffdc"


PARENT = """
import subprocess, sys, time
from core.kit.processes import dies_with_parent
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], preexec_fn=dies_with_parent())
print(child.pid, flush=True)
time.sleep(60)
"""


def runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="a promise of Linux only")
def test_a_child_ends_when_its_parent_is_killed() -> None:
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert runs(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 10
    while runs(child) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not runs(child)
