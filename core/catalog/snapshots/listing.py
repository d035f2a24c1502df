"""Which snapshots there are."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import CatalogState
from core.catalog.reading import Reading
from core.catalog.snapshots.models import Snapshot
from core.kit.paging import Page, decode_cursor, page_of


def list_snapshots(session: Session, reading: Reading, *, cursor: str | None, limit: int) -> Page[Snapshot]:
    """The snapshots of an environment, newest first.

    Raises:
        Invalid: the cursor is none of ours.
    """
    offset = decode_cursor(cursor)
    here = Snapshot.environment_id == reading.environment_id
    total = session.scalar(sa.select(sa.func.count()).select_from(Snapshot).where(here)) or 0
    query = sa.select(Snapshot).where(here).order_by(Snapshot.id.desc()).offset(offset).limit(limit)
    return page_of(list(session.scalars(query)), total=total, offset=offset, limit=limit)


def current_id(session: Session, environment_id: int) -> int | None:
    """The snapshot that the catalog is at now."""
    return session.scalar(
        sa.select(CatalogState.snapshot_id).where(CatalogState.environment_id == environment_id)
    )


def by_ids(session: Session, ids: Collection[int]) -> dict[int, Snapshot]:
    """These snapshots, as far as they are kept."""
    query = sa.select(Snapshot).where(Snapshot.id.in_(list(ids)))
    return {snapshot.id: snapshot for snapshot in session.scalars(query)}


def trend(session: Session, reading: Reading, limit: int) -> list[Snapshot]:
    """The latest snapshots, oldest first, for drawing what changed over time."""
    query = (
        sa.select(Snapshot)
        .where(Snapshot.environment_id == reading.environment_id)
        .order_by(Snapshot.id.desc())
        .limit(limit)
    )
    return list(session.scalars(query))[::-1]
