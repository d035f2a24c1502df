"""Environments with a real dbt: what it sees, what it connects by, and that its secrets stay secret."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pytest
import sqlalchemy as sa
from dagster import DagsterInstance
from sqlalchemy.engine import make_url

from core.artifacts.projects import parse_new, repository_of
from core.auth.actor import Origin, local_admin
from core.environments import editing, variables
from core.environments.models import Environment
from core.kit.crypto import Cipher
from core.runs.dbt_process import private_folder
from core.runs.log import log_path, read_log, run_folder
from core.runs.models import RunNode, RunStep
from core.workspaces.models import Workspace, WorkspaceState
from orchestration.lib.services import Services
from tests.orchestration.test_dbt_job import rows, run_steps

SECRET = 'S3cr"et\\Value-öß/9f8e7d'
KEY = "-----BEGIN KEY-----\nMIIEvQIBADANBgkqhkiG9w0\nAoIBAQC7Zk2mYb0q\n-----END KEY-----\n"
ADMIN = local_admin(Origin(None, None))


def environment_of(shared: Services, workspace: Workspace, key: str = "dev") -> Environment:
    with shared.db.session() as session:
        return editing.get(session, workspace.id, key)


def set_variable(
    shared: Services, workspace: Workspace, name: str, value: str, *, secret: bool = False
) -> None:
    cipher = Cipher(shared.settings) if secret else None
    with shared.db.session() as session:
        row = session.get_one(Workspace, workspace.id)
        environment = editing.get(session, workspace.id, "dev")
        variables.put(session, ADMIN, row, environment, name, value, cipher)


def change(shared: Services, workspace: Workspace, key: str = "dev", **values: Any) -> None:
    with shared.db.session() as session:
        row = session.get_one(Workspace, workspace.id)
        environment = editing.get(session, workspace.id, key)
        editing.change(session, ADMIN, row, environment, values, repository_of(workspace))


def create(shared: Services, workspace: Workspace, **values: Any) -> None:
    with shared.db.session() as session:
        row = session.get_one(Workspace, workspace.id)
        editing.create(session, ADMIN, row, values, repository_of(workspace))


def put_macro(project_dir: Path, body: str) -> None:
    (project_dir / "macros" / "said.sql").write_text(f"{{% macro said() %}}{body}{{% endmacro %}}")


def operation(shared: Services, workspace: Workspace, **config: Any) -> tuple[Any, DagsterInstance]:
    step = {"command": "run-operation", "options": {"macro": "said"}}
    return run_steps(shared, workspace, [step], **config)


def log_of(shared: Services, run_id: str) -> str:
    return "\n".join(line.text for line in read_log(log_path(shared.settings.data_dir, run_id)))


def everything_kept(shared: Services, run_id: str, instance: DagsterInstance) -> dict[str, bytes]:
    """All that anybody could read of a run: its folder, the artifact store, our tables, Dagster's events."""
    data = shared.settings.data_dir
    folders = (run_folder(data, run_id), data / "artifacts", data / "parse")
    files = {
        str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()
    }
    tables: list[Any] = [
        *rows(shared, sa.select(RunStep.message)),
        *rows(shared, sa.select(RunNode.message)),
        *rows(shared, sa.text("select to_jsonb(a)::text from workbench.audit_logs a")),
        *rows(shared, sa.text("select to_jsonb(n)::text from workbench.code_texts n")),
        *rows(shared, sa.text("select state_message from workbench.workspaces")),
        *rows(shared, sa.text("select to_jsonb(v)::text from workbench.environment_variables v")),
    ]
    events = [repr(record) for record in instance.all_logs(run_id)]
    return {**files, "tables": repr(tables).encode(), "events": "\n".join(events).encode()}


def assert_hidden(kept: Mapping[str, bytes], *texts: str) -> None:
    found = [
        (place, text)
        for place, content in kept.items()
        for text in texts
        for form in (
            text,
            json.dumps(text)[1:-1],
            json.dumps(text, ensure_ascii=False)[1:-1],
            repr(text)[1:-1],
        )
        if form.encode() in content
    ]
    assert found == []


@pytest.fixture
def watched() -> Iterator[list[str]]:
    """Command lines of every child of this process while the test runs."""
    seen: list[str] = []
    over = threading.Event()

    def watch() -> None:
        while not over.is_set():
            for process in psutil.Process().children(recursive=True):
                try:
                    seen.append(" ".join(process.cmdline()))
                except psutil.Error:
                    continue
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    yield seen
    over.set()
    watcher.join()


def test_variables_arrive_and_nothing_of_the_server_does(
    shared: Services, workspace: Workspace, project_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("DATABASE_URL", "ENCRYPTION_KEY", "DAGSTER_POSTGRES_URL", "JWT_SECRET_KEY"):
        monkeypatch.setenv(name, "of-the-server")
    set_variable(shared, workspace, "REGION", "north")
    names = "['REGION', 'DATABASE_URL', 'ENCRYPTION_KEY', 'DAGSTER_POSTGRES_URL', 'JWT_SECRET_KEY']"
    put_macro(
        project_dir,
        "{% for name in "
        + names
        + " %}{{ log(name ~ ' is ' ~ env_var(name, 'nothing'), info=true) }}{% endfor %}",
    )
    result, _ = operation(shared, workspace)
    assert result.success
    said = log_of(shared, result.run_id)
    assert "REGION is north" in said
    assert "DATABASE_URL is nothing" in said
    assert "of-the-server" not in said


@pytest.mark.dbt_as_program  # its command line is looked at
def test_a_secret_that_is_logged_is_masked_everywhere(
    shared: Services, workspace: Workspace, project_dir: Path, watched: list[str]
) -> None:
    set_variable(shared, workspace, "API_SECRET", SECRET, secret=True)
    set_variable(shared, workspace, "PRIVATE", KEY, secret=True)
    put_macro(
        project_dir,
        "{{ log('it is ' ~ env_var('API_SECRET'), info=true) }}{{ log(env_var('PRIVATE'), info=true) }}"
        "{{ print(env_var('API_SECRET')) }}"
        "{{ exceptions.raise_compiler_error('refused for ' ~ env_var('API_SECRET') ~ ' now') }}",
    )
    result, instance = operation(shared, workspace)
    assert not result.success
    said = log_of(shared, result.run_id)
    assert "it is ***" in said
    (step,) = rows(shared, sa.select(RunStep))
    assert "refused for *** now" in step.message
    failure = next(event for event in result.all_events if event.event_type_value == "STEP_FAILURE")
    assert "refused for *** now" in str(failure.event_specific_data)
    assert_hidden(everything_kept(shared, result.run_id, instance), SECRET, *KEY.splitlines())
    assert any("run-operation" in line for line in watched)
    assert not any(SECRET in line for line in watched)


def test_a_secret_in_sql_reaches_the_warehouse_and_no_artifact(
    shared: Services, workspace: Workspace, project_dir: Path
) -> None:
    secret = "sql-secret-77f1"
    set_variable(shared, workspace, "SALT", secret, secret=True)
    (project_dir / "models" / "salted.sql").write_text("select '{{ env_var(\"SALT\") }}' as salt")
    (project_dir / "models" / "bad.sql").write_text("select no_such_column as \"{{ env_var('SALT') }}\"")
    result, instance = run_steps(
        shared, workspace, [{"command": "build", "options": {"select": ["salted", "bad"]}}]
    )
    assert not result.success
    nodes = {node.name: node for node in rows(shared, sa.select(RunNode))}
    assert (nodes["salted"].status, nodes["bad"].status) == ("success", "error")
    with duckdb.connect(str(project_dir.parent / "tiny.duckdb")) as warehouse:
        assert warehouse.execute("select salt from salted").fetchall() == [(secret,)]
    kept = everything_kept(shared, result.run_id, instance)
    assert_hidden(kept, secret)
    assert any(b"'***' as salt" in content for content in kept.values())


def test_a_parse_shows_no_secret(shared: Services, workspace: Workspace, project_dir: Path) -> None:
    secret = "parse-secret-51aa"
    with shared.db.session() as session:
        row = session.get_one(Workspace, workspace.id)
        row.project_dir = row.profiles_dir = str(project_dir)
    set_variable(shared, workspace, "SALT", secret, secret=True)
    (project_dir / "models" / "salted.sql").write_text(
        "{{ exceptions.raise_compiler_error('no ' ~ env_var('SALT')) }}"
    )
    parse_new(shared.settings, shared.db, workspace.key)
    with shared.db.session() as session:
        after = session.get_one(Workspace, workspace.id)
    assert after.state == WorkspaceState.BROKEN
    assert "no ***" in (after.state_message or "")


def test_a_profile_that_is_kept_here_connects_to_duckdb_and_is_gone_afterwards(
    shared: Services, workspace: Workspace, project_dir: Path
) -> None:
    database = project_dir.parent / "kept.duckdb"
    create(
        shared,
        workspace,
        key="staging",
        profile_yaml="type: duckdb\npath: \"{{ env_var('DBT_KEPT') }}\"\nthreads: 1\n",
        threads=3,
    )
    with shared.db.session() as session:
        environment = editing.get(session, workspace.id, "staging")
        variables.put(
            session,
            ADMIN,
            session.get_one(Workspace, workspace.id),
            environment,
            "DBT_KEPT",
            str(database),
            None,
        )
    result, _ = run_steps(shared, workspace, [{"command": "build"}], environment="staging")
    assert result.success
    assert database.exists()
    said = log_of(shared, result.run_id)
    assert "Concurrency: 3 threads (target='staging')" in said
    target = run_folder(shared.settings.data_dir, result.run_id) / "steps" / "1" / "target"
    assert target.is_dir()
    assert not private_folder(target).exists()
    (of_staging,) = {node.environment_id for node in rows(shared, sa.select(RunNode))}
    assert of_staging == environment_of(shared, workspace, "staging").id


def test_a_profile_that_is_kept_here_connects_to_postgres_by_a_secret(
    shared: Services, workspace: Workspace, postgres_url: str
) -> None:
    url = make_url(postgres_url)
    host = url.host or str(url.query.get("host"))
    profile = {
        "type": "postgres",
        "host": host,
        "port": url.port or 5432,
        "user": url.username or "postgres",
        "password": "{{ env_var('PG_SECRET') }}",
        "dbname": url.database,
        "schema": "kept_profile",
    }
    create(shared, workspace, key="pg", profile_yaml=json.dumps(profile))
    with shared.db.session() as session:
        environment = editing.get(session, workspace.id, "pg")
        row = session.get_one(Workspace, workspace.id)
        variables.put(
            session, ADMIN, row, environment, "PG_SECRET", "not-asked-for-77", Cipher(shared.settings)
        )
    assert environment_of(shared, workspace, "pg").adapter_type == "postgres"
    result, instance = run_steps(shared, workspace, [{"command": "debug"}], environment="pg")
    assert result.success, log_of(shared, result.run_id)
    assert "Connection test: [OK connection ok]" in log_of(shared, result.run_id)
    assert_hidden(everything_kept(shared, result.run_id, instance), "not-asked-for-77")


def test_a_connection_that_fails_says_why_in_dbts_words(shared: Services, workspace: Workspace) -> None:
    profile = "{type: postgres, host: 127.0.0.1, port: 1, user: u, password: '', dbname: d, schema: s}"
    create(shared, workspace, key="pg", profile_yaml=profile)
    result, _ = run_steps(shared, workspace, [{"command": "debug"}], environment="pg")
    assert not result.success
    (step,) = rows(shared, sa.select(RunStep))
    assert "Connection refused" in step.message


def test_a_secret_whose_key_is_lost_fails_the_run_by_name(shared: Services, workspace: Workspace) -> None:
    set_variable(shared, workspace, "API_SECRET", SECRET, secret=True)
    (shared.settings.data_dir / "encryption" / "keys.json").unlink()
    result, _ = run_steps(shared, workspace, [{"command": "debug"}])
    assert not result.success
    (step,) = rows(shared, sa.select(RunStep))
    assert step.message.startswith("The secret API_SECRET cannot be decrypted.")
    assert "set the secret anew" in step.message


def test_a_dbt_of_ones_own_is_the_one_that_runs(
    shared: Services, workspace: Workspace, tmp_path: Path
) -> None:
    venv = tmp_path / "venv"
    (venv / "bin").mkdir(parents=True)
    (venv / "bin" / "dbt").write_text('#!/bin/sh\necho "another dbt: $*"\nexit 0\n')
    (venv / "bin" / "dbt").chmod(0o755)
    change(shared, workspace, dbt_executable=str(venv))
    result, _ = run_steps(shared, workspace, [{"command": "debug"}])
    assert result.success
    assert "another dbt: debug --target dev" in log_of(shared, result.run_id)
