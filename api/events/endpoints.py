"""What changes in a catalog, told as it happens."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final

from fastapi import Query, Request
from fastapi.responses import StreamingResponse
from starlette.concurrency import run_in_threadpool

from api.events.hub import Hub
from api.kit.access import CatalogReader, GuardedRouter, still_may
from api.kit.errors import responses
from api.kit.state import State, StateDep, WorkspaceKey, state_of
from core.auth.actor import Actor
from core.auth.rights import Scope
from core.catalog.snapshots.listing import current_id
from core.environments import service as environments
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace

router = GuardedRouter(prefix="/api/workspaces/{workspace}/events", tags=["events"])

HEARTBEAT_SECONDS: Final = 15.0
CHECK_SECONDS: Final = 10.0


@router.get(
    "",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}, **responses(404)},
)
async def stream_events(
    request: Request,
    actor: CatalogReader,
    key: WorkspaceKey,
    state: StateDep,
    seconds: Annotated[
        int, Query(ge=0, le=86_400, description="After how long the stream ends; a client asks anew.")
    ] = 86_400,
) -> StreamingResponse:
    """Server-sent events `catalog`: of which environment what changed, and the snapshot that it is at now.

    `kinds`: nodes, results, freshness, overrides, drops; or missed, when some were lost on the way.
    """
    workspace = await run_in_threadpool(_workspace, state, actor, key)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(
        _events(request, workspace, seconds), media_type="text/event-stream", headers=headers
    )


def _workspace(state: State, actor: Actor, key: str) -> Workspace:
    with state.db.session() as session:
        return workspaces.get_workspace(session, actor, key)


async def _events(request: Request, workspace: Workspace, seconds: int) -> AsyncIterator[str]:
    hub: Hub = request.app.state.hub
    state = state_of(request)
    async with hub.listening(workspace.id) as queue:
        yield ": listening\n\n"
        began = checked = said = time.monotonic()
        while (left := began + seconds - time.monotonic()) > 0:
            try:
                notice = await asyncio.wait_for(queue.get(), min(CHECK_SECONDS, left))
            except TimeoutError:
                notice = None
            now = time.monotonic()
            if now - checked >= CHECK_SECONDS:
                checked = now
                # Whoever logged out, or is no member any more, reads no further.
                if not await run_in_threadpool(still_may, request, Scope.CATALOG_READ, workspace.key):
                    return
            if notice is not None:
                said = now
                yield await run_in_threadpool(_event, state, workspace, notice)
            elif now - said >= HEARTBEAT_SECONDS:
                said = now
                yield ": still here\n\n"


def _event(state: State, workspace: Workspace, notice: dict[str, Any]) -> str:
    told: dict[str, Any] = {"environment": None, "snapshot_id": None, "kinds": notice["kinds"]}
    environment_id = notice.get("environment_id")
    if environment_id is not None:
        with state.db.session() as session:
            known = environments.environments_of(session, [workspace.id])[workspace.id]
            told["environment"] = next((e.key for e in known if e.id == environment_id), None)
            told["snapshot_id"] = current_id(session, environment_id)
    return f"event: catalog\ndata: {json.dumps(told)}\n\n"
