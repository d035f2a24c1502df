from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.layout import DataFolder
from deploy.local.postgres import Access, EmbeddedPostgres


@pytest.fixture
def data(tmp_path: Path) -> DataFolder:
    folder = DataFolder(tmp_path / "data")
    folder.create()
    return folder


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Access]:
    folder = DataFolder(tmp_path_factory.mktemp("pg"))
    folder.create()
    postgres = EmbeddedPostgres(folder)
    access = postgres.start()
    yield access
    postgres.stop()
