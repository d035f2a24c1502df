"""One listener per process for PostgreSQL's notifications; every open page has a queue of its own."""

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

import msgspec
import psycopg

from core.catalog.notices import CHANNEL

log = logging.getLogger("workbench.events")

RETRY_SECONDS: Final = 1.0
LOOK_SECONDS: Final = 5.0
CONNECT_SECONDS: Final = 5.0
# A page that does not read loses notices, and is told to look at everything again.
MOST_WAITING: Final = 100
MISSED: Final[dict[str, Any]] = {"kinds": ["missed"]}


class Hub:
    """Passes notices on to whoever listens. It connects with the first listener."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url
        self._queues: dict[asyncio.Queue[dict[str, Any]], int] = {}
        self._task: asyncio.Task[None] | None = None
        self._heard = asyncio.Event()

    @asynccontextmanager
    async def listening(self, workspace_id: int) -> AsyncGenerator[asyncio.Queue[dict[str, Any]]]:
        """A queue of the notices of a workspace, while the context lasts."""
        queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MOST_WAITING)
        self._queues[queue] = workspace_id
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen())
        try:
            # What is told before PostgreSQL listens is told to nobody.
            with suppress(TimeoutError):
                await asyncio.wait_for(self._heard.wait(), CONNECT_SECONDS)
            yield queue
        finally:
            del self._queues[queue]

    async def close(self) -> None:
        """Stop listening."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    async def _listen(self) -> None:
        lost = False
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(
                    self._url,
                    autocommit=True,
                    connect_timeout=int(CONNECT_SECONDS),
                    application_name="workbench events",
                ) as connection:
                    await connection.execute(f"listen {CHANNEL}")
                    self._heard.set()
                    if lost:
                        self._tell_all()
                    await self._pass_on(connection)
            except psycopg.Error as error:
                log.warning("Notices of PostgreSQL are not heard: %s", error)
            except Exception:
                log.exception("Notices of PostgreSQL are not heard")
            self._heard.clear()
            lost = True
            await asyncio.sleep(RETRY_SECONDS)

    async def _pass_on(self, connection: psycopg.AsyncConnection[Any]) -> None:
        while True:
            async for notice in connection.notifies(timeout=LOOK_SECONDS):
                self._tell(msgspec.json.decode(notice.payload))
            # A connection that is gone says nothing by itself.
            await connection.execute("select 1")

    def _tell(self, notice: dict[str, Any]) -> None:
        for queue, workspace_id in list(self._queues.items()):
            if workspace_id == notice["workspace_id"]:
                _put(queue, notice)

    def _tell_all(self) -> None:
        for queue in self._queues:
            _put(queue, MISSED)


def _put(queue: asyncio.Queue[dict[str, Any]], notice: dict[str, Any]) -> None:
    if queue.full():
        while not queue.empty():
            queue.get_nowait()
        notice = MISSED
    queue.put_nowait(notice)
