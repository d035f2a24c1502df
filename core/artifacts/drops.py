"""Drops: what was brought, and how far each has come. Every drop is taken in exactly once.

A drop is one by the hash of its files within an environment, so that bringing it twice, by two ways or seen
by two daemons, is one row. An ingest run claims the row before it begins; a run that died is replaced.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.artifacts.checking import KINDS
from core.artifacts.delivery import Prepared
from core.artifacts.models import Drop, DropState, Ingest
from core.artifacts.store import Stored
from core.audit import service as audit
from core.auth.actor import Actor
from core.catalog import notices
from core.environments.models import Environment
from core.kit import clock
from core.kit.errors import Conflict, NotFound, WorkbenchError
from core.kit.paging import Page, decode_cursor, encode_cursor
from core.kit.text import storable
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace

MOST_FAILURES: Final = 3
LONGEST_LABEL: Final = 500
ENDED: Final = (DropState.INGESTED, DropState.SUPERSEDED, DropState.REFUSED)


@dataclass(frozen=True)
class Bringing:
    """Who brings something, how, and for what. `again`: what was refused before is tried anew."""

    workspace_id: int
    environment_id: int
    source: str
    label: str
    actor: str | None = None
    again: bool = False


@dataclass(frozen=True)
class Outcome:
    """How an ingest of a drop ended."""

    state: DropState
    reason: str | None = None
    hint: str | None = None
    snapshot_id: int | None = None


@dataclass(frozen=True)
class DropView:
    """A drop as people see it."""

    drop: Drop
    environment: str
    records: Sequence[Ingest] = field(default_factory=list[Ingest])


def keep(session: Session, bringing: Bringing, prepared: Prepared) -> tuple[Drop, bool]:
    """The drop of these files, and whether it is new. What is broken is kept as refused."""
    values = {**_facts(bringing, prepared), **_beginning(prepared)}
    statement = (
        insert(Drop).values(**values).on_conflict_do_nothing(index_elements=["environment_id", "digest"])
    )
    new = session.scalar(statement.returning(Drop.id))
    if new is not None:
        return _told(session, session.get_one(Drop, new)), True
    same = sa.and_(Drop.environment_id == bringing.environment_id, Drop.digest == prepared.digest)
    drop = session.scalars(sa.select(Drop).where(same).with_for_update()).one()
    if bringing.again and drop.state == DropState.REFUSED:
        _begin_again(drop, values)
        _told(session, drop)
    return drop, False


def _facts(bringing: Bringing, prepared: Prepared) -> dict[str, Any]:
    return {
        "workspace_id": bringing.workspace_id,
        "environment_id": bringing.environment_id,
        "source": bringing.source,
        "label": storable(bringing.label)[:LONGEST_LABEL],
        "actor": bringing.actor and storable(bringing.actor),
        "digest": prepared.digest,
        "files": list(prepared.files),
        "size": prepared.size,
    }


def _beginning(prepared: Prepared) -> dict[str, Any]:
    problem = prepared.problem
    if problem is None:
        return {"state": DropState.WAITING, "reason": None, "hint": None, "finished_at": None}
    return {
        "state": DropState.REFUSED,
        "reason": storable(problem.message),
        "hint": problem.hint,
        "finished_at": clock.now(),
    }


def _begin_again(drop: Drop, values: Mapping[str, Any]) -> None:
    for name in ("files", "size", "state", "reason", "hint", "finished_at", "label", "actor"):
        setattr(drop, name, values[name])
    drop.attempt += 1
    drop.failures = 0
    drop.received_at = clock.now()
    drop.started_at = drop.run_id = None


def _told(session: Session, drop: Drop) -> Drop:
    """Write what changed, and let open pages know at the commit."""
    session.flush()
    notices.publish(session, drop.workspace_id, drop.environment_id, {"drops"})
    return drop


def files_of(drop: Drop) -> dict[str, Stored]:
    """The artifacts of a drop, by name."""
    return {
        item["name"]: Stored(item["digest"], item["size"]) for item in drop.files if item["name"] in KINDS
    }


def claim(session: Session, drop_id: int, attempt: int, run_id: str) -> Drop | None:
    """Make the drop this run's; None when it is another's, or has ended."""
    drop = session.get(Drop, drop_id, with_for_update=True)
    if drop is None or drop.state != DropState.WAITING or drop.attempt != attempt:
        return None
    drop.state = DropState.INGESTING
    drop.run_id = run_id
    drop.started_at = clock.now()
    return _told(session, drop)


def is_turn(session: Session, drop: Drop) -> bool:
    """Whether no older drop of the same environment is still on its way."""
    older = sa.select(Drop.id).where(
        Drop.environment_id == drop.environment_id,
        Drop.id < drop.id,
        Drop.state.in_([DropState.WAITING, DropState.INGESTING]),
    )
    return session.scalar(older.limit(1)) is None


def finish(session: Session, drop_id: int, run_id: str, outcome: Outcome) -> bool:
    """Say how it ended. False when the drop is no longer this run's: it was taken for dead."""
    drop = session.get(Drop, drop_id, with_for_update=True)
    if drop is None or drop.state != DropState.INGESTING or drop.run_id != run_id:
        return False
    drop.state = outcome.state
    drop.reason = outcome.reason and storable(outcome.reason)
    drop.hint = outcome.hint
    drop.snapshot_id = outcome.snapshot_id
    drop.finished_at = clock.now()
    drop.failures = 0
    _told(session, drop)
    return True


def note_failure(session: Session, drop_id: int, run_id: str, error: BaseException) -> None:
    """Keep what a dying run said; the drop stays the run's until somebody sees that it has ended."""
    drop = session.get(Drop, drop_id, with_for_update=True)
    if drop is not None and drop.state == DropState.INGESTING and drop.run_id == run_id:
        drop.reason = storable(f"{type(error).__name__}: {error}")[:4000]


def replace_run(session: Session, drop_id: int, attempt: int) -> Drop | None:
    """The run of this attempt ended without a word: ask for another, three times at most.

    Returns the drop, or None when it has gone on meanwhile.
    """
    drop = session.get(Drop, drop_id, with_for_update=True)
    if drop is None or drop.state in ENDED or drop.attempt != attempt:
        return None
    drop.failures += 1
    drop.run_id = drop.started_at = None
    if drop.failures < MOST_FAILURES:
        drop.state, drop.attempt = DropState.WAITING, drop.attempt + 1
    else:
        said = drop.reason or "no run said why; the pages of the runs in Dagster may"
        drop.state, drop.finished_at = DropState.REFUSED, clock.now()
        drop.reason = f"The ingest ended {MOST_FAILURES} times before it was done. Last: {said}"
        drop.hint = "Try again once what stopped it is mended."
    return _told(session, drop)


def unfinished(session: Session) -> list[Drop]:
    """Every drop on its way in a workspace that is in use, oldest first."""
    query = (
        sa.select(Drop)
        .join(Workspace, Workspace.id == Drop.workspace_id)
        .where(Drop.state.in_([DropState.WAITING, DropState.INGESTING]), Workspace.archived_at.is_(None))
        .order_by(Drop.id)
    )
    return list(session.scalars(query))


@dataclass(frozen=True)
class DropFilter:
    """Which drops a list is about."""

    states: Sequence[DropState] = ()
    environment: str | None = None


def page(
    session: Session, workspace_id: int, wanted: DropFilter, *, cursor: str | None, limit: int
) -> Page[DropView]:
    """Drops of a workspace, newest first.

    Raises:
        Invalid: the cursor is none of this list.
    """
    query = _select(workspace_id)
    if wanted.states:
        query = query.where(Drop.state.in_(wanted.states))
    if wanted.environment is not None:
        query = query.where(Environment.key == wanted.environment)
    total = session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    offset = decode_cursor(cursor)
    rows = session.execute(
        query.order_by(Drop.received_at.desc(), Drop.id.desc()).offset(offset).limit(limit)
    )
    views = [DropView(drop, environment) for drop, environment in rows]
    end = offset + len(views)
    return Page(views, total, encode_cursor(end) if end < total and views else None)


def get_drop(session: Session, workspace_id: int, drop_id: int) -> DropView:
    """One drop, with what became of each file.

    Raises:
        NotFound: the workspace has no such drop.
    """
    row = session.execute(_select(workspace_id).where(Drop.id == drop_id)).one_or_none()
    if row is None:
        raise NotFound(f"There is no drop {drop_id} in this workspace.")
    latest = sa.select(Ingest).distinct(Ingest.name).where(Ingest.drop_id == drop_id)
    records = latest.order_by(Ingest.name, Ingest.id.desc())
    return DropView(row[0], row[1], list(session.scalars(records)))


def _select(workspace_id: int) -> sa.Select[Drop, str]:
    return (
        sa.select(Drop, Environment.key)
        .join(Environment, Environment.id == Drop.environment_id)
        .where(Drop.workspace_id == workspace_id)
    )


def retry(session: Session, actor: Actor, workspace: Workspace, drop_id: int) -> DropView:
    """Ask again for the ingest of a drop that was refused.

    Raises:
        NotFound: the workspace has no such drop.
        Conflict: it was not refused, or at the door, where trying again changes nothing.
    """
    workspaces.check_in_use(workspace)
    session.get(Drop, drop_id, with_for_update=True)
    view = get_drop(session, workspace.id, drop_id)
    drop = view.drop
    if drop.state != DropState.REFUSED:
        raise Conflict(f"Drop {drop_id} is {drop.state}; only one that was refused can be tried again.")
    if not drop.files or any(item["name"] not in KINDS or item.get("problem") for item in drop.files):
        raise Conflict(
            f"Drop {drop_id} was refused at the door: {drop.reason}", hint="Mend it and bring it anew."
        )
    drop.state, drop.reason, drop.hint, drop.finished_at = DropState.WAITING, None, None, None
    drop.attempt += 1
    drop.failures = 0
    drop.run_id = drop.started_at = None
    data = {"drop": drop_id, "environment": view.environment}
    audit.record(session, actor.by, audit.Tag.DROP_RETRIED, workspace_id=workspace.id, data=data)
    _told(session, drop)
    return view


def refusal_of(drop: Drop, problem: WorkbenchError) -> WorkbenchError:
    """The same problem, that also names the drop under which it is listed."""
    problem.hint = f"{problem.hint or ''} It is listed as drop {drop.id}.".strip()
    return problem
