"""What is in effect: the files behind a catalog, and the places that are looked at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.artifacts import places
from core.artifacts.arrival import REFUSED
from core.artifacts.checking import KINDS
from core.artifacts.models import Drop, DropPlace, DropState, Ingest
from core.catalog.models import CatalogState
from core.environments.models import Environment
from core.kit.settings import Settings
from core.workspaces.models import Workspace

# Of drops that were refused at the door only the latest are asked what was wrong with them.
LATEST: Final = 50


@dataclass(frozen=True)
class Refusal:
    """A file that was refused."""

    at: datetime
    reason: str | None
    run_id: str | None
    drop_id: int | None


@dataclass(frozen=True)
class FileState:
    """A kind of file: the one in effect, and one that was refused after it."""

    name: str
    in_effect: Mapping[str, Any] | None
    refused: Refusal | None


def files_in_effect(session: Session, environment: Environment | None) -> list[FileState]:
    """The state of each kind of file in an environment."""
    if environment is None:
        return [FileState(name, None, None) for name in KINDS]
    state = session.get(CatalogState, environment.id)
    effective: Mapping[str, Any] = state.artifacts if state else {}
    refused = _refusals(session, environment.id)
    return [FileState(name, effective.get(name), _newer(effective, refused, name)) for name in KINDS]


def _newer(effective: Mapping[str, Any], refused: Mapping[str, Refusal], name: str) -> Refusal | None:
    """The refusal, unless what is in effect came after it."""
    refusal, came = refused.get(name), effective.get(name, {}).get("ingested_at")
    at = None if came is None else datetime.fromisoformat(came)
    return None if refusal is None or (at is not None and refusal.at <= at) else refusal


def _refusals(session: Session, environment_id: int) -> dict[str, Refusal]:
    """The last refusal of each kind of file."""
    found = _refused_by_ingest(session, environment_id)
    for name, refusal in _refused_at_the_door(session, environment_id).items():
        if name not in found or found[name].at < refusal.at:
            found[name] = refusal
    return found


def _refused_by_ingest(session: Session, environment_id: int) -> dict[str, Refusal]:
    query = (
        sa.select(Ingest)
        .distinct(Ingest.name)
        .where(Ingest.environment_id == environment_id, Ingest.outcome == REFUSED)
        .order_by(Ingest.name, Ingest.id.desc())
    )
    return {row.name: Refusal(row.at, row.message, row.run_id, row.drop_id) for row in session.scalars(query)}


def _refused_at_the_door(session: Session, environment_id: int) -> dict[str, Refusal]:
    query = (
        sa.select(Drop)
        .where(Drop.environment_id == environment_id, Drop.state == DropState.REFUSED)
        .order_by(Drop.received_at.desc())
        .limit(LATEST)
    )
    found: dict[str, Refusal] = {}
    for drop in session.scalars(query):
        for item in drop.files:
            if item.get("problem"):
                refusal = Refusal(drop.finished_at or drop.received_at, item["problem"], None, drop.id)
                found.setdefault(item["name"], refusal)
    return found


def places_in_words(
    session: Session, settings: Settings, workspace: Workspace
) -> Sequence[Mapping[str, Any]]:
    """Every place of a workspace, and what the last look at it found."""
    rows = {
        row.kind: row
        for row in session.scalars(sa.select(DropPlace).where(DropPlace.workspace_id == workspace.id))
    }
    return [
        _place(kind, address, rows.get(kind))
        for kind, address, _url in places.places_of(settings, workspace.key)
    ]


def _place(kind: str, address: str, row: DropPlace | None) -> Mapping[str, Any]:
    seen = row.seen.values() if row else ()
    return {
        "kind": kind,
        "address": address,
        "looked_at": row.looked_at if row else None,
        "problem": row.problem if row else None,
        "waiting": sum(1 for item in seen if not item["done"]),
    }
