"""Where tracing the columns of an environment stands, and asking for it again."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.audit.service import By, Tag
from core.catalog.models import CatalogState
from core.catalog.reading import Reading
from core.kit.errors import Conflict
from core.lineage.models import LineageState
from core.lineage.tracing import states

NEVER = "never"


@dataclass(frozen=True)
class TraceState:
    """Where it stands. `snapshot` is the one whose lineage is complete; `current`: the catalog is at it."""

    state: str = NEVER
    snapshot: int | None = None
    wanted: int | None = None
    current: bool = False
    done: int = 0
    total: int = 0
    computed: int = 0
    error: str | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    # The snapshot that is read: edges between nodes are a matter of it alone.
    read: int | None = None


def state_of(session: Session, reading: Reading) -> TraceState:
    """Where tracing stands; the snapshot that is read, where it is a past one, counts as the catalog's."""
    query = sa.select(LineageState, CatalogState.snapshot_id).select_from(CatalogState)
    joined = query.outerjoin(LineageState, LineageState.environment_id == CatalogState.environment_id)
    found: Any = session.execute(joined.where(CatalogState.environment_id == reading.environment_id)).all()
    row, now = found[0] if found else (None, None)
    wanted = reading.snapshot.id if reading.snapshot else now
    if row is None:
        return TraceState(NEVER if now is None else states.WAITING, read=wanted)
    return TraceState(
        state=_word(row, now),
        snapshot=row.snapshot_id,
        wanted=row.wanted_id,
        current=row.snapshot_id is not None and row.snapshot_id == wanted,
        done=row.done,
        total=row.total,
        computed=row.computed,
        error=row.error,
        started_at=row.started_at,
        finished_at=row.finished_at,
        read=wanted,
    )


def _word(row: LineageState, now: int | None) -> str:
    """What was done for a snapshot before this one is still to be done."""
    is_old = row.state == states.DONE and row.snapshot_id != now
    return states.WAITING if is_old else row.state


def ask_again(session: Session, by: By, reading: Reading) -> TraceState:
    """Have the columns traced once more, whatever came of it before.

    Raises:
        Conflict: there is nothing to trace yet.
    """
    now = session.scalar(
        sa.select(CatalogState.snapshot_id).where(CatalogState.environment_id == reading.environment_id)
    )
    if now is None:
        raise Conflict("There is nothing to trace.", hint="Run dbt, or bring its artifacts, first.")
    states.ask_again(session, reading.environment_id)
    _record(session, by, reading, now)
    return state_of(session, reading)


def _record(session: Session, by: By, reading: Reading, snapshot_id: int) -> None:
    audit.record(
        session,
        by,
        Tag.LINEAGE_REQUESTED,
        workspace_id=reading.workspace_id,
        subject=reading.environment,
        data={"snapshot": snapshot_id},
    )
