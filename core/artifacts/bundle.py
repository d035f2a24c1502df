"""Taking a set of artifacts into the catalog of an environment: in one transaction, as one snapshot."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from sqlalchemy.exc import DataError

from core.artifacts.applying import Applying, Parts
from core.artifacts.arrival import INGESTED, REFUSED, SUPERSEDED, UNCHANGED, Arrival
from core.artifacts.errors import MalformedArtifact
from core.artifacts.manifest import open_manifest
from core.artifacts.models import Ingest
from core.artifacts.raw_json import open_raw
from core.artifacts.results import RunResults, parse_run_results, parse_sources
from core.artifacts.store import ArtifactStore, Stored
from core.artifacts.warehouse import Warehouse, open_warehouse
from core.catalog import notices, tidying
from core.catalog.models import CatalogState
from core.kit.database import Database
from core.kit.errors import WorkbenchError
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace

# The order matters: results and columns are about nodes that the manifest names.
NAMES: Final = ("manifest.json", "catalog.json", "run_results.json", "sources.json")
_SUPERSEDED_REASON: Final = "A newer state of the project is known."


@dataclass(frozen=True)
class Ingested:
    """What became of a set of artifacts.

    `outcome`: `ingested`, `unchanged` (all of it was known), `superseded` (a newer state was known) or
    `refused`, with the reason. `snapshot_id` is the snapshot that shows them; None when refused.
    `records` are those of the refused files.
    """

    outcome: str
    snapshot_id: int | None
    reason: str | None = None
    hint: str | None = None
    records: Sequence[Ingest] = ()
    added: int = 0
    changed: int = 0
    removed: int = 0


@dataclass
class _Refusals:
    """Files that are broken, with the reason."""

    found: dict[str, WorkbenchError | DataError] = field(
        default_factory=dict[str, WorkbenchError | DataError]
    )

    def words(self, name: str) -> tuple[str, str | None]:
        """The reason and what to do about it."""
        error = self.found[name]
        if isinstance(error, WorkbenchError):
            return error.message, error.hint
        return f"{name} holds a value that the catalog cannot keep: {error.orig}", None


def ingest(db: Database, store: ArtifactStore, arrival: Arrival, files: Mapping[str, Stored]) -> Ingested:
    """Take in files of the store, by their names (`manifest.json` and so on).

    Whatever is wrong with them is in the answer and in the records; the catalog then stays as it was.
    """
    known = _unchanged(db, arrival, files)
    if known is not None:
        return known
    refusals = _Refusals()
    parts = _open(store, files, refusals)
    while not (refusals.found and arrival.strict):
        try:
            applying = _apply(db, store, arrival, parts, {name: files[name] for name in parts.names})
        except _BrokenPart as broken:
            refusals.found[broken.name] = broken.error
            parts = parts.without(broken.name)
            continue
        records = _record_refusals(db, arrival, files, refusals)
        tidying.after_ingest(db, applying.changes)
        return _answer(applying, refusals, records)
    records = _record_refusals(db, arrival, files, refusals)
    name = next(iter(refusals.found))
    reason, hint = refusals.words(name)
    return Ingested(REFUSED, None, reason, hint, records)


def _unchanged(db: Database, arrival: Arrival, files: Mapping[str, Stored]) -> Ingested | None:
    """The answer where each file is the last of its kind once more: then none of them is opened."""
    with db.session() as session:
        state = session.get(CatalogState, arrival.environment_id)
        last = {} if state is None else state.artifacts
        if state is None or any(
            last.get(key, {}).get("digest") != file.digest for key, file in files.items()
        ):
            return None
        session.add_all(_record(arrival, name, file, UNCHANGED, None, None) for name, file in files.items())
        return Ingested(UNCHANGED, state.snapshot_id)


class _BrokenPart(Exception):
    """A file turned out broken while it was written; nothing of the transaction stays."""

    def __init__(self, name: str, error: WorkbenchError | DataError) -> None:
        super().__init__(name)
        self.name = name
        self.error = error


_Reader = Callable[[ArtifactStore, Stored], Any]


def _open(store: ArtifactStore, files: Mapping[str, Stored], refusals: _Refusals) -> Parts:
    readers: Mapping[str, _Reader] = {
        "manifest.json": lambda store, file: open_manifest(store.path(file.digest)),
        "catalog.json": lambda store, file: open_warehouse(store.path(file.digest)),
        "run_results.json": _run_results,
        "sources.json": _sources,
    }
    opened: dict[str, Any] = {}
    for name in NAMES:
        if name in files:
            try:
                opened[name] = readers[name](store, files[name])
            except WorkbenchError as error:
                refusals.found[name] = error
    return Parts(opened)


def _run_results(store: ArtifactStore, file: Stored) -> RunResults:
    return parse_run_results(open_raw(store.path(file.digest), "run-results", "run_results.json"))


def _sources(store: ArtifactStore, file: Stored) -> Any:
    return parse_sources(open_raw(store.path(file.digest), "sources", "sources.json"))


def _reopened(store: ArtifactStore, digest: str) -> Warehouse | None:
    try:
        return open_warehouse(store.path(digest))
    except MalformedArtifact:
        return None


def _apply(
    db: Database, store: ArtifactStore, arrival: Arrival, parts: Parts, files: Mapping[str, Stored]
) -> Applying:
    with db.session() as session:
        # One ingest at a time; with a key share lock the events of other runs need not wait for it.
        workspace = session.get_one(Workspace, arrival.workspace_id, with_for_update={"key_share": True})
        applying = Applying(session, workspace, arrival, parts, files, partial(_reopened, store))
        try:
            applying.apply()
        except (WorkbenchError, DataError) as error:
            session.rollback()
            raise _BrokenPart(applying.current, error) from error
        for name, outcome in applying.outcomes.items():
            message = _SUPERSEDED_REASON if outcome == SUPERSEDED else None
            session.add(_record(arrival, name, files[name], outcome, message, applying))
        session.flush()
        notices.publish(session, arrival.workspace_id, arrival.environment_id, applying.kinds)
        return applying


def _answer(applying: Applying, refusals: _Refusals, records: Sequence[Ingest]) -> Ingested:
    outcomes = set(applying.outcomes.values())
    outcome = next((o for o in (INGESTED, SUPERSEDED, UNCHANGED) if o in outcomes), REFUSED)
    reason, hint = (None, None)
    if refusals.found:
        reason, hint = refusals.words(next(iter(refusals.found)))
    elif outcome == SUPERSEDED:
        reason = _SUPERSEDED_REASON
    changes = applying.changes
    snapshot_id = None if outcome == REFUSED else applying.snapshot_id
    return Ingested(
        outcome, snapshot_id, reason, hint, records, changes.added, changes.changed, changes.removed
    )


def _record_refusals(
    db: Database, arrival: Arrival, files: Mapping[str, Stored], refusals: _Refusals
) -> list[Ingest]:
    if not refusals.found:
        return []
    with db.session() as session:
        records: list[Ingest] = []
        for name in refusals.found:
            reason, _ = refusals.words(name)
            records.append(_record(arrival, name, files[name], REFUSED, reason, None))
            if name == "manifest.json" and arrival.is_own:
                workspaces.mark_broken(session.get_one(Workspace, arrival.workspace_id), reason)
        session.add_all(records)
    return records


def _record(
    arrival: Arrival, name: str, file: Stored, outcome: str, message: str | None, applying: Applying | None
) -> Ingest:
    changes = applying.changes if applying and name == "manifest.json" else None
    return Ingest(
        workspace_id=arrival.workspace_id,
        environment_id=arrival.environment_id,
        drop_id=arrival.drop_id,
        run_id=arrival.run_id,
        step=arrival.step,
        name=name,
        digest=file.digest,
        outcome=outcome,
        message=message,
        added=changes.added if changes else 0,
        changed=changes.changed if changes else 0,
        removed=changes.removed if changes else 0,
    )
