"""Catalogs to search in: of real manifests, or made up and large."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from core.artifacts.arrival import Arrival
from core.artifacts.bundle import ingest
from core.artifacts.store import ArtifactStore
from core.catalog.reading import Reading, reading_now
from core.environments import service as environments
from core.environments.service import Target
from core.kit.database import Database, make_engine
from core.workspaces import service as workspaces
from core.workspaces.service import Registration
from tests.core.building import fresh_database


@dataclass(frozen=True)
class Catalog:
    """An environment of a workspace, and the way to read it."""

    db: Database
    reading: Reading

    @contextmanager
    def session(self) -> Iterator[Session]:
        with self.db.session() as session:
            yield session

    def take(self, folder: Path, **files: Path) -> None:
        """Take artifacts in: `manifest=` and so on."""
        store = ArtifactStore(folder)
        stored = {f"{name}.json": store.put(path) for name, path in files.items()}
        arrival = Arrival(
            self.reading.workspace_id, self.reading.environment_id, origin="upload", strict=True
        )
        done = ingest(self.db, store, arrival, stored)
        assert done.outcome == "ingested", done.reason


def open_catalog(db: Database, key: str = "shop") -> Catalog:
    with db.session() as session:
        workspace = workspaces.register(session, Registration(key, key.title(), f"/{key}", f"/{key}"))
        environments.sync_targets(session, workspace.id, [Target("dev", "duckdb", is_default=True)])
        environment = environments.pick(session, workspace.id, None)
        return Catalog(db, reading_now(workspace.id, environment.id, environment.key))


@contextmanager
def shared_catalog(postgres_url: str, template: str, store: Path, manifest: Path) -> Iterator[Catalog]:
    """A catalog of a manifest that several tests read and none changes."""
    with fresh_database(postgres_url, template) as url:
        db = Database(make_engine(url, pool_size=3))
        catalog = open_catalog(db)
        catalog.take(store, manifest=manifest)
        yield catalog
        db.dispose()
