"""The first admin, the supervisor's own token, and the way back in, on the real server."""

import json
from collections.abc import Iterator

import psycopg
import pytest

from core.auth import keys
from core.kit.settings import Settings
from core.schema import migrate
from deploy.local import admin
from deploy.local.accounts import Accounts
from deploy.local.errors import CannotStart
from deploy.local.layout import DataFolder
from deploy.local.postgres import OWNER, Access, EmbeddedPostgres
from tests.deploy.test_cli import refusal, workbench

AT = "http://127.0.0.1:8580"


@pytest.fixture
def access(data: DataFolder) -> Iterator[Access]:
    server = EmbeddedPostgres(data)
    found = server.start()
    migrate(found.url(OWNER), app_role="workbench_app")
    yield found
    server.stop()


def settings_of(data: DataFolder, **more: object) -> Settings:
    return Settings.model_validate({"WORKBENCH_DATA": data.root, "AUTH_ENABLED": True, **more})


def rows(access: Access, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(access.url(OWNER)) as connection:
        return connection.execute(query.encode()).fetchall()


TOKENS = "select count(*) from workbench.api_tokens"


def test_the_first_start_makes_an_admin_and_says_the_password_once(access: Access, data: DataFolder) -> None:
    said: list[str] = []
    accounts = Accounts(settings_of(data), access.url(), AT, said.append)
    assert accounts.prepare() == "first admin: admin"
    assert len(said) == 1
    assert said[0].startswith("Log in as admin with the password ")
    assert said[0].endswith(f"(shown only this once): {AT}/login")
    password = said[0].split()[7]
    kept = "".join(path.read_text() for path in data.logs.iterdir())
    assert password not in kept
    assert password not in str(rows(access, "select * from workbench.users"))
    assert accounts.prepare() == ""
    assert len(said) == 1


def test_a_given_password_is_not_said(access: Access, data: DataFolder) -> None:
    said: list[str] = []
    settings = settings_of(data, ADMIN_USERNAME="root", ADMIN_PASSWORD="correct horse battery staple")
    assert Accounts(settings, access.url(), AT, said.append).prepare() == "first admin: root"
    assert said == []


def test_the_token_is_good_until_the_end_and_kept_nowhere(access: Access, data: DataFolder) -> None:
    accounts = Accounts(settings_of(data), access.url(), AT, lambda _: None)
    assert accounts.token is None
    accounts.prepare()
    token = accounts.token
    assert token
    assert token not in str(rows(access, "select * from workbench.api_tokens"))
    again = Accounts(settings_of(data), access.url(), AT, lambda _: None)
    again.prepare()
    assert again.token != token
    assert rows(access, TOKENS) == [(1,)]
    again.close()
    assert again.token is None
    assert rows(access, TOKENS) == [(0,)]
    again.close()


def test_the_end_does_not_wait_for_a_database_that_is_gone(access: Access, data: DataFolder) -> None:
    accounts = Accounts(settings_of(data), access.url(), AT, lambda _: None)
    accounts.prepare()
    gone = Accounts(settings_of(data), "postgresql://x:y@127.0.0.1:1/z", AT, lambda _: None)
    gone.token = accounts.token
    gone.close()


def test_a_new_password_for_an_account(access: Access, data: DataFolder) -> None:
    Accounts(settings_of(data), access.url(), AT, lambda _: None).prepare()
    before = rows(access, "select password_hash from workbench.users")
    done = workbench("admin", "reset-password", "admin", "--data", str(data.root))
    assert done.returncode == 0, done.stderr
    assert "The password of admin is now " in done.stdout
    assert rows(access, "select password_hash from workbench.users") != before
    assert "nobody" in refusal(workbench("admin", "reset-password", "nobody", "--data", str(data.root)), 1)


def test_without_a_running_server_it_is_said_so(data: DataFolder) -> None:
    said = refusal(workbench("admin", "reset-password", "admin", "--data", str(data.root)), 3)
    assert f"The embedded PostgreSQL of {data.root} does not run." in said
    assert "workbench up" in said


def test_keys_are_rotated_beside_a_running_server_and_without_one(access: Access, data: DataFolder) -> None:
    settings = settings_of(data)
    first = keys.Keys(settings).ring().signing
    assert workbench("admin", "rotate-keys", "--data", str(data.root)).returncode == 0
    ring = keys.Keys(settings).ring()
    assert ring.signing != first
    assert first.id in ring.by_id
    noted = rows(access, "select actor, subject from workbench.audit_logs where tag = 'keys.rotated'")
    assert noted == [("workbench admin", ring.signing.id)]


def test_keys_are_rotated_in_a_folder_at_rest(data: DataFolder) -> None:
    admin.rotate_keys(settings_of(data))
    assert len(json.loads(keys.key_file(data.root).read_text())) == 2
    with pytest.raises(CannotStart, match="no data folder"):
        admin.rotate_keys(settings_of(DataFolder(data.root / "nothing")))


def test_keys_of_the_settings_are_the_settings_to_change(data: DataFolder) -> None:
    secret = "0123456789abcdefghijklmnopqrstuvwxyz"
    said = refusal(workbench("admin", "rotate-keys", "--data", str(data.root), JWT_SECRET_KEY=secret), 1)
    assert "JWT_SECRET_KEY" in said
    assert secret not in said
