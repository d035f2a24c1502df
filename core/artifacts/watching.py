"""Looking at the places of every workspace, and making drops of what is complete there.

A drop is complete when a marker says so, or when it looks the same as at the look before. It is copied first;
what changed meanwhile is left for another look.
"""

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert

from core.artifacts import delivery, drops, places
from core.artifacts.checking import malformed
from core.artifacts.delivery import Limits, Prepared
from core.artifacts.drops import Bringing
from core.artifacts.models import DropPlace
from core.artifacts.places import Candidate, Place
from core.artifacts.store import ArtifactStore
from core.artifacts.upload import environment_for
from core.kit import clock
from core.kit.database import Database
from core.kit.errors import WorkbenchError
from core.kit.settings import Settings
from core.kit.text import storable
from core.workspaces.models import Workspace

# What is not taken within this time waits for the next look: others have waited, too.
LONGEST_LOOK_SECONDS: Final = 20
FORGOTTEN_SECONDS: Final = 86_400

Seen = Mapping[str, Any]


@dataclass(frozen=True)
class Watcher:
    """What a look needs."""

    settings: Settings
    db: Database
    store: ArtifactStore

    def look(self) -> None:
        """Look at every place of every workspace in use."""
        self.store.sweep(FORGOTTEN_SECONDS)
        until = time.monotonic() + LONGEST_LOOK_SECONDS
        with self.db.session() as session:
            query = sa.select(Workspace.id, Workspace.key).where(Workspace.archived_at.is_(None))
            found = [(row.id, row.key) for row in session.execute(query.order_by(Workspace.id))]
        for workspace_id, key in found:
            for kind, address, url in places.places_of(self.settings, key):
                self._look_at(workspace_id, kind, address, url, until)

    def _look_at(self, workspace_id: int, kind: str, address: str, url: str, until: float) -> None:
        seen = self._seen(workspace_id, kind)
        problem: str | None = None
        now: dict[str, Seen] | None = None
        try:
            place = places.open_place(kind, url)
            now = {found.path: self._see(workspace_id, place, found, seen, until) for found in place.find()}
            problem = "\n".join(dict.fromkeys(place.problems)) or None
        except Exception as error:  # noqa: BLE001 - each kind of storage has errors of its own
            problem = _without_secrets(f"{type(error).__name__}: {error}", url, address)
        self._remember(workspace_id, kind, address, problem, seen if now is None else now, seen)

    def _seen(self, workspace_id: int, kind: str) -> Mapping[str, Seen]:
        with self.db.session() as session:
            row = session.get(DropPlace, (workspace_id, kind))
            return row.seen if row else {}

    def _remember(
        self,
        workspace_id: int,
        kind: str,
        address: str,
        problem: str | None,
        now: Mapping[str, Seen],
        before: Mapping[str, Seen],
    ) -> None:
        facts: dict[str, Any] = {"address": address, "looked_at": clock.now(), "problem": problem}
        if now != before:
            facts["seen"] = dict(now)
        statement = insert(DropPlace).values(workspace_id=workspace_id, kind=kind, **facts)
        same = ["workspace_id", "kind"]
        with self.db.session() as session:
            session.execute(statement.on_conflict_do_update(index_elements=same, set_=facts))

    def _see(
        self, workspace_id: int, place: Place, found: Candidate, seen: Mapping[str, Seen], until: float
    ) -> Seen:
        """What to remember of a candidate; takes it, if it is complete and new."""
        before, signature = seen.get(found.path), found.signature
        same = before is not None and before["signature"] == signature
        done = same and before is not None and before["done"]
        if not done and (same or found.marked) and time.monotonic() < until:
            done = self._take(workspace_id, place, found)
        return {"signature": signature, "done": done}

    def _take(self, workspace_id: int, place: Place, found: Candidate) -> bool:
        """Make a drop of it. False when it has to be looked at once more."""
        try:
            with self.store.spool() as spool:
                limits = Limits.of(self.settings)
                if found.size > limits.packed:
                    prepared = _too_large(found, limits)
                else:
                    delivered = place.copy(found, spool, limits.packed)
                    if not place.is_unchanged(found):
                        return False
                    prepared = delivery.prepare(self.store, delivered, spool, limits)
                self._keep(workspace_id, place.kind, found, prepared)
        except Exception as error:  # noqa: BLE001 - one drop never holds up the others
            said = str(error) if isinstance(error, WorkbenchError | OSError) else ""
            place.problems.append(f"{found.path}: {said or repr(error)}")
            return False
        return True

    def _keep(self, workspace_id: int, kind: str, found: Candidate, prepared: Prepared) -> None:
        with self.db.session() as session:
            workspace = session.get_one(Workspace, workspace_id)
            environment = environment_for(session, workspace, found.environment, create=True)
            drops.keep(session, Bringing(workspace_id, environment.id, kind, found.path), prepared)


def _too_large(found: Candidate, limits: Limits) -> Prepared:
    """Refused unread: what it holds is not known, only what it looks like."""
    name, info = max(found.files.items(), key=lambda item: int(item[1].get("size") or 0))
    most = f"{limits.packed / delivery.MEGABYTE:g} MB (ARTIFACT_UPLOAD_MAX_MB)"
    problem = malformed(name, f"is too large ({info.get('size')} bytes): a drop may have {most}")
    files = [{"name": name, "digest": None, "size": info.get("size"), "problem": problem.message}]
    digest = hashlib.sha256(f"unread {found.path} {found.signature}".encode()).hexdigest()
    return Prepared(files, digest, found.size, problem)


def _without_secrets(text: str, url: str, address: str) -> str:
    password = urlsplit(url).password
    text = text.replace(url, address)
    return storable(text.replace(password, "***") if password else text)[:2000]
