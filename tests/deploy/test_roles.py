"""The roles of the database on the real server: who may do what, and folders of a release that had one."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from core.kit.database import make_engine
from core.kit.settings import Settings
from core.schema import migrate, migrate_engine
from deploy.local import dagster_home
from deploy.local.database import dagster_url
from deploy.local.environment import Addresses, embedded_addresses
from deploy.local.errors import PartFailed
from deploy.local.layout import REPOSITORY, DataFolder
from deploy.local.postgres import APP, DEMO, OWNER, Access, EmbeddedPostgres

RELEASE_BEFORE = "0001"
DENIED = psycopg.errors.InsufficientPrivilege


def init_dagster(data: DataFolder, url: str) -> None:
    """As the part of a start does it."""
    dagster_home.write_configuration(data, Settings())
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(data.dagster_home),
        "DAGSTER_POSTGRES_URL": dagster_url(url),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    subprocess.run(
        [sys.executable, "-m", "deploy.local.init_dagster"], env=environment, cwd=REPOSITORY, check=True
    )


def dagster_runs(data: DataFolder, url: str) -> str:
    """What Dagster's services do with its tables: add, change, read and delete; says what was read."""
    program = (
        "from dagster import DagsterInstance, DagsterEvent, job, op\n"
        "@op\ndef one(): return 1\n"
        "@job\ndef every(): one()\n"
        "with DagsterInstance.get() as instance:\n"
        "    result = every.execute_in_process(instance=instance)\n"
        "    run = instance.get_runs()[0]\n"
        "    print(run.status.value, len(instance.all_logs(run.run_id)) > 5)\n"
        "    instance.event_log_storage.set_concurrency_slots('x', 1)\n"
        "    instance.add_dynamic_partitions('p', ['a'])\n"
        "    instance.delete_dynamic_partition('p', 'a')\n"
        "    instance.delete_run(run.run_id); print(len(instance.get_runs()))\n"
    )
    environment = {
        **os.environ,
        "DAGSTER_HOME": str(data.dagster_home),
        "DAGSTER_POSTGRES_URL": dagster_url(url),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        cwd=REPOSITORY,
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.fixture
def postgres(data: DataFolder) -> Iterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(data)
    yield server
    server.stop()


def prepare(data: DataFolder, access: Access) -> Addresses:
    """What a start does before its services."""
    addresses = embedded_addresses(access, 1)
    migrate(addresses.owner_url, app_role=addresses.app_role)
    init_dagster(data, addresses.owner_url)
    return addresses


def owners(access: Access) -> set[str]:
    with psycopg.connect(access.url(OWNER)) as connection:
        rows = connection.execute(
            "select distinct tableowner from pg_tables where schemaname in ('workbench', 'dagster')"
        )
        return {str(row[0]) for row in rows}


def check_services(data: DataFolder, access: Access) -> None:
    """The role of the services does what they need and no more."""
    assert owners(access) == {OWNER}
    assert dagster_runs(data, access.url(APP)).split() == ["SUCCESS", "True", "0"]
    with psycopg.connect(access.url(APP), autocommit=True) as connection:
        connection.execute("insert into workbench.audit_logs (actor, tag) values ('me', 'x')")
        for statement in (
            "update workbench.audit_logs set actor = 'you'",
            "delete from workbench.audit_logs",
            "truncate workbench.audit_logs",
            "drop table workbench.audit_logs",
            "create table workbench.mine (x int)",
            "create table dagster.mine (x int)",
            "update workbench.alembic_version set version_num = 'x'",
        ):
            with pytest.raises(DENIED):
                connection.execute(statement)
        assert gathered(connection, "nodes", "column_lineage") == {"nodes", "column_lineage"}
        assert gathered(connection, "audit_logs") == set()


def gathered(connection: psycopg.Connection[Any], *tables: str) -> set[str]:
    """Of which tables statistics are gathered; PostgreSQL only warns of those where it may not."""
    refused: list[str] = []
    connection.add_notice_handler(lambda notice: refused.append(notice.message_primary or ""))
    names = ", ".join(f"workbench.{table}" for table in tables)
    connection.execute(f"vacuum (analyze) {names}")  # pyright: ignore[reportArgumentType]
    return {table for table in tables if not any(table in text for text in refused)}


def test_a_new_folder(data: DataFolder, postgres: EmbeddedPostgres) -> None:
    access = postgres.start()
    prepare(data, access)
    check_services(data, access)


def test_a_folder_of_the_release_before_is_brought_forward_and_keeps_everything(
    data: DataFolder, postgres: EmbeddedPostgres
) -> None:
    before = postgres.start()
    with psycopg.connect(before.url("postgres", "workbench"), autocommit=True) as connection:
        connection.execute(f"revoke connect on database workbench from {APP}")
        connection.execute(f"drop role {APP}")
    passwords = {role: word for role, word in before.passwords.items() if role != APP}
    data.postgres_secrets.write_text(json.dumps(passwords))
    engine = make_engine(before.url(OWNER), pool_size=1)
    migrate_engine(engine, RELEASE_BEFORE)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "insert into workbench.workspaces (key, name, project_dir, profiles_dir)"
                " values ('kept', 'Kept', '/kept', '/kept')"
            )
        )
        connection.execute(sa.text("insert into workbench.audit_logs (actor, tag) values ('old', 'x')"))
    engine.dispose()
    init_dagster(data, before.url(OWNER))
    with psycopg.connect(before.url(OWNER), autocommit=True) as connection:
        connection.execute("insert into dagster.kvs (key, value) values ('kept', 'yes')")
    postgres.stop()

    again = EmbeddedPostgres(data)
    access = again.start()
    try:
        assert {**access.passwords, APP: ""} == {**passwords, APP: ""}
        assert json.loads(data.postgres_secrets.read_text()) == access.passwords
        prepare(data, access)
        with psycopg.connect(access.url(APP)) as connection:
            for query in (
                "select name from workbench.workspaces where key = 'kept'",
                "select actor from workbench.audit_logs where actor = 'old'",
                "select value from dagster.kvs where key = 'kept'",
            ):
                assert connection.execute(query).fetchone() is not None
        check_services(data, access)
        prepare(data, access)  # as often as one likes
        check_services(data, access)
    finally:
        again.stop()


def test_a_start_that_was_cut_off_between_role_and_file_is_mended_by_the_next(
    data: DataFolder, postgres: EmbeddedPostgres
) -> None:
    before = postgres.start()
    postgres.stop()
    data.postgres_secrets.write_text(
        json.dumps({role: word for role, word in before.passwords.items() if role != APP})
    )
    after = EmbeddedPostgres(data).start()
    with psycopg.connect(after.url(APP)) as connection:
        connection.execute("select 1")
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(before.url(APP))


def test_each_role_enters_its_own_database_only(server: Access) -> None:
    allowed = {(OWNER, "workbench"), (APP, "workbench"), (DEMO, "demo_warehouse")}
    for role in (OWNER, APP, DEMO):
        for database in ("workbench", "demo_warehouse"):
            if (role, database) in allowed:
                psycopg.connect(server.url(role, database)).close()
            else:
                with pytest.raises(psycopg.OperationalError, match="permission denied"):
                    psycopg.connect(server.url(role, database))


def test_a_wrong_superuser_password_is_one_sentence(data: DataFolder, postgres: EmbeddedPostgres) -> None:
    before = postgres.start()
    postgres.stop()
    data.postgres_secrets.write_text(json.dumps({"postgres": "s3cret-guess", "workbench": "x", "demo": "y"}))
    with pytest.raises(PartFailed) as failure:
        EmbeddedPostgres(data).start()
    assert "s3cret-guess" not in failure.value.message
    assert before.passwords["postgres"] not in failure.value.message
