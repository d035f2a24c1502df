from pathlib import Path

import pytest

from core.kit.settings import known_variables, load_settings
from deploy.local.environment import Addresses, child_environment
from deploy.local.layout import DataFolder
from deploy.local.postgres import Access

URL = "postgresql://workbench:pw@/workbench?host=%2Fdata%2Fpostgres"


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    users = {
        "HOME": "/home/me",
        "PATH": "/usr/bin",
        "LC_ALL": "C.UTF-8",
        "DBT_THING": "1",
        "AWS_PROFILE": "work",
        "AWS_SECRET_ACCESS_KEY": "leak",
        "PGPASSWORD": "leak",
        "PYTHONPATH": "/leak",
        "DAGSTER_HOME": "/leak",
        "DATABASE_URL": "postgresql://leak",
        "WORKBENCH_DBT_ENV": "AWS_PROFILE",
    }
    for name, value in users.items():
        monkeypatch.setenv(name, value)
    access = Access("/data/postgres", {"demo": "demo-pw", "workbench": "pw", "postgres": "super"})
    data = DataFolder(Path("/data"))
    return child_environment(load_settings(), data, Addresses(URL, 4321, access), users)


def test_only_what_is_named_gets_through(environment: dict[str, str]) -> None:
    assert not [name for name, value in environment.items() if "leak" in value]
    assert environment["HOME"] == "/home/me"
    assert environment["DBT_THING"] == "1"
    assert environment["LC_ALL"] == "C.UTF-8"
    assert environment["AWS_PROFILE"] == "work"
    assert environment["PATH"].endswith(":/usr/bin")


def test_the_superuser_stays_with_the_supervisor(environment: dict[str, str]) -> None:
    assert not [name for name, value in environment.items() if "super" in value]


def test_children_find_each_other(environment: dict[str, str]) -> None:
    assert environment["DATABASE_URL"] == URL
    assert "search_path" in environment["DAGSTER_POSTGRES_URL"]
    assert environment["WORKBENCH_DAGSTER_URL"] == "http://127.0.0.1:4321/dagster"
    assert environment["WORKBENCH_CODE_SOCKET"] == "/data/dagster/code.sock"
    assert environment["WORKBENCH_DEMO_PG_PASSWORD"] == "demo-pw"


def test_every_setting_that_a_child_gets_is_known(environment: dict[str, str]) -> None:
    assert {name for name in environment if name.startswith("WORKBENCH_")} <= known_variables()
