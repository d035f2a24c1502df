import json
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import yaml

from core.kit.settings import Settings
from core.runs.ports import ONE_AT_A_TIME_TAG, WAREHOUSE_TAG, WORKSPACE_TAG
from deploy.local import dagster_home
from deploy.local.layout import DataFolder
from deploy.local.postgres import OWNER, Access

APP = "postgresql://workbench_app@/workbench"


@pytest.fixture
def url(server: Access) -> Iterator[str]:
    with psycopg.connect(server.url(OWNER), autocommit=True) as connection:
        connection.execute("create schema if not exists dagster")
        connection.execute("create table if not exists dagster.daemon_heartbeats (id int)")
        yield server.url(OWNER)
        connection.execute("drop schema dagster cascade")


def written(data: DataFolder, settings: Settings) -> Any:
    dagster_home.write_configuration(data, settings)
    return yaml.safe_load((data.dagster_home / "dagster.yaml").read_text())


def test_the_configuration_is_the_repositorys(data: DataFolder) -> None:
    assert written(data, Settings()) == yaml.safe_load(dagster_home.DAGSTER_YAML.read_text())


def test_how_many_runs_there_may_be_is_a_setting(data: DataFolder) -> None:
    few = Settings.model_validate({"MAX_CONCURRENT_RUNS": 3, "MAX_CONCURRENT_RUNS_PER_WORKSPACE": 2})
    runs = written(data, few)["concurrency"]["runs"]
    limits = {limit["key"]: limit["limit"] for limit in runs["tag_concurrency_limits"]}
    assert (runs["max_concurrent_runs"], limits) == (
        3,
        {WAREHOUSE_TAG: 1, ONE_AT_A_TIME_TAG: 1, WORKSPACE_TAG: 2},
    )


def test_tables_are_current_once_they_are_remembered(data: DataFolder, url: str) -> None:
    assert not dagster_home.tables_are_current(data, url, APP)
    dagster_home.remember_tables(data, url, APP)
    assert dagster_home.tables_are_current(data, url, APP)
    assert "postgresql://" not in data.initialised.read_text()


@pytest.mark.parametrize("what", ["dagster", "migrations", "database"])
def test_they_are_not_after_a_change(data: DataFolder, url: str, what: str) -> None:
    dagster_home.remember_tables(data, url, APP)
    known = json.loads(data.initialised.read_text())
    data.initialised.write_text(json.dumps({**known, what: "another"}))
    assert not dagster_home.tables_are_current(data, url, APP)


def test_they_are_not_when_they_are_gone(data: DataFolder, url: str) -> None:
    dagster_home.remember_tables(data, url, APP)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("drop table dagster.daemon_heartbeats")
    assert not dagster_home.tables_are_current(data, url, APP)


def test_they_are_not_for_a_role_that_has_yet_to_be_let_in(data: DataFolder, url: str) -> None:
    dagster_home.remember_tables(data, url, APP)
    assert not dagster_home.tables_are_current(data, url, APP.replace("workbench_app", "another"))
