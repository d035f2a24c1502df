"""The application over a real database. Dagster is not there, unless a test puts one in its place."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.main import create_app
from core.kit.database import Database
from core.kit.settings import Settings
from tests.core.building import Shop, open_shop, shared_shop, stock

LOCAL = "http://127.0.0.1:8580"


def free_port() -> int:
    """A port where nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def settings_of(database_url: str, folder: Path, dagster_url: str | None = None) -> Settings:
    dagster = dagster_url or f"http://127.0.0.1:{free_port()}/dagster"
    values = {"DATABASE_URL": database_url, "WORKBENCH_DATA": folder, "WORKBENCH_DAGSTER_URL": dagster}
    return Settings.model_validate(values)


def client_of(settings: Settings) -> TestClient:
    return TestClient(create_app(settings), base_url=LOCAL, raise_server_exceptions=False)


def address_of(shop: Shop) -> str:
    return shop.db.engine.url.render_as_string(hide_password=False).replace("+psycopg", "", 1)


@pytest.fixture(scope="module")
def stocked(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with a little of everything, beside an empty workspace. Tests must not change it."""
    with shared_shop(postgres_url, template, tmp_path_factory.mktemp("stocked")) as shop:
        stock(shop)
        open_shop(shop.db, shop.folder, "empty")
        yield shop


@pytest.fixture(scope="module")
def client(stocked: Shop) -> Iterator[TestClient]:
    """A client that only reads."""
    with client_of(settings_of(address_of(stocked), stocked.folder)) as found:
        yield found


@pytest.fixture
def shop(db: Database, tmp_path: Path) -> Shop:
    """A shop that the test changes."""
    return open_shop(db, tmp_path)


@pytest.fixture
def own_client(database_url: str, tmp_path: Path) -> Iterator[TestClient]:
    """A client with a database of its own."""
    with client_of(settings_of(database_url, tmp_path)) as found:
        yield found
