"""The log of a run: a page of lines, and a live stream that resumes from any line."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import Annotated, Final, Literal

from fastapi import Depends, Header, Query, Request
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
from core.kit.errors import NotFound, WorkbenchError
from core.runs import service
from core.runs.log_line import LogLine
from core.runs.log_mirror import LogMirror
from core.runs.log_reading import LogFilter, LogTail, read_excerpt, read_log, whole_log
from core.runs.ports import ENDED, RunStatus
from core.workspaces import service as workspaces
from core.workspaces.models import Workspace

router = GuardedRouter(prefix="/api/workspaces/{workspace}/runs", tags=["runs"])

POLL_SECONDS = 0.25
STATUS_SECONDS = 1.0
HEARTBEAT_SECONDS = 15.0
CHECK_SECONDS = 10.0
PAGE_LINES = 500
# A run that Dagster does not know any more for so long is gone.
GONE_SECONDS = 60.0
GONE: Final = "Dagster does not know this run any more."
MEDIA: Final = {"text": "text/plain", "jsonl": "application/x-ndjson"}

FirstLine = Annotated[int, Query(alias="from", ge=1, description="Number of the first line wanted.")]


def log_filter(
    level: Annotated[
        str | None, Query(pattern="^(debug|info|warn|error)$", description="Least level.")
    ] = None,
    q: Annotated[str | None, Query(max_length=200, description="Text that lines must hold.")] = None,
    node: Annotated[str | None, Query(max_length=1000, description="Only lines about this node.")] = None,
    step: Annotated[int | None, Query(ge=1, le=1000, description="Only lines of this step.")] = None,
) -> LogFilter:
    """Dependency: which lines are wanted."""
    return LogFilter(level, step, node or None, q or None)


@router.get("/{run_id}/log", responses=responses(404))
def run_log(
    actor: RunReader,
    key: WorkspaceKey,
    state: StateDep,
    run_id: RunId,
    wanted: Annotated[LogFilter, Depends(log_filter)],
    first: FirstLine = 1,
    limit: Annotated[int, Query(ge=1, le=5000)] = 1000,
) -> LogPage:
    """Lines from a number on. Numbers stay the same for ever.

    With a filter, an answer looks through some megabytes of the log and no more: `next_line` says where the
    next one goes on, also where this one found nothing.
    """
    workspace = _workspace(state, actor, key)
    # Asked before reading: lines written in between are then not taken for the last.
    ended = service.require_run(state.engine, workspace, run_id).status in ENDED
    path = state.logs.path_of(run_id)
    found = read_excerpt(path, first, limit, wanted)
    return LogPage(
        items=[LogLineOut(**asdict(line)) for line in found.lines],
        next_line=found.next_line,
        ended=ended and found.is_all,
        total=found.total,
        levels=found.levels,
        matches=found.matches,
    )


@router.get(
    "/{run_id}/log/download",
    response_class=StreamingResponse,
    responses={
        200: {"content": {kind: {"schema": {"type": "string"}} for kind in MEDIA.values()}},
        **responses(404),
    },
)
def download_log(
    actor: RunReader,
    key: WorkspaceKey,
    state: StateDep,
    run_id: RunId,
    kind: Annotated[Literal["text", "jsonl"], Query(alias="format")] = "text",
) -> StreamingResponse:
    """The whole log as it is now, as text or as JSON lines."""
    workspace = _workspace(state, actor, key)
    service.require_run(state.engine, workspace, run_id)
    path = state.logs.path_of(run_id)
    if not path.exists():
        raise NotFound("This run has written no log.", hint="A run that waits writes its first line later.")
    name = f"{run_id}.{'log' if kind == 'text' else 'jsonl'}"
    headers = {"content-disposition": f'attachment; filename="{name}"', "cache-control": "no-store"}
    return StreamingResponse(_in_pieces(path, kind), media_type=MEDIA[kind], headers=headers)


def _in_pieces(path: Path, kind: str) -> Iterator[bytes]:
    """Some lines at a time: a piece per line would cost more than reading it."""
    lines = whole_log(path) if kind == "jsonl" else map(_as_text, read_log(path))
    while piece := b"".join(islice(lines, PAGE_LINES)):
        yield piece


def _as_text(line: LogLine) -> bytes:
    return f"{line.at} {line.level:5} {line.text}\n".encode("utf-8", "replace")


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


async def _events(request: Request, workspace: Workspace, run_id: str, first: int) -> AsyncIterator[str]:
    state = state_of(request)
    checked = known = time.monotonic()
    tail = _Followed(state.logs, run_id, first)
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
            known = now if status is not None else known
            if (
                status is None
                and now - known >= GONE_SECONDS
                and await run_in_threadpool(_is_gone, state, workspace, run_id)
            ):
                status = LogStatus(status=RunStatus.UNKNOWN, status_message=GONE)
            if status is not None and status != shown:
                shown, said = status, now
                ended = status.status in ENDED or status.status_message == GONE
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


def _is_gone(state: State, workspace: Workspace, run_id: str) -> bool:
    """Whether Dagster answers, and does not know the run."""
    try:
        service.require_run(state.engine, workspace, run_id)
    except NotFound:
        return True
    except WorkbenchError:
        pass
    return False


class _Followed:
    """The tail of a log, whichever file it is in: a run that waits has none, and its own comes later."""

    def __init__(self, logs: LogMirror, run_id: str, first: int) -> None:
        self._logs = logs
        self._run_id = run_id
        self._next = first
        self._path: Path | None = None
        self._tail: LogTail | None = None

    def read(self, limit: int) -> list[LogLine]:
        """Up to `limit` lines that were written since the last call."""
        path = self._logs.path_of(self._run_id)
        if self._tail is None or path != self._path:
            self._path, self._tail = path, LogTail(path, self._next)
        lines = self._tail.read(limit)
        self._next = lines[-1].line + 1 if lines else self._next
        return lines


def _page(tail: _Followed) -> str:
    """A page of new lines as events, in one piece: a piece per line keeps the server from all else."""
    lines = tail.read(PAGE_LINES)
    return "".join(_event("line", json.dumps(asdict(line), ensure_ascii=False), line.line) for line in lines)


def _event(name: str, data: str, number: int | None = None) -> str:
    head = "" if number is None else f"id: {number}\n"
    return f"{head}event: {name}\ndata: {data}\n\n"
