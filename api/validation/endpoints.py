"""What is undescribed, untested, without owner, failing or stale; and coverage over time."""

from typing import Annotated

from fastapi import Query

from api.kit.access import CatalogReader, GuardedRouter, WorkspaceDep
from api.kit.catalog import CatalogDep, CatalogNow
from api.kit.errors import responses
from api.kit.state import SessionDep
from api.models.items import node_facts
from api.validation.schemas import CheckCount, TrendOut, TrendPoint, ValidationItem, ValidationOut
from core.catalog.snapshots import listing
from core.catalog.validation import validate
from core.kit.paging import MAX_LIMIT

router = GuardedRouter(prefix="/api/workspaces/{workspace}/validation", tags=["validation"])


@router.get("", responses=responses(404))
def get_validation(
    _actor: CatalogReader,
    workspace: WorkspaceDep,
    reading: CatalogDep,
    session: SessionDep,
    check: Annotated[
        list[str],
        Query(
            description="undocumented, columns_undocumented, untested, ownerless, failing, stale; or all.",
            max_length=10,
        ),
    ] = [],  # noqa: B006 - FastAPI copies defaults
    resource_type: Annotated[
        list[str],
        Query(description="Without any: models, seeds, snapshots and sources.", max_length=50),
    ] = [],  # noqa: B006 - as above
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
) -> ValidationOut:
    """Nodes that do not pass."""
    kinds = [kind.replace("\0", "\ufffd") for kind in resource_type]
    found = validate(session, reading, check, kinds, cursor=cursor, limit=limit)
    return ValidationOut(
        summary={name: CheckCount(count=count, of=found.of) for name, count in found.counts.items()},
        items=[
            ValidationItem(**node_facts(workspace, reading, item.row), checks=list(item.checks))
            for item in found.page.items
        ],
        total=found.page.total or 0,
        next_cursor=found.page.next_cursor,
    )


@router.get("/trend", responses=responses(404))
def get_trend(
    _actor: CatalogReader,
    reading: CatalogNow,
    session: SessionDep,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> TrendOut:
    """Coverage over time."""
    points = [
        TrendPoint(snapshot_id=snapshot.id, at=snapshot.at, **snapshot.coverage)
        for snapshot in listing.trend(session, reading, limit)
    ]
    return TrendOut(items=points)
