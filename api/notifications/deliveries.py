"""The log of deliveries."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from api.kit.access import GuardedRouter, NotificationEditor, NotificationReader, WorkspaceDep
from api.kit.errors import responses
from api.kit.state import SessionDep
from api.notifications.schemas import DeliveryList, DeliveryOut
from core.kit.paging import MAX_LIMIT
from core.notifications import deliveries
from core.notifications.deliveries import DeliveryFilter
from core.notifications.models import DeliveryState, EventKind

router = GuardedRouter(prefix="/api/workspaces/{workspace}/notifications/deliveries", tags=["notifications"])


@router.get("", responses=responses(404))
def list_deliveries(
    _actor: NotificationReader,
    workspace: WorkspaceDep,
    session: SessionDep,
    states: Annotated[list[DeliveryState] | None, Query(alias="state", max_length=4)] = None,
    channel: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="Id of a channel.")] = None,
    event: Annotated[EventKind | None, Query()] = None,
    run: Annotated[
        str | None, Query(max_length=64, description="Id of a run.", pattern=r"^[^\x00]*$")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_LIMIT)] = 50,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
) -> DeliveryList:
    """Deliveries, newest first."""
    wanted = DeliveryFilter(states or (), channel, event, run)
    page, counts = deliveries.page(session, workspace.id, wanted, cursor=cursor, limit=limit)
    return DeliveryList.over(page.items, page.total or 0, page.next_cursor, counts)


@router.post("/{delivery_id}/retry", responses=responses(404, 409))
def retry_delivery(
    actor: NotificationEditor, workspace: WorkspaceDep, session: SessionDep, delivery_id: UUID
) -> DeliveryOut:
    """Send again what was given up: five more attempts, under the same id."""
    return DeliveryOut.of(*deliveries.retry(session, actor, workspace, delivery_id))
