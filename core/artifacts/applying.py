"""The transaction of one ingest: each part written in its turn."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.artifacts.arrival import INGESTED, SUPERSEDED, UNCHANGED, Arrival
from core.artifacts.manifest import Manifest
from core.artifacts.results import RunResults
from core.artifacts.store import Stored
from core.artifacts.times import time_or_none
from core.artifacts.warehouse import Warehouse
from core.catalog import coverage, health
from core.catalog.freshness import write_freshness
from core.catalog.ingest.apply import Ingest
from core.catalog.ingest.ports import Changes, Target
from core.catalog.models import CatalogState
from core.catalog.reading import Reading, reading_now
from core.catalog.shape import shape_digest
from core.catalog.snapshots.models import Snapshot
from core.kit import clock
from core.kit.bulk import MANY
from core.kit.database import over_many_rows
from core.runs import recording
from core.runs.recording import StepContext
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace


@dataclass(frozen=True)
class Parts:
    """Opened artifacts, by name."""

    opened: Mapping[str, Any]

    @property
    def names(self) -> list[str]:
        """Which there are."""
        return list(self.opened)

    def without(self, name: str) -> "Parts":
        """The others."""
        return Parts({key: part for key, part in self.opened.items() if key != name})


@dataclass
class Applying:
    """Writes the parts and keeps what came of each. `current` is the part in hand, in case it is broken.

    `reopen` gives a catalog.json that was taken in before, by its digest.
    """

    session: Session
    workspace: Workspace
    arrival: Arrival
    parts: Parts
    files: Mapping[str, Stored]
    reopen: Callable[[str], Warehouse | None]
    outcomes: dict[str, str] = field(default_factory=dict[str, str])
    changes: Changes = field(default_factory=Changes)
    kinds: set[str] = field(default_factory=set[str])
    snapshot_id: int | None = None
    current: str = ""

    def apply(self) -> None:
        """Write everything.

        Raises:
            WorkbenchError: the current part is not what it should be.
        """
        self._now = clock.now()
        self._state = _locked_state(self.session, self.arrival.environment_id)
        self.snapshot_id = self._state.snapshot_id
        self._nodes()
        for name, write in (("run_results.json", self._run_results), ("sources.json", self._sources)):
            if name in self.parts.opened and not self._is_known(name):
                self.current = name
                write(self.parts.opened[name])
                self.outcomes[name] = INGESTED
                self._note(name, self._now)

    @property
    def _reading(self) -> Reading:
        return reading_now(self.arrival.workspace_id, self.arrival.environment_id)

    def _nodes(self) -> None:
        """Manifest and catalog.json together: a column is known from both."""
        manifest: Manifest | None = self._unless_old("manifest.json", self._manifest_moment())
        warehouse: Warehouse | None = self._unless_old("catalog.json", self._warehouse_moment())
        if manifest is None and warehouse is None:
            return
        self.current = "catalog.json" if manifest is None else "manifest.json"
        snapshot = self._new_snapshot(manifest)
        target = Target(
            self.workspace.id, self.arrival.environment_id, snapshot.id, self._manifest_moment() or self._now
        )
        self.changes = Ingest(self.session, target, self._last_warehouse).write(manifest, warehouse)
        self._conclude(snapshot)
        if manifest is not None:
            self._note_manifest(manifest)
        if warehouse is not None:
            self._note("catalog.json", self._warehouse_moment() or self._now)
        for name in ("manifest.json", "catalog.json"):
            if name in self.parts.opened:
                self.outcomes.setdefault(name, INGESTED)

    def _last_warehouse(self) -> Warehouse | None:
        digest = self._state.artifacts.get("catalog.json", {}).get("digest")
        return None if digest is None else self.reopen(digest)

    def _moment(self, generated_at: datetime | None) -> datetime:
        """When an artifact was made; a clock that runs ahead must not block all that follows."""
        return self._now if generated_at is None else min(generated_at, self._now)

    def _manifest_moment(self) -> datetime | None:
        manifest: Manifest | None = self.parts.opened.get("manifest.json")
        return None if manifest is None else self._moment(manifest.generated_at)

    def _warehouse_moment(self) -> datetime | None:
        warehouse: Warehouse | None = self.parts.opened.get("catalog.json")
        return None if warehouse is None else self._moment(time_or_none(warehouse.generated_at))

    def _unless_old(self, name: str, at: datetime | None) -> Any:
        """The part, if it is there and says something new; otherwise its outcome is noted."""
        part = self.parts.opened.get(name)
        if part is None or at is None:
            return None
        if self._is_known(name):
            return None
        known = time_or_none(self._state.artifacts.get(name, {}).get("at"))
        if known is not None and at < known:
            self.outcomes[name] = SUPERSEDED
            return None
        return part

    def _is_known(self, name: str) -> bool:
        """Whether this very file was the last of its kind; then that is its outcome."""
        same = self._state.artifacts.get(name, {}).get("digest") == self.files[name].digest
        if same:
            self.outcomes[name] = UNCHANGED
        return same

    def _new_snapshot(self, manifest: Manifest | None) -> Snapshot:
        arrival = self.arrival
        snapshot = Snapshot(
            workspace_id=arrival.workspace_id,
            environment_id=arrival.environment_id,
            at=self._manifest_moment() or self._warehouse_moment() or self._now,
            ingested_at=self._now,
            origin=arrival.origin,
            run_id=arrival.run_id,
            drop_id=arrival.drop_id,
            dbt_version=manifest.dbt_version if manifest else None,
            adapter_type=manifest.adapter_type if manifest else None,
            manifest_digest=self._digest("manifest.json"),
            catalog_digest=self._digest("catalog.json"),
        )
        self.session.add(snapshot)
        self.session.flush()
        return snapshot

    def _digest(self, name: str) -> str | None:
        return self.files[name].digest if name in self.files else None

    def _conclude(self, snapshot: Snapshot) -> None:
        """A snapshot that differs in nothing from the one before is none."""
        changes = self.changes
        if not changes.any and self._state.snapshot_id is not None:
            self.session.delete(snapshot)
            self.session.flush()
            return
        touched = None if len(changes.touched) > MANY else changes.touched
        health.refresh(self.session, self._reading, touched)
        snapshot.added, snapshot.changed, snapshot.removed = changes.added, changes.changed, changes.removed
        snapshot.nodes = _count(self.session, self._reading)
        with over_many_rows(self.session):
            snapshot.coverage = coverage.as_counts(coverage.coverage_of(self.session, self._reading))
        self._state.snapshot_id = self.snapshot_id = snapshot.id
        self.kinds.add("nodes")

    def _note(self, name: str, at: datetime) -> None:
        entry = {
            "digest": self.files[name].digest,
            "at": at.isoformat(),
            "ingested_at": self._now.isoformat(),
            "run_id": self.arrival.run_id,
            "drop_id": self.arrival.drop_id,
            "origin": self.arrival.origin,
        }
        self._state.artifacts = {**self._state.artifacts, name: entry}

    def _note_manifest(self, manifest: Manifest) -> None:
        at = self._moment(manifest.generated_at)
        self._note("manifest.json", at)
        self._state.state_at = at
        self._state.project_name = manifest.project_name
        workspace = self.workspace
        if workspace.state_at is not None and at < workspace.state_at:
            return
        if self.arrival.is_own or workspace.project_dir is None:
            shape = self.changes.shape or workspace.assets_digest is None
            workspaces.mark_ready(
                workspace,
                at=at,
                digest=self.files["manifest.json"].digest,
                assets_digest=shape_digest(self.session, self._reading) if shape else workspace.assets_digest,
                adapter=manifest.adapter_type,
                dbt=manifest.dbt_version,
            )

    def _run_results(self, results: RunResults) -> None:
        arrival = self.arrival
        run_id = arrival.run_id or f"external-{results.invocation_id or arrival.drop_id}"[:64]
        context = StepContext(
            workspace_id=arrival.workspace_id,
            environment_id=arrival.environment_id,
            run_id=run_id,
            step=arrival.step,
            command=arrival.command if arrival.run_id else (results.command or "build"),
            at=self._moment(results.generated_at),
        )
        recording.record_outcomes(self.session, context, results.outcomes)
        self.kinds.add("results")

    def _sources(self, answers: Any) -> None:
        write_freshness(self.session, self._reading, answers, self.arrival.run_id)
        self.kinds.add("freshness")


def _locked_state(session: Session, environment_id: int) -> CatalogState:
    state = session.get(CatalogState, environment_id, with_for_update=True)
    if state is None:
        state = CatalogState(environment_id=environment_id, artifacts={})
        session.add(state)
        session.flush()
    return state


def _count(session: Session, reading: Reading) -> int:
    node = reading.nodes
    query = sa.select(sa.func.count()).select_from(node).where(node.environment_id == reading.environment_id)
    return session.scalar(query) or 0
