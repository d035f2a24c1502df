import socket
import threading
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
import sqlalchemy as sa

from deploy.local.checks import free_port
from deploy.local.database import check_database, dagster_url, user_of, without_password
from deploy.local.errors import CannotStart
from deploy.local.postgres import APP, DEMO, OWNER, Access

SECRET = "s3cret-word"


@pytest.fixture
def web_server() -> Iterator[int]:
    """Something that listens and is no PostgreSQL."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(100)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    threading.Thread(target=answer, daemon=True).start()
    yield listener.getsockname()[1]
    listener.close()


def refusal_of(url: str) -> str:
    with pytest.raises(CannotStart) as refusal:
        check_database(url)
    assert SECRET not in refusal.value.message
    assert "\n" not in refusal.value.message
    return refusal.value.message


def test_a_good_address(server: Access) -> None:
    check_database(server.url(OWNER))


def test_a_wrong_password(server: Access) -> None:
    url = server.url(OWNER).replace(urlsplit(server.url(OWNER)).password or "-", SECRET)
    assert "the server refuses user workbench: the password is wrong" in refusal_of(url)


def test_an_unknown_database(server: Access) -> None:
    assert "there is no database nowhere on /" in refusal_of(
        server.url(OWNER).replace("@/workbench", "@/nowhere")
    )


def test_an_unknown_user(server: Access) -> None:
    assert "user nobody" in refusal_of(server.url(OWNER).replace("//workbench:", "//nobody:"))


def test_a_user_without_rights(server: Access) -> None:
    with psycopg.connect(server.url("postgres", "workbench"), autocommit=True) as connection:
        connection.execute(f"create role guest login password '{SECRET}'")
        connection.execute("grant connect on database workbench to guest")
    password = urlsplit(server.url(OWNER)).password or "-"
    url = server.url(OWNER).replace(f"//workbench:{password}", f"//guest:{SECRET}")
    assert refusal_of(url) == "DATABASE_URL: user guest may not make schemas in database workbench."


def test_two_roles_of_one_database(server: Access) -> None:
    check_database(server.url(APP), server.url(OWNER))


def test_a_role_that_may_not_enter(server: Access) -> None:
    url = server.url(DEMO, "workbench")
    assert "user demo may not enter database workbench" in refusal_of(url)


def test_two_roles_of_two_databases(server: Access) -> None:
    with pytest.raises(CannotStart, match="lead to different databases"):
        check_database(server.url(DEMO, "demo_warehouse"), server.url(OWNER))


def test_the_owner_is_named_when_it_is_to_blame(server: Access) -> None:
    with pytest.raises(CannotStart, match="DATABASE_OWNER_URL: user workbench_app may not make schemas"):
        check_database(server.url(OWNER), server.url(APP))


def test_the_role_of_an_address() -> None:
    assert user_of("postgresql://me:pw@h/db") == "me"
    assert user_of("postgresql://h/db?user=you") == "you"


def test_nobody_listens() -> None:
    port = free_port()
    message = refusal_of(f"postgresql://me:{SECRET}@127.0.0.1:{port}/db")
    assert f"no server listens at 127.0.0.1:{port}" in message


def test_an_unknown_host() -> None:
    message = refusal_of(f"postgresql://me:{SECRET}@nowhere.invalid/db")
    assert "the host nowhere.invalid:5432 is not known" in message


def test_something_else_listens(web_server: int) -> None:
    message = refusal_of(f"postgresql://me:{SECRET}@127.0.0.1:{web_server}/db")
    assert f"what answers at 127.0.0.1:{web_server} is not PostgreSQL" in message


def test_an_address_that_cannot_be_read() -> None:
    assert "DATABASE_URL" in refusal_of(f"postgresql://me:{SECRET}@host:port:5/db?nonsense=1")


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u:p%40ss@/db?host=/tmp/a%20b",
        "postgresql://u:p@host:5433/db",
        "postgres://u@host/db?sslmode=require",
    ],
)
def test_dagster_gets_its_own_schema_and_driver(url: str) -> None:
    ours, theirs = sa.make_url(url.replace("postgres://", "postgresql://")), sa.make_url(dagster_url(url))
    assert theirs.drivername == "postgresql+psycopg2"
    assert theirs.query["options"] == "-csearch_path=dagster"
    same = ("username", "password", "host", "port", "database")
    assert [getattr(theirs, name) for name in same] == [getattr(ours, name) for name in same]
    assert {**ours.query, "options": "-csearch_path=dagster"} == dict(theirs.query)


def test_the_password_never_shows() -> None:
    assert without_password(f"cannot use {SECRET}", f"postgresql://u:{SECRET}@h/d") == "cannot use ***"
