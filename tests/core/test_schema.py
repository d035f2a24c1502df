import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from core import schema
from core.kit.database import Database, make_engine
from tests.conftest import database_address, run_sql

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def empty(postgres_url: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database without anything."""
    name = f"empty_{abs(hash(tmp_path))}"
    run_sql(postgres_url, f"create database {name}")
    yield database_address(postgres_url, name)
    run_sql(postgres_url, f"drop database {name} with (force)")


def tables(url: str, schema_name: str = "workbench") -> set[str]:
    engine = make_engine(url, pool_size=1)
    try:
        return set(sa.inspect(engine).get_table_names(schema=schema_name))
    finally:
        engine.dispose()


EXPECTED = {table.name for table in schema.METADATA.tables.values()} | {"alembic_version"}


def test_an_empty_database_gets_every_table_and_room_for_dagster(empty: str) -> None:
    schema.migrate(empty)
    assert tables(empty) == EXPECTED
    engine = make_engine(empty, pool_size=1)
    assert "dagster" in sa.inspect(engine).get_schema_names()
    engine.dispose()
    assert tables(empty, "public") == set()


def test_migrating_twice_changes_nothing(db: Database, database_url: str) -> None:
    with db.engine.begin() as connection:
        insert = sa.text(
            "insert into workbench.workspaces (key, name, project_dir, profiles_dir)"
            " values ('a', 'a', '', '')"
        )
        connection.execute(insert)
    schema.migrate(database_url)
    with db.engine.begin() as connection:
        assert connection.scalar(sa.text("select count(*) from workbench.workspaces")) == 1
    assert tables(database_url) == EXPECTED


def test_threads_that_migrate_at_once_wait_for_each_other(empty: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        done = [pool.submit(schema.migrate, empty) for _ in range(4)]
        assert [one.result() for one in done] == [None] * 4
    assert tables(empty) == EXPECTED


def test_processes_that_migrate_at_once_wait_for_each_other(empty: str) -> None:
    code = f"from core.schema import migrate; migrate({empty!r})"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    both = [
        subprocess.Popen([sys.executable, "-c", code], env=environment, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    assert [process.communicate()[1] for process in both] == ["", ""]
    assert [process.returncode for process in both] == [0, 0]
    assert tables(empty) == EXPECTED


def is_ours(name: str | None, kind: str, _parents: object) -> bool:
    return kind != "schema" or name == "workbench"


def test_the_models_and_the_migrations_agree(db: Database) -> None:
    options = {
        "include_schemas": True,
        "include_name": is_ours,
        "version_table_schema": "workbench",
        "compare_type": True,
    }
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, schema.METADATA) == []


# What belongs to a person or to the whole installation, and is never shown by workspace.
OF_PEOPLE = {"users", "login_sessions", "refresh_tokens", "login_attempts"}
# How far the search for events has come, and what Dagster has loaded, in all workspaces.
OF_ALL = {"notification_positions", "definition_loads"}


OWNERS = {
    "environment_id": "environments",
    "node_id": "nodes",
    "child_id": "lineage_columns",
    "rule_id": "notification_rules",
    "job_id": "jobs",
    "trigger_id": "job_triggers",
}


@pytest.mark.parametrize("table", schema.METADATA.sorted_tables, ids=lambda table: table.name)
def test_every_table_is_ours_and_says_whose_rows_it_holds(table: sa.Table) -> None:
    assert table.schema == "workbench"
    if table.name in OF_PEOPLE | OF_ALL | {"workspaces"} or "workspace_id" in table.columns:
        return
    # A row of an environment is one of its workspace, and so is what belongs to a node or a column.
    (owner,) = (table.columns[name] for name in OWNERS if name in table.columns)
    (reference,) = owner.foreign_keys
    assert reference.column.table.name == OWNERS[owner.name]
    assert not owner.nullable


def test_a_workspace_that_goes_takes_its_rows_along() -> None:
    references = [
        (table.name, key.ondelete)
        for table in schema.METADATA.sorted_tables
        for key in table.foreign_keys
        if key.column.table.name in {"workspaces", "environments", "nodes"}
    ]
    assert {"nodes", "node_search", "environments", "run_nodes"} <= {name for name, _ in references}
    # A job keeps its environment from being deleted: the default one, which might take its place, is another.
    assert {name: rule for name, rule in references if rule != "CASCADE"} == {
        "jobs": None,
        "users": "SET NULL",
        "environments": "SET NULL",
    }


OF_0001 = (
    """
    insert into workbench.workspaces (key, name, project_dir, profiles_dir) values ('a', 'A', '/p', '/p')
    """,
    """
    insert into workbench.audit_logs (actor, tag, workspace_id, subject, data)
    values ('local admin', 'run.requested', 1, 'run-1', '{"command": "dbt build"}')
    """,
)


def test_a_database_of_the_previous_release_keeps_what_it_holds(empty: str) -> None:
    engine = make_engine(empty, pool_size=1)
    schema.migrate_engine(engine, "0001")
    with engine.begin() as connection:
        for statement in OF_0001:
            connection.execute(sa.text(statement))
    schema.migrate(empty)
    with engine.begin() as connection:
        row = connection.execute(sa.text("select * from workbench.audit_logs")).mappings().one()
        workspace = connection.execute(sa.text("select * from workbench.workspaces")).mappings().one()
    engine.dispose()
    assert (row["actor"], row["data"], row["before"]) == ("local admin", {"command": "dbt build"}, None)
    assert (workspace["project_dir"], workspace["archived_at"]) == ("/p", None)
    assert tables(empty) == EXPECTED
