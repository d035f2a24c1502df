"""The snapshots of a catalog, the difference of any two, and what became of one node."""

from typing import Annotated, Literal

from fastapi import Path, Query

from api.kit.access import CatalogReader, GuardedRouter
from api.kit.catalog import CatalogNow
from api.kit.errors import responses
from api.kit.state import SessionDep
from api.models.endpoints import NodeId
from api.snapshots.schemas import (
    ChangeOut,
    DifferenceItem,
    DifferenceOut,
    DifferenceSummary,
    SnapshotList,
    SnapshotOut,
    SnapshotRef,
    TurnList,
    TurnOut,
)
from core.catalog.reading import snapshot_of
from core.catalog.snapshots import listing
from core.catalog.snapshots.diff import Item, difference, turns_of
from core.catalog.snapshots.texts import texts_of
from core.kit.errors import NotFound
from core.kit.paging import MAX_LIMIT, decode_cursor, page_of

router = GuardedRouter(prefix="/api/workspaces/{workspace}", tags=["snapshots"])

Id = Annotated[int, Path(ge=1, le=2**63 - 1)]
Cursor = Annotated[str | None, Query(max_length=200)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]


@router.get("/snapshots", responses=responses(404))
def list_snapshots(
    _actor: CatalogReader, reading: CatalogNow, session: SessionDep, cursor: Cursor = None, limit: Limit = 50
) -> SnapshotList:
    """One page of snapshots, newest first."""
    page = listing.list_snapshots(session, reading, cursor=cursor, limit=limit)
    current = listing.current_id(session, reading.environment_id)
    items = [SnapshotOut.of_list(snapshot, current) for snapshot in page.items]
    return SnapshotList(items=items, total=page.total or 0, next_cursor=page.next_cursor)


@router.get("/snapshots/{snapshot_id}/diff/{other_id}", responses=responses(404))
def compare_snapshots(  # noqa: PLR0913, PLR0917 - parameters of the request
    _actor: CatalogReader,
    reading: CatalogNow,
    session: SessionDep,
    snapshot_id: Id,
    other_id: Id,
    kind: Annotated[list[Literal["added", "removed", "renamed", "changed"]], Query()] = [],  # noqa: B006 - FastAPI copies defaults
    breaking: Annotated[bool, Query(description="Only what breaks those who read it.")] = False,  # noqa: FBT002 - a query parameter
    resource_type: Annotated[list[str], Query(max_length=50)] = [],  # noqa: B006 - as above
    q: Annotated[str, Query(description="Part of a name.", max_length=200)] = "",
    cursor: Cursor = None,
    limit: Limit = 50,
) -> DifferenceOut:
    """What became different from the first to the second."""
    old = snapshot_of(session, reading.environment_id, snapshot_id)
    new = snapshot_of(session, reading.environment_id, other_id)
    found = difference(session, reading.workspace_id, old, new)

    def wanted(item: Item) -> bool:
        return (
            (not kind or item.kind in kind)
            and (item.breaking or not breaking)
            and (not resource_type or item.resource_type in resource_type)
            and q.lower() in item.unique_id.lower()
        )

    items, offset = [item for item in found.items if wanted(item)], decode_cursor(cursor)
    page = page_of(items[offset : offset + limit], total=len(items), offset=offset, limit=limit)
    texts = texts_of(session, reading.workspace_id, (c for item in page.items for c in item.changes))
    return DifferenceOut.model_validate(
        {
            "from": SnapshotRef.of(old),
            "to": SnapshotRef.of(new),
            "summary": DifferenceSummary.of(found),
            "items": [DifferenceItem.of(item, texts) for item in page.items],
            "total": page.total,
            "next_cursor": page.next_cursor,
        }
    )


@router.get("/models/{unique_id}/changes", responses=responses(404))
def changes_of_model(
    _actor: CatalogReader,
    reading: CatalogNow,
    session: SessionDep,
    unique_id: NodeId,
    cursor: Cursor = None,
    limit: Limit = 20,
) -> TurnList:
    """What became of a node, newest first; of one that is gone, too."""
    turns = turns_of(session, reading.workspace_id, reading.environment_id, unique_id)
    if not turns:
        raise NotFound(f"No snapshot that is kept has a node {unique_id!r}.")
    snapshots = listing.by_ids(session, [turn.snapshot_id for turn in turns])
    kept = [turn for turn in turns if turn.snapshot_id in snapshots]
    offset = decode_cursor(cursor)
    page = page_of(kept[offset : offset + limit], total=len(kept), offset=offset, limit=limit)
    texts = texts_of(session, reading.workspace_id, (c for turn in page.items for c in turn.changes))
    items = [
        TurnOut(
            snapshot=SnapshotRef.of(snapshots[turn.snapshot_id]),
            kind=turn.kind,  # pyright: ignore[reportArgumentType]
            changes=[ChangeOut.of(change, texts) for change in turn.changes],
        )
        for turn in page.items
    ]
    return TurnList(items=items, total=len(kept), next_cursor=page.next_cursor)
