"""Real artifacts of every schema version and adapter: each is taken in, or refused with a reason."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from core.artifacts.arrival import Arrival
from core.artifacts.bundle import NAMES, Ingested, ingest
from core.artifacts.store import ArtifactStore
from core.catalog.models import Node
from tests.core.building import Shop

ROOT = Path(os.environ.get("WORKBENCH_REFERENCE_DATA", Path(__file__).parents[3] / "shared" / "data"))
KINDS = ("manifest", "catalog", "run_results", "sources")


def kind_of(path: Path) -> str | None:
    """Which artifact a file is: by its name, or else by the name of its folder."""
    names = (path.stem, *(part for part in path.relative_to(ROOT).parts[:-1]))
    return next((kind for name in names for kind in KINDS if name.startswith(kind)), None)


def files() -> Iterator[tuple[Path, str]]:
    for path in sorted(ROOT.glob("**/*.json")) if ROOT.is_dir() else []:
        if (kind := kind_of(path)) is not None:
            yield path, f"{kind}.json"


FILES = list(files())


def take(shop: Shop, path: Path, name: str) -> Ingested:
    store = ArtifactStore(shop.folder)
    arrival = Arrival(shop.workspace_id, shop.environment_id, "upload", strict=True)
    return ingest(shop.db, store, arrival, {name: store.put(path)})


@pytest.mark.skipif(not FILES, reason=f"the reference data is not at {ROOT}")
@pytest.mark.parametrize(("path", "name"), FILES, ids=[str(path.relative_to(ROOT)) for path, _ in FILES])
def test_a_real_artifact_is_taken_in(shop: Shop, path: Path, name: str) -> None:
    assert name in NAMES
    taken = take(shop, path, name)
    assert taken.outcome == "ingested", taken.reason
    if name == "manifest.json":
        with shop.db.session() as session:
            kinds = set(session.scalars(sa.select(Node.resource_type).distinct()))
        assert "model" in kinds
        assert {"nodes", "None"}.isdisjoint(kinds)
