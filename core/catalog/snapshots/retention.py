"""Forgetting old snapshots, and what nothing refers to any more."""

from datetime import timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import CatalogState, FreshnessAnswer, Node
from core.catalog.snapshots.models import CodeText, NodeContent, NodeVersion, Snapshot, WarehouseTable
from core.kit import clock
from core.kit.database import SCHEMA
from core.workspaces.models import Workspace

SHARED: Final = (
    (NodeContent, ("content_hash",)),
    (CodeText, ("raw_hash", "compiled_hash")),
    (WarehouseTable, ("table_hash",)),
)
# The history of runs keeps what a node's SQL was then. It is a room above: the table is named, not imported.
RUN_NODES: Final = sa.table("run_nodes", sa.column("code_hash", sa.Uuid()), schema=SCHEMA)


def forget(session: Session, *, keep: int, days: int) -> int:
    """Forget the snapshots of every environment beyond the newest `keep`, and those older than `days`.

    The one that an environment is at always stays. Answers how many went. Ingests wait meanwhile.
    """
    # Contents are shared by the environments of a workspace: none may be written while unused ones go.
    session.execute(sa.select(Workspace.id).with_for_update(key_share=True))
    gone = session.execute(sa.delete(Snapshot).where(Snapshot.id.in_(_old(keep, days)))).rowcount  # pyright: ignore[reportAttributeAccessIssue]
    too_old = FreshnessAnswer.at < clock.now() - timedelta(days=days)
    session.execute(sa.delete(FreshnessAnswer).where(too_old))
    if gone:
        _forget_versions(session)
        _forget_unused(session)
    return gone


def _old(keep: int, days: int) -> sa.Select[int]:
    place = sa.func.row_number().over(partition_by=Snapshot.environment_id, order_by=Snapshot.id.desc())
    ranked = sa.select(Snapshot.id, Snapshot.ingested_at, place.label("place")).subquery()
    current = sa.select(CatalogState.snapshot_id).where(CatalogState.snapshot_id.is_not(None))
    too_old = ranked.c.ingested_at < clock.now() - timedelta(days=days)
    return sa.select(ranked.c.id).where(sa.or_(ranked.c.place > keep, too_old), ranked.c.id.not_in(current))


def _forget_versions(session: Session) -> None:
    """What ended before the oldest snapshot that is kept can be read by nobody.

    What ended with it stays: it tells what that snapshot changed.
    """
    oldest = (
        sa.select(sa.func.min(Snapshot.id))
        .where(Snapshot.environment_id == NodeVersion.environment_id)
        .scalar_subquery()
    )
    session.execute(
        sa.delete(NodeVersion).where(NodeVersion.valid_to.is_not(None), NodeVersion.valid_to < oldest),
        execution_options={"synchronize_session": False},
    )


def _forget_unused(session: Session) -> None:
    for shared, columns in SHARED:
        used: list[sa.ColumnElement[bool]] = [
            sa.select(sa.literal(1)).where(getattr(model, column) == shared.hash).exists()
            for model in (NodeVersion, Node)
            for column in columns
        ]
        if shared is CodeText:
            used.append(sa.select(sa.literal(1)).where(RUN_NODES.c.code_hash == shared.hash).exists())
        session.execute(
            sa.delete(shared).where(sa.not_(sa.or_(*used))), execution_options={"synchronize_session": False}
        )
