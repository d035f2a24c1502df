"""Where the lineage of each environment stands, and who may work on it."""

from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.catalog.models import CatalogState
from core.catalog.snapshots.models import Snapshot
from core.kit import clock
from core.kit.database import Database
from core.lineage.columns.values import Status
from core.lineage.models import LineageState, NodeLineageVersion
from core.lineage.tracing.engine import engine_digest

WAITING: Final = "waiting"
RUNNING: Final = "running"
DONE: Final = "done"
FAILED: Final = "failed"
# So often is one snapshot tried; then it waits for the next one, or for a person who asks again.
MOST_ATTEMPTS: Final = 3
CUT_SHORT: Final = (
    "The process that read the SQL was cut short three times, for example because memory ran out."
)
_LOCK: Final = 0x6C696E65


@dataclass(frozen=True)
class Behind:
    """An environment whose lineage is not that of its catalog; `asked`: how often people asked again."""

    environment_id: int
    snapshot_id: int
    attempts: int
    asked: int
    engine: str


@contextmanager
def exclusively(db: Database, environment_id: int) -> Generator[bool]:
    """Whether nobody else computes the lineage of this environment; if so, nobody does until the end.

    PostgreSQL gives the lock back when the process ends, however it does.
    """
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        key = {"what": _LOCK, "which": environment_id}
        held = connection.scalar(sa.text("select pg_try_advisory_lock(:what, :which)"), key)
        try:
            yield bool(held)
        finally:
            if held:
                connection.execute(sa.text("select pg_advisory_unlock(:what, :which)"), key)


def at_work(session: Session) -> set[int]:
    """The environments whose lineage some process computes right now, however long it has said nothing."""
    held = sa.text(
        "select objid::bigint from pg_locks where locktype = 'advisory' and granted and classid = :what "
        "and objsubid = 2 and database = (select oid from pg_database where datname = current_database())"
    )
    return set(session.scalars(held, {"what": _LOCK}))


def behind(session: Session, settled_before: datetime | None = None) -> list[Behind]:
    """The environments whose lineage is to be computed, those whose catalog changed first coming first.

    Left alone are those that a process is at, and those whose catalog changed after `settled_before`: who
    changed it may be about to see to its lineage.
    """
    state = LineageState
    fresh = sa.or_(
        state.environment_id.is_(None),
        state.snapshot_id.is_distinct_from(CatalogState.snapshot_id),
        state.engine.is_distinct_from(engine_digest()),
    )
    tried = sa.case((state.wanted_id == CatalogState.snapshot_id, state.attempts), else_=0)
    if settled_before is not None:
        fresh = sa.and_(fresh, Snapshot.ingested_at <= settled_before)
    asked = sa.func.coalesce(state.asked, 0)
    query = (
        sa.select(CatalogState.environment_id, CatalogState.snapshot_id, tried, asked)
        .join(Snapshot, Snapshot.id == CatalogState.snapshot_id)
        .outerjoin(state, state.environment_id == CatalogState.environment_id)
        .where(fresh, tried < MOST_ATTEMPTS, CatalogState.environment_id.not_in(at_work(session)))
        .order_by(CatalogState.snapshot_id)
    )
    return [Behind(*row, engine=engine_digest()[:8]) for row in session.execute(query)]


def begin(session: Session, environment_id: int, snapshot_id: int, total: int, run_id: str | None) -> None:
    """Work on a snapshot begins. An attempt counts until it ends well."""
    state = LineageState
    now = clock.now()
    values: dict[str, Any] = {
        "environment_id": environment_id,
        "wanted_id": snapshot_id,
        "state": RUNNING,
        "done": 0,
        "total": total,
        "computed": 0,
        "error": None,
        "run_id": run_id,
        "started_at": now,
        "progressed_at": now,
        "finished_at": None,
    }
    statement = insert(state).values(attempts=1, **values)
    attempts = sa.case((state.wanted_id == snapshot_id, state.attempts + 1), else_=1)
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["environment_id"], set_={**values, "attempts": attempts}
        )
    )


def progress(session: Session, environment_id: int, done: int, total: int) -> None:
    """So many nodes are read, of so many."""
    _set(session, environment_id, done=done, total=total, progressed_at=clock.now())


def finish(session: Session, environment_id: int, snapshot_id: int, computed: int) -> None:
    """The lineage is that of the snapshot."""
    now = clock.now()
    values: dict[str, Any] = {
        "snapshot_id": snapshot_id,
        "wanted_id": snapshot_id,
        "engine": engine_digest(),
        "state": DONE,
        "done": LineageState.total,
        "computed": computed,
        "attempts": 0,
        "error": None,
        "progressed_at": now,
        "finished_at": now,
    }
    _set(session, environment_id, **values)


def fail(session: Session, environment_id: int, error: str) -> None:
    """An attempt ended with an error."""
    _set(session, environment_id, state=FAILED, error=error, finished_at=clock.now())


def give_up(session: Session) -> None:
    """What was cut short so often that it is not tried again is not at work any more, and says so."""
    state = LineageState
    idle = state.environment_id.not_in(at_work(session))
    session.execute(
        sa.update(state)
        .where(state.state == RUNNING, state.attempts >= MOST_ATTEMPTS, idle)
        .values(state=FAILED, error=CUT_SHORT, finished_at=clock.now()),
        execution_options={"synchronize_session": False},
    )


def count_attempt(session: Session, waiting: Behind) -> None:
    """A run that was asked for ended before it began to work: that was an attempt, too."""
    attempts = waiting.attempts + 1
    values: dict[str, Any] = {
        "wanted_id": waiting.snapshot_id,
        "attempts": attempts,
        "state": FAILED if attempts >= MOST_ATTEMPTS else WAITING,
        "error": "The run that was to read the SQL ended before it did; its log in Dagster says why.",
    }
    statement = insert(LineageState).values(environment_id=waiting.environment_id, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["environment_id"], set_=values))


def ask_again(session: Session, environment_id: int) -> None:
    """A person wants read once more what could not be read, or not in full."""
    version = NodeLineageVersion
    session.execute(
        sa.update(version)
        .where(
            version.environment_id == environment_id,
            version.valid_to.is_(None),
            version.status.in_((Status.PARTIAL.value, Status.UNKNOWN.value)),
        )
        .values(input_hash=UUID(int=0)),
        execution_options={"synchronize_session": False},
    )
    values: dict[str, Any] = {"state": WAITING, "attempts": 0, "error": None, "engine": None}
    statement = insert(LineageState).values(environment_id=environment_id, asked=1, **values)
    values["asked"] = LineageState.asked + 1
    session.execute(statement.on_conflict_do_update(index_elements=["environment_id"], set_=values))


def _set(session: Session, environment_id: int, **values: Any) -> None:
    session.execute(
        sa.update(LineageState).where(LineageState.environment_id == environment_id).values(**values),
        execution_options={"synchronize_session": False},
    )
