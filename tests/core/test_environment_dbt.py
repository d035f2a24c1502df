"""The dbt that an environment names, and for how long its runs are kept."""

import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.auth.actor import local_admin
from core.environments import editing
from core.environments.editing import Repository
from core.environments.models import Environment
from core.environments.service import Target
from core.kit import clock
from core.kit.errors import Invalid
from core.kit.settings import Settings
from core.runs import executables, retention
from core.runs.executables import adapters_of, ask, check_of, checked_executable, in_house
from core.runs.models import RunNode, RunStep
from core.workspaces.models import Workspace
from tests.core.building import Shop

ADMIN = local_admin()


def settings_of(folder: Path, **values: Any) -> Settings:
    return Settings.model_validate({"WORKBENCH_DATA": folder, **values})


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_of(tmp_path)


# The dbt of an environment


def script(path: Path, body: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    return path


CORE = "printf 'Core:\\n  - installed: 1.9.4\\n  - latest: 1.11.0\\n\\n'"
PLUGINS = "printf 'Plugins:\\n  - snowflake: 1.9.1 - x\\n  - postgres: 1.9.0\\n'"
SAYS = f"{CORE}; {PLUGINS}"


def test_an_allowed_dbt_is_asked_for_its_version_and_adapters(tmp_path: Path) -> None:
    script(tmp_path / "venvs" / "old" / "bin" / "dbt", SAYS)
    settings = settings_of(tmp_path, DBT_EXECUTABLES_ALLOWED=str(tmp_path / "venvs"))
    for named in ("venvs/old", "venvs/old/bin/dbt"):
        found = checked_executable(settings, str(tmp_path / named))
        assert (found.version, found.adapters, found.error) == ("1.9.4", ["postgres", "snowflake"], None)
    environment = Environment(dbt_executable="x", dbt_check=found.as_json(), adapter_type="duckdb")
    assert (check_of(environment), adapters_of(environment).missing) == (found, True)


def test_a_dbt_sees_nothing_of_the_server_when_it_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://of-the-server")
    path = script(tmp_path / "dbt", f"env > {tmp_path}/seen; {SAYS}")
    assert ask(settings_of(tmp_path), str(path)).error is None
    assert "of-the-server" not in (tmp_path / "seen").read_text()


@pytest.mark.parametrize(
    ("named", "reason"),
    [
        ("dbt", "absolute path"),
        ("/bin/sh", "must be below a folder"),
        ("{root}/allowed/../outside", "must be below a folder"),
        ("{root}/allowed/link", "must be below a folder"),
        ("{root}/allowed/nothing", "must be a program"),
        ("{root}/allowed/text", "must be a program"),
        ("{root}/allowed", "must be a program"),
        ("{root}/allowed/fails", "ended with code 3: no luck"),
        ("{root}/allowed/other", "ended with code 0: something else"),
        ("{root}/allowed/slow", "took longer than"),
    ],
)
def test_what_may_not_be_named_as_dbt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: str, reason: str
) -> None:
    monkeypatch.setattr(executables, "SECONDS", 0.5)
    allowed = tmp_path / "allowed"
    script(tmp_path / "outside", SAYS)
    script(allowed / "fails", "echo no luck; exit 3")
    script(allowed / "other", "echo something else")
    script(allowed / "slow", "sleep 20")
    (allowed / "text").write_text("")
    (allowed / "link").symlink_to(tmp_path / "outside")
    settings = settings_of(tmp_path, DBT_EXECUTABLES_ALLOWED=str(allowed))
    with pytest.raises(Invalid) as error:
        checked_executable(settings, named.format(root=tmp_path))
    (detail,) = error.value.details
    assert detail.field == "dbt_executable"
    assert reason in detail.message


def test_without_a_setting_only_the_products_dbt_runs(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="DBT_EXECUTABLES_ALLOWED"):
        checked_executable(settings, str(script(tmp_path / "dbt", SAYS)))
    found = in_house()
    assert found.adapters is not None
    assert {"duckdb", "postgres"} == set(found.adapters)
    assert adapters_of(Environment(adapter_type="snowflake")).missing is True
    assert adapters_of(Environment(adapter_type=None)).missing is None


# How long runs are kept


def run_of(folder: Path, name: str, days: int, environment_id: int | None = None) -> Path:
    run = folder / "runs" / name
    run.mkdir(parents=True)
    (run / "log.jsonl").write_text("{}")
    if environment_id is not None:
        retention.note_environment(run, environment_id)
    moment = time.time() - days * 86_400
    for path in (*run.iterdir(), run):
        os.utime(path, (moment, moment))
    return run


def test_runs_are_kept_as_long_as_their_environment_says(shop: Shop) -> None:
    with shop.db.session() as session:
        environment = editing.get(session, shop.workspace_id, "dev")
        workspace = session.get_one(Workspace, shop.workspace_id)
        repository = Repository([Target("dev", "duckdb", is_default=True)])
        editing.change(session, ADMIN, workspace, environment, {"retention_days": 7}, repository)
    other = shop.other_environment().environment_id
    run_of(shop.folder, "short", 8, shop.environment_id)
    run_of(shop.folder, "young", 6, shop.environment_id)
    run_of(shop.folder, "long", 8, other)
    run_of(shop.folder, "ancient", 31, other)
    run_of(shop.folder, "from_before", 31)
    with shop.db.session() as session:
        assert retention.forget_folders(session, shop.folder, days=30) == 3
    assert {path.name for path in (shop.folder / "runs").iterdir()} == {"young", "long"}


def ran(shop: Shop, run_id: str, days: float, environment_id: int) -> None:
    """A run of so many days ago: one node that ended, and one that it never came to."""
    at = clock.now() - timedelta(days=days)
    facts = {"workspace_id": shop.workspace_id, "environment_id": environment_id, "command": "build"}
    with shop.db.session() as session:
        step = RunStep(
            run_id=run_id, step=1, workspace_id=shop.workspace_id, command="dbt build", status="failed"
        )
        step.started_at = at
        session.add(step)
        for name, status, ended in (("a", "success", at), ("b", "not_run", None)):
            row = RunNode(run_id=run_id, step=1, unique_id=name, name=name, resource_type="model", **facts)
            row.status, row.finished_at = status, ended
            session.add(row)


def test_results_of_nodes_go_with_the_age_of_their_run(shop: Shop) -> None:
    other = shop.other_environment().environment_id
    with shop.db.session() as session:
        session.get_one(Environment, shop.environment_id).retention_days = 7
    ran(shop, "short", 8, shop.environment_id)
    ran(shop, "young", 6, shop.environment_id)
    ran(shop, "long", 8, other)
    ran(shop, "ancient", 31, other)
    with shop.db.session() as session:
        retention.forget_results(session, days=30)
    with shop.db.session() as session:
        left = {(row.run_id, row.unique_id) for row in session.scalars(sa.select(RunNode))}
    assert {("young", "a"), ("young", "b"), ("long", "a"), ("long", "b")} <= left
    assert not {run_id for run_id, _ in left} & {"ancient"}
    assert ("short", "a") not in left
