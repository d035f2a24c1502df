import os
import subprocess
import sys
from urllib.parse import urlsplit

import psycopg
import pytest

from deploy.local.errors import PartFailed
from deploy.local.layout import DataFolder
from deploy.local.postgres import APP, OWNER, Access, EmbeddedPostgres, read_access
from deploy.local.process import wait_until


def test_what_was_there_is_there_after_a_restart(data: DataFolder) -> None:
    first = EmbeddedPostgres(data)
    url = first.start().url(OWNER)
    with psycopg.connect(url) as connection:
        connection.execute("create table kept (x int)")
    first.stop()
    assert not first.running()

    second = EmbeddedPostgres(data)
    access = second.start()
    assert access.url(OWNER) == url
    with psycopg.connect(url) as connection:
        connection.execute("select * from kept")
    second.stop()


def test_a_pid_file_of_a_crash_does_not_count(data: DataFolder) -> None:
    (data.postgres).mkdir()
    postgres = EmbeddedPostgres(data)
    postgres.start()
    postgres.stop()
    # After a reboot the number belongs to somebody else: to us, for one.
    lines = [os.getpid(), data.postgres, 1_700_000_000, 5432, data.postgres, "", "1 1", "ready   "]
    (data.postgres / "postmaster.pid").write_text("\n".join(map(str, lines)) + "\n")
    again = EmbeddedPostgres(data)
    assert not again.running()
    with psycopg.connect(again.start().url()) as connection:
        connection.execute("select 1")
    again.stop()


def test_lost_passwords_are_set_anew(data: DataFolder) -> None:
    postgres = EmbeddedPostgres(data)
    before = postgres.start()
    postgres.stop()
    data.postgres_secrets.unlink()
    postgres = EmbeddedPostgres(data)
    after = postgres.start()
    assert after.passwords != before.passwords
    with psycopg.connect(after.url()) as connection:
        connection.execute("select 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(before.url())
    postgres.stop()


def test_a_broken_server_is_one_sentence_and_names_its_log(data: DataFolder) -> None:
    data.postgres.mkdir()
    (data.postgres / "PG_VERSION").write_text("18")
    with pytest.raises(PartFailed, match="PostgreSQL did not start in") as failure:
        EmbeddedPostgres(data).start()
    assert "\n" not in failure.value.message
    assert "log" in str(failure.value.hint)


def test_nobody_enters_without_a_password_and_the_demo_stays_in_its_place(server: Access) -> None:
    password = urlsplit(server.url("demo", "demo_warehouse")).password or "-"
    with psycopg.connect(server.url("demo", "demo_warehouse")) as connection:
        connection.execute("create schema demo_test")
    for url in (
        server.url("demo", "workbench"),
        server.url(APP, "demo_warehouse"),
        server.url("demo", "demo_warehouse").replace(password, "guess"),
        server.url("postgres").replace(urlsplit(server.url("postgres")).password or "-", ""),
    ):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(url)


def test_secrets_are_for_their_owner_only(data: DataFolder) -> None:
    postgres = EmbeddedPostgres(data)
    postgres.start()
    assert data.postgres_secrets.stat().st_mode & 0o077 == 0
    postgres.stop()


def test_kill_9_of_the_supervisor_stops_the_server(data: DataFolder) -> None:
    program = (
        "import sys, time; from pathlib import Path; from deploy.local.layout import DataFolder;"
        "from deploy.local.postgres import EmbeddedPostgres; from deploy.local.guard import Guard;"
        f"p = EmbeddedPostgres(DataFolder(Path({str(data.root)!r}))); guard = Guard(p.pid_file); p.start();"
        "print('up', flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        assert supervisor.stdout.readline() == "up\n"
        left = EmbeddedPostgres(data)
        assert left.running()
        supervisor.kill()
    assert wait_until(lambda: not left.running(), 10)


def test_a_server_that_was_left_running_is_taken_over(data: DataFolder) -> None:
    left = EmbeddedPostgres(data)
    left.start()
    ours = EmbeddedPostgres(data)
    ours.start()
    assert ours.pid == left.pid
    ours.stop()
    assert not left.running()


def test_the_role_of_the_services_makes_no_tables(server: Access) -> None:
    with psycopg.connect(server.url(APP)) as connection:
        for statement in ("create schema mine", "create table public.mine (x int)", "create role mine"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
            connection.rollback()


def test_others_find_a_server_only_while_it_runs(data: DataFolder) -> None:
    assert read_access(data) is None
    postgres = EmbeddedPostgres(data)
    access = postgres.start()
    assert read_access(data) == access
    postgres.stop()
    assert read_access(data) is None
