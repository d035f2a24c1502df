"""A workspace to bring artifacts to, and a way to see that nothing of its catalog changed."""

import io
import itertools
import json
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from core.artifacts import drops
from core.artifacts.drops import Outcome
from core.artifacts.models import Drop, DropState
from core.artifacts.places import folder_of
from core.artifacts.store import ArtifactStore
from core.artifacts.watching import Watcher
from core.catalog.models import CatalogState, LineageEdge, Node
from core.catalog.snapshots.models import Snapshot
from core.environments import service as environments
from core.environments.service import Target
from core.kit.database import Database
from core.kit.settings import Settings
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace
from core.workspaces.service import Registration
from orchestration.lib.ingest import take_in
from orchestration.lib.services import Services
from tests.core.building import Raw, manifest, model

_runs = itertools.count(1)


def as_bytes(content: Raw | bytes) -> bytes:
    return content if isinstance(content, bytes) else json.dumps(content).encode()


def dated(raw: Raw, at: str) -> Raw:
    return {**raw, "metadata": {**raw["metadata"], "generated_at": at}}


def shop_manifest(*names: str, at: str = "2026-01-01T00:00:00Z") -> Raw:
    return dated(manifest(*(model(name) for name in names)), at)


def tar_of(members: Mapping[str, Raw | bytes], mode: str = "w:gz") -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode=mode) as archive:  # type: ignore[call-overload]
        for name, content in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(as_bytes(content))
            archive.addfile(info, io.BytesIO(as_bytes(content)))
    return out.getvalue()


def zip_of(members: Mapping[str, Raw | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, as_bytes(content))
    return out.getvalue()


@dataclass(frozen=True)
class Yard:
    """A workspace `shop` with the environments dev and prod, and everything around it."""

    db: Database
    settings: Settings
    workspace_id: int

    @property
    def store(self) -> ArtifactStore:
        return ArtifactStore(self.settings.data_dir)

    @property
    def services(self) -> Services:
        return Services(self.settings, self.db, self.store)

    @property
    def folder(self) -> Path:
        return folder_of(self.settings.data_dir, "shop")

    def put(self, path: str, content: Raw | bytes) -> Path:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(as_bytes(content))
        return target

    def look(self, times: int = 1) -> None:
        for _ in range(times):
            Watcher(self.settings, self.db, self.store).look()

    def drops(self) -> list[Drop]:
        with self.db.session() as session:
            return list(session.scalars(sa.select(Drop).order_by(Drop.id)))

    def drop(self, drop_id: int) -> Drop:
        with self.db.session() as session:
            return drops.get_drop(session, self.workspace_id, drop_id).drop

    def ingest(self, drop: Drop) -> Outcome | None:
        """As the job does."""
        return take_in(self.services, drop.id, drop.attempt, f"run-{next(_runs)}")

    def ingest_waiting(self) -> list[Outcome | None]:
        return [self.ingest(drop) for drop in self.drops() if drop.state == DropState.WAITING]

    def nodes(self, environment: str = "dev") -> set[str]:
        with self.db.session() as session:
            found = environments.pick(session, self.workspace_id, environment)
            return set(session.scalars(sa.select(Node.name).where(Node.environment_id == found.id)))

    def catalog(self) -> Sequence[Any]:
        """All of it, to compare."""
        queries = (
            sa.select(Node.environment_id, Node.unique_id, Node.content_hash).order_by(Node.id),
            sa.select(LineageEdge.environment_id, LineageEdge.parent, LineageEdge.child),
            sa.select(Snapshot.id, Snapshot.nodes, Snapshot.added).order_by(Snapshot.id),
            sa.select(CatalogState.environment_id, CatalogState.snapshot_id, CatalogState.artifacts),
            sa.select(Workspace.state, Workspace.manifest_digest, Workspace.assets_digest),
        )
        with self.db.session() as session:
            return [[tuple(row) for row in session.execute(query)] for query in queries]

    def left_over(self) -> list[Path]:
        """Files that are on their way in; between two requests there must be none."""
        root = self.settings.data_dir / "artifacts"
        return [*(root / ".spool").glob("*"), *root.glob(".incoming-*")]


def open_yard(db: Database, folder: Path, **settings: Any) -> Yard:
    url = db.engine.url.render_as_string(hide_password=False).replace("+psycopg", "", 1)
    found = Settings.model_validate({"DATABASE_URL": url, "WORKBENCH_DATA": folder, **settings})
    with db.session() as session:
        workspace = workspaces.register(session, Registration("shop", "Shop", None, ""))
        targets = [Target("dev", "duckdb", is_default=True), Target("prod", "duckdb", is_default=False)]
        environments.sync_targets(session, workspace.id, targets)
        return Yard(db, found, workspace.id)


@pytest.fixture
def yard(db: Database, tmp_path: Path) -> Yard:
    return open_yard(db, tmp_path / "data", ARTIFACT_UPLOAD_MAX_MB=8, ARTIFACT_UNPACKED_MAX_MB=12)
