"""Forgetting lineage of snapshots that are gone, and outcomes that were of no use for long."""

from datetime import timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.snapshots.models import Snapshot
from core.kit import clock
from core.kit.database import Database
from core.lineage.models import ColumnEdge, LineageColumn, LineageOutcome, LineageState, NodeLineageVersion
from core.lineage.tracing import states


def forget(db: Database, *, days: int) -> int:
    """Forget what no kept snapshot shows, and outcomes without use for `days`. Answers how many rows went.

    An environment whose lineage is being computed waits until the next time.
    """
    with db.session() as session:
        environments = list(session.scalars(sa.select(LineageState.environment_id)))
        too_old = LineageOutcome.used_at < clock.now() - timedelta(days=days)
        gone = _delete(session, sa.delete(LineageOutcome).where(too_old))
    for environment_id in environments:
        with states.exclusively(db, environment_id) as held, db.session() as session:
            gone += _forget_past(session, environment_id) if held else 0
    return gone


def _forget_past(session: Session, environment_id: int) -> int:
    """What ended before the oldest snapshot that is kept; what ended with it tells what that one changed."""
    oldest = session.scalar(
        sa.select(sa.func.min(Snapshot.id)).where(Snapshot.environment_id == environment_id)
    )
    if oldest is None:
        return 0
    version, edge, column = NodeLineageVersion, ColumnEdge, LineageColumn
    own = sa.select(column.id).where(column.environment_id == environment_id)
    gone = _delete(
        session,
        sa.delete(version).where(version.environment_id == environment_id, version.valid_to < oldest),
    )
    gone += _delete(session, sa.delete(edge).where(edge.valid_to < oldest, edge.child_id.in_(own)))
    ends = sa.select(edge.child_id).where(edge.child_id == column.id)
    begins = sa.select(edge.parent_id).where(edge.parent_id == column.id)
    unused = sa.delete(column).where(
        column.environment_id == environment_id, ~ends.exists(), ~begins.exists()
    )
    return gone + _delete(session, unused)


def _delete(session: Session, statement: sa.Delete) -> int:
    done = session.execute(statement, execution_options={"synchronize_session": False})
    return done.rowcount  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownVariableType]
