"""The application with login over a real database, shared by all tests: `mend` puts back what they change."""

from collections.abc import Iterator

import pytest
from argon2 import PasswordHasher

from core.auth import passwords
from tests.access.dagster import dagster_with
from tests.access.table import NOT_FOR_TOKENS
from tests.access.world import World, world_of
from tests.api.upstream import Upstream
from tests.core.building import Shop, shared_shop, stock

RUNS = {"run-1": ("shop", "SUCCESS"), "run-2": ("shop", "STARTED"), "run-9": ("other", "SUCCESS")}


@pytest.fixture(scope="module", autouse=True)
def quick_hashes() -> Iterator[None]:
    """Hashing is slow on purpose; nothing here is about that."""
    with pytest.MonkeyPatch.context() as patch:
        hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
        patch.setattr(passwords, "_HASHER", hasher)
        patch.setattr(passwords, "_NOBODYS", hasher.hash("nobody's"))
        yield


@pytest.fixture(scope="session")
def dagster() -> Iterator[Upstream]:
    with dagster_with(RUNS) as found:
        yield found


@pytest.fixture(scope="session")
def stocked(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with shared_shop(postgres_url, template, tmp_path_factory.mktemp("stocked")) as shop:
        stock(shop)
        shop.take("manifest.json", b"half", run_id="run-1")
        yield shop


@pytest.fixture(scope="session")
def world(stocked: Shop, dagster: Upstream) -> Iterator[World]:
    """Each test asks for `mend` before it begins."""
    with world_of(stocked, dagster.url) as found:
        yield found


@pytest.fixture(scope="session")
def not_for_tokens() -> frozenset[str]:
    return NOT_FOR_TOKENS
