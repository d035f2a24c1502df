"""Taking artifacts into the store and the catalog. What is refused is recorded with its reason."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session

from core.artifacts.manifest import parse_manifest
from core.artifacts.models import Ingest, RunArtifact
from core.artifacts.reading import read_artifact
from core.artifacts.results import parse_catalog, parse_run_results, parse_sources
from core.artifacts.store import ArtifactStore, Stored
from core.catalog import writing
from core.catalog.writing import Changes
from core.kit import clock
from core.kit.database import Database
from core.kit.errors import NotFound, WorkbenchError
from core.runs import recording
from core.runs.recording import StepContext
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace

# The order matters: results and columns are about nodes that the manifest names.
NAMES = ("manifest.json", "catalog.json", "run_results.json", "sources.json")


@dataclass(frozen=True)
class Arrival:
    """Where artifacts come from: a step of a run, or (without a run) a parse at start."""

    workspace_id: int
    run_id: str | None = None
    step: int = 1
    command: str = "parse"


def collect(db: Database, store: ArtifactStore, arrival: Arrival, target: Path) -> list[Ingest]:
    """Store and ingest every artifact of a target folder, each in a transaction of its own.

    A file that is broken is stored, refused and recorded; the others go on.
    """
    return [take_in(db, store, arrival, target / name) for name in NAMES if (target / name).is_file()]


def take_in(db: Database, store: ArtifactStore, arrival: Arrival, path: Path) -> Ingest:
    """Store one file and ingest it. The record's `outcome` is `ingested`, `superseded` or `refused`."""
    stored = store.put(path)
    try:
        with db.session() as session:
            # One ingest at a time; with a key share lock the events of other runs need not wait for it.
            workspace = session.get_one(Workspace, arrival.workspace_id, with_for_update={"key_share": True})
            _keep_for_run(session, arrival, path.name, stored)
            changes = _INGESTERS[path.name](session, workspace, arrival, store.path(stored.digest), stored)
            record = _record(arrival, path.name, stored, "ingested", None, changes)
            session.add(record)
            return record
    except Superseded:
        return _supersede(db, arrival, path.name, stored)
    except WorkbenchError as error:
        return _refuse(db, arrival, path.name, stored, error.message)
    except DataError as error:
        reason = f"{path.name} holds a value that the catalog cannot keep: {error.orig}"
        return _refuse(db, arrival, path.name, stored, reason)


class Superseded(Exception):
    """A manifest from before what is known already: of a long run, while the project was parsed anew."""


def _supersede(db: Database, arrival: Arrival, name: str, stored: Stored) -> Ingest:
    """Kept for its run, and without effect on the catalog."""
    with db.session() as session:
        _keep_for_run(session, arrival, name, stored)
        reason = "A newer state of the project is known."
        record = _record(arrival, name, stored, "superseded", reason, Changes())
        session.add(record)
    return record


def _refuse(db: Database, arrival: Arrival, name: str, stored: Stored, reason: str) -> Ingest:
    with db.session() as session:
        _keep_for_run(session, arrival, name, stored)
        record = _record(arrival, name, stored, "refused", reason, Changes())
        session.add(record)
        if name == "manifest.json":
            workspaces.mark_broken(session.get_one(Workspace, arrival.workspace_id), reason)
    return record


def _record(
    arrival: Arrival, name: str, stored: Stored, outcome: str, message: str | None, changes: Changes
) -> Ingest:
    return Ingest(
        workspace_id=arrival.workspace_id,
        run_id=arrival.run_id,
        step=arrival.step,
        name=name,
        digest=stored.digest,
        outcome=outcome,
        message=message,
        added=changes.added,
        changed=changes.changed,
        removed=changes.removed,
    )


def _keep_for_run(session: Session, arrival: Arrival, name: str, stored: Stored) -> None:
    if arrival.run_id is None:
        return
    values = {"digest": stored.digest, "size": stored.size, "workspace_id": arrival.workspace_id}
    statement = insert(RunArtifact).values(run_id=arrival.run_id, step=arrival.step, name=name, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["run_id", "step", "name"], set_=values))


def _manifest(
    session: Session, workspace: Workspace, _arrival: Arrival, path: Path, stored: Stored
) -> Changes:
    manifest = parse_manifest(read_artifact(path, "manifest", "manifest.json"))
    generated_at = manifest.generated_at or clock.now()
    if workspace.state_at is not None and generated_at < workspace.state_at:
        raise Superseded
    changes = writing.write_manifest(session, workspace.id, manifest.nodes, clock.now())
    workspaces.mark_ready(
        workspace,
        at=generated_at,
        digest=stored.digest,
        assets_digest=manifest.assets_digest,
        adapter=manifest.adapter_type,
        dbt=manifest.dbt_version,
    )
    return changes


def _catalog(
    session: Session, workspace: Workspace, _arrival: Arrival, path: Path, _stored: Stored
) -> Changes:
    tables = parse_catalog(read_artifact(path, "catalog", "catalog.json"))
    return writing.write_catalog(session, workspace.id, tables)


def _run_results(
    session: Session, workspace: Workspace, arrival: Arrival, path: Path, _stored: Stored
) -> Changes:
    outcomes = parse_run_results(read_artifact(path, "run-results", "run_results.json"))
    if arrival.run_id is not None:
        context = StepContext(workspace.id, arrival.run_id, arrival.step, arrival.command)
        recording.record_outcomes(session, context, outcomes)
    return Changes(changed=len(outcomes))


def _sources(
    session: Session, workspace: Workspace, arrival: Arrival, path: Path, _stored: Stored
) -> Changes:
    results = parse_sources(read_artifact(path, "sources", "sources.json"))
    writing.write_freshness(session, workspace.id, results, arrival.run_id)
    return Changes(changed=len(results))


_INGESTERS: dict[str, Callable[[Session, Workspace, Arrival, Path, Stored], Changes]] = {
    "manifest.json": _manifest,
    "catalog.json": _catalog,
    "run_results.json": _run_results,
    "sources.json": _sources,
}


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
        .where(Ingest.workspace_id == workspace_id, Ingest.run_id == run_id, Ingest.outcome == "refused")
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
