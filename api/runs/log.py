"""The log of a run: a page of lines, and a live stream that resumes from any line."""

import asyncio
import json
import time
from collections.abc import AsyncIterator
from dataclasses import asdict
from itertools import islice
from typing import Annotated

from fastapi import Header, Query, Request
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from api.kit.access import GuardedRouter, RunReader, still_may
from api.kit.errors import responses
from api.kit.state import State, StateDep, WorkspaceKey, state_of
from api.runs.endpoints import RunId
from api.runs.schemas import LogLineOut, LogPage, LogStatus
from core.auth.actor import Actor
from core.auth.rights import Scope
from core.kit.errors import WorkbenchError
from core.runs import service
from core.runs.log import LEVELS, LogLine, LogTail, log_path, read_log
from core.runs.ports import ENDED
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace

router = GuardedRouter(prefix="/api/workspaces/{workspace}/runs", tags=["runs"])

POLL_SECONDS = 0.25
STATUS_SECONDS = 1.0
HEARTBEAT_SECONDS = 15.0
CHECK_SECONDS = 10.0
PAGE_LINES = 500

FirstLine = Annotated[int, Query(alias="from", ge=1, description="Number of the first line wanted.")]


@router.get("/{run_id}/log", responses=responses(404))
def run_log(
    actor: RunReader,
    key: WorkspaceKey,
    state: StateDep,
    run_id: RunId,
    first: FirstLine = 1,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
    level: Annotated[
        str | None, Query(pattern="^(debug|info|warn|error)$", description="Least level.")
    ] = None,
    q: Annotated[str | None, Query(max_length=200, description="Text that lines must hold.")] = None,
) -> LogPage:
    """Lines from a number on. Numbers stay the same for ever."""
    workspace = _workspace(state, actor, key)
    # Asked before reading: lines written in between are then not taken for the last.
    ended = service.require_run(state.engine, workspace, run_id).status in ENDED
    lines = (
        line for line in read_log(log_path(state.settings.data_dir, run_id), first) if _wanted(line, level, q)
    )
    found = list(islice(lines, limit + 1))
    page = found[:limit]
    more = len(found) > limit
    after = page[-1].line + 1 if page else first
    items = [LogLineOut(**asdict(line)) for line in page]
    return LogPage(items=items, next_line=after, ended=ended and not more)


@router.get(
    "/{run_id}/log/stream",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}, **responses(404)},
)
async def stream_log(
    request: Request,
    actor: RunReader,
    key: WorkspaceKey,
    state: StateDep,
    run_id: RunId,
    first: FirstLine = 1,
    last_event_id: Annotated[str | None, Header(max_length=30)] = None,
) -> StreamingResponse:
    """Lines as server-sent events, from a number on or after `Last-Event-ID`; the final status ends it."""
    workspace = await run_in_threadpool(_workspace, state, actor, key)
    await run_in_threadpool(service.require_run, state.engine, workspace, run_id)
    if last_event_id and last_event_id.isdecimal():
        first = max(first, int(last_event_id) + 1)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(
        _events(request, workspace, run_id, first), media_type="text/event-stream", headers=headers
    )


def _workspace(state: State, actor: Actor, key: str) -> Workspace:
    """Looked up in a session of its own: a stream must not hold a connection while it waits."""
    with state.db.session() as session:
        return workspaces.get_workspace(session, actor, key)


def _wanted(line: LogLine, level: str | None, text: str | None) -> bool:
    if level is not None and LEVELS.index(line.level) < LEVELS.index(level):
        return False
    return text is None or text.lower() in line.text.lower()


async def _events(request: Request, workspace: Workspace, run_id: str, first: int) -> AsyncIterator[str]:
    state = state_of(request)
    checked = time.monotonic()
    tail = LogTail(log_path(state.settings.data_dir, run_id), first)
    shown: LogStatus | None = None
    asked = said = 0.0
    ended = False
    while True:
        now = time.monotonic()
        if now - checked >= CHECK_SECONDS:
            checked = now
            # Whoever logged out, or is no member any more, reads no further.
            if not await run_in_threadpool(still_may, request, Scope.RUN_READ, workspace.key):
                return
        if now - asked >= STATUS_SECONDS and not ended:
            asked = now
            status = await run_in_threadpool(_status, state, workspace, run_id)
            if status is not None and status != shown:
                shown, said = status, now
                ended = status.status in ENDED
                yield _event("status", status.model_dump_json())
        lines = await run_in_threadpool(_page, tail)
        if lines:
            said = now
            yield lines
            continue
        if ended and shown is not None:
            yield _event("end", shown.model_dump_json())
            return
        if now - said >= HEARTBEAT_SECONDS:
            said = now
            yield ": still here\n\n"
        await asyncio.sleep(POLL_SECONDS)


def _status(state: State, workspace: Workspace, run_id: str) -> LogStatus | None:
    """The status of the run, or None while nobody can tell."""
    try:
        with state.db.session() as session:
            view = service.get_run(session, state.engine, workspace, run_id)
    except (WorkbenchError, SQLAlchemyError):
        return None
    return LogStatus(status=view.run.status, status_message=view.status_message)


def _page(tail: LogTail) -> str:
    """A page of new lines as events, in one piece: a piece per line keeps the server from all else."""
    lines = tail.read(PAGE_LINES)
    return "".join(_event("line", json.dumps(asdict(line), ensure_ascii=False), line.line) for line in lines)


def _event(name: str, data: str, number: int | None = None) -> str:
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {name}\ndata: {data}\n\n"
