"""A workspace of its own for each test, and a stocked one for those that only read."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.kit.database import Database
from tests.core.building import Shop, open_shop, shared_shop, stock


@pytest.fixture
def shop(db: Database, tmp_path: Path) -> Shop:
    return open_shop(db, tmp_path)


@pytest.fixture(scope="module")
def stocked(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A shop with a little of everything. Tests must not change it."""
    with shared_shop(postgres_url, template, tmp_path_factory.mktemp("stocked")) as shop:
        stock(shop)
        yield shop
