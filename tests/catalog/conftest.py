"""The demo project as dbt parses it, and the same in a catalog."""

from collections.abc import Iterator

import pytest

from tests.catalog.stocking import Catalog, shared_catalog
from tests.catalog.truth import DbtSelector, Truth, parsed
from tests.conftest import DEMO


@pytest.fixture(scope="session")
def demo_truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return parsed(DEMO, tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="session")
def demo_selector(demo_truth: Truth) -> DbtSelector:
    return demo_truth.selector()


@pytest.fixture(scope="session")
def demo_catalog(
    postgres_url: str, template: str, demo_truth: Truth, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Catalog]:
    store = tmp_path_factory.mktemp("store")
    with shared_catalog(postgres_url, template, store, demo_truth.manifest) as catalog:
        yield catalog
