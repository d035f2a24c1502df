"""What the container `prepare` does to a database, on the real server."""

from collections.abc import Iterator

import psycopg
import pytest

from core.kit.settings import Settings
from deploy.containers import prepare
from deploy.local.errors import CannotStart
from deploy.local.layout import DataFolder
from deploy.local.postgres import OWNER, SUPERUSER, Access, EmbeddedPostgres


@pytest.fixture
def access(data: DataFolder) -> Iterator[Access]:
    """As in the container: the owner is a superuser, and nobody has made the other role."""
    server = EmbeddedPostgres(data)
    found = server.start()
    with psycopg.connect(found.url(SUPERUSER, "postgres"), autocommit=True) as connection:
        connection.execute(f"alter role {OWNER} superuser")
    yield found
    server.stop()


def settings_of(access: Access, data: DataFolder, **more: object) -> Settings:
    app = access.url(OWNER).replace(f"//{OWNER}:", "//new_app:").replace(access.passwords[OWNER], "app-pw")
    values = {"DATABASE_OWNER_URL": access.url(OWNER), "DATABASE_URL": app, "WORKBENCH_DATA": data.root}
    return Settings.model_validate({**values, **more})


def test_the_role_is_made_let_in_and_given_a_new_password_when_that_changes(
    access: Access, data: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_of(access, data)
    for url in (str(settings.database_url), str(settings.database_url).replace("app-pw", "other-pw")):
        prepare.prepare_database(settings.model_copy(update={"database_url": url}))
        with psycopg.connect(url) as connection:
            connection.execute("select * from workbench.workspaces")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute("create table workbench.mine (x int)")
    assert capsys.readouterr().out == ""


def test_the_first_admin_is_made_and_said_once(
    access: Access, data: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_of(access, data, AUTH_ENABLED=True)
    prepare.prepare_database(settings)
    said = capsys.readouterr().out
    assert "Log in as admin with the password " in said
    assert "http://127.0.0.1:8580/login" in said
    prepare.prepare_database(settings)
    assert capsys.readouterr().out == ""


def test_a_given_password_is_not_said(
    access: Access, data: DataFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = settings_of(access, data, AUTH_ENABLED=True, ADMIN_PASSWORD="correct horse battery staple")
    prepare.prepare_database(settings)
    assert "horse" not in capsys.readouterr().out


def test_a_database_that_does_not_answer_is_one_sentence(data: DataFolder) -> None:
    values = {
        "DATABASE_OWNER_URL": "postgresql://o:s3cret@127.0.0.1:1/x",
        "DATABASE_URL": "postgresql://a:s3cret@127.0.0.1:1/x",
        "WORKBENCH_DATA": data.root,
    }
    with pytest.raises(CannotStart, match="DATABASE_OWNER_URL does not lead") as failure:
        prepare.prepare_database(Settings.model_validate(values))
    assert "s3cret" not in failure.value.message
