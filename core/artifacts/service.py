"""Artifacts of runs: kept in the store, taken into the catalog, listed."""

from collections.abc import Mapping
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.artifacts.arrival import REFUSED, Arrival
from core.artifacts.bundle import NAMES, Ingested, ingest
from core.artifacts.models import Ingest, RunArtifact
from core.artifacts.store import ArtifactStore, Stored
from core.kit.database import Database
from core.kit.errors import NotFound


def collect(db: Database, store: ArtifactStore, arrival: Arrival, target: Path) -> Ingested:
    """Store and ingest every artifact of a target folder.

    A file that is broken is stored, refused and recorded; the others go on.
    """
    files = {name: store.put(target / name) for name in NAMES if (target / name).is_file()}
    _keep_for_run(db, arrival, files)
    return ingest(db, store, arrival, files)


def _keep_for_run(db: Database, arrival: Arrival, files: Mapping[str, Stored]) -> None:
    if arrival.run_id is None or not files:
        return
    rows = [
        {
            "run_id": arrival.run_id,
            "step": arrival.step,
            "name": name,
            "digest": stored.digest,
            "size": stored.size,
            "workspace_id": arrival.workspace_id,
        }
        for name, stored in files.items()
    ]
    statement = insert(RunArtifact)
    updates = {name: statement.excluded[name] for name in ("digest", "size", "workspace_id")}
    upsert = statement.on_conflict_do_update(index_elements=["run_id", "step", "name"], set_=updates)
    with db.session() as session:
        session.connection().execute(upsert, rows)


def artifacts_of_run(session: Session, workspace_id: int, run_id: str) -> list[RunArtifact]:
    """The files that a run left, by step and name."""
    query = (
        sa.select(RunArtifact)
        .where(RunArtifact.workspace_id == workspace_id, RunArtifact.run_id == run_id)
        .order_by(RunArtifact.step, RunArtifact.name)
    )
    return list(session.scalars(query))


def refusals_of_run(session: Session, workspace_id: int, run_id: str) -> list[Ingest]:
    """Artifacts of a run that were put aside, with the reason."""
    query = (
        sa.select(Ingest)
        .where(Ingest.workspace_id == workspace_id, Ingest.run_id == run_id, Ingest.outcome == REFUSED)
        .order_by(Ingest.id)
    )
    return list(session.scalars(query))


def artifact_of_run(session: Session, workspace_id: int, run_id: str, step: int, name: str) -> RunArtifact:
    """One file of a run.

    Raises:
        NotFound: the run left no such file in that step.
    """
    query = sa.select(RunArtifact).where(
        RunArtifact.workspace_id == workspace_id,
        RunArtifact.run_id == run_id,
        RunArtifact.step == step,
        RunArtifact.name == name,
    )
    found = session.scalar(query)
    if found is None:
        raise NotFound(f"Step {step} of run {run_id} left no {name}.")
    return found
