"""One ingest of one drop, from the claim to the word how it ended."""

import contextlib
import time
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from core.artifacts import bundle, drops
from core.artifacts.arrival import UNCHANGED, Arrival
from core.artifacts.drops import Outcome
from core.artifacts.models import Drop, DropState
from core.kit.errors import WorkbenchError
from core.workspaces.models import Workspace
from orchestration.lib.lineage import trace_on_the_way
from orchestration.lib.reload import request_reload
from orchestration.lib.services import Services

# Older drops of the same environment go first; one that does not come to an end holds up nobody for ever.
LONGEST_TURN_SECONDS: Final = 60
TURN_SECONDS: Final = 0.2


def take_in(shared: Services, drop_id: int, attempt: int, run_id: str) -> Outcome | None:
    """Ingest a drop. None when it was not there to be taken.

    Whatever is wrong with the drop itself is its outcome. Anything else is raised and ends the run; the
    sensor then asks for another one.
    """
    _wait_for_turn(shared, drop_id)
    with shared.db.session() as session:
        drop = drops.claim(session, drop_id, attempt, run_id)
    if drop is None:
        return None
    before = _assets(shared, drop)
    try:
        outcome = _ingest(shared, drop)
    except Exception as error:
        _note(shared, drop_id, run_id, error)
        raise
    with shared.db.session() as session:
        drops.finish(session, drop_id, run_id, outcome)
    if _assets(shared, drop) != before:
        request_reload(shared.settings.dagster_url)
    trace_on_the_way(shared, drop.environment_id, run_id)
    return outcome


def _wait_for_turn(shared: Services, drop_id: int) -> None:
    until = time.monotonic() + LONGEST_TURN_SECONDS
    while time.monotonic() < until:
        with shared.db.session() as session:
            drop = session.get(Drop, drop_id)
            if drop is None or drops.is_turn(session, drop):
                return
        time.sleep(TURN_SECONDS)


def _ingest(shared: Services, drop: Drop) -> Outcome:
    arrival = Arrival(
        workspace_id=drop.workspace_id,
        environment_id=drop.environment_id,
        drop_id=drop.id,
        origin=drop.source,
        strict=True,
    )
    try:
        done = bundle.ingest(shared.db, shared.store, arrival, drops.files_of(drop))
    except WorkbenchError as error:
        return Outcome(DropState.REFUSED, error.message, error.hint)
    state = DropState.INGESTED if done.outcome == UNCHANGED else DropState(done.outcome)
    return Outcome(state, done.reason, done.hint, done.snapshot_id)


def _note(shared: Services, drop_id: int, run_id: str, error: Exception) -> None:
    """So that people can read why; when the database is what is missing, Dagster's page has it."""
    with contextlib.suppress(SQLAlchemyError), shared.db.session() as session:
        drops.note_failure(session, drop_id, run_id, error)


def _assets(shared: Services, drop: Drop) -> str | None:
    with shared.db.session() as session:
        return session.get_one(Workspace, drop.workspace_id).assets_digest
