"""Subscriptions of Dagster's page: each message is read before it is passed on, the login looked at again."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final

from fastapi import WebSocket
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.websockets import WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from api.dagster_page.graphql import UnreadableError, asked, id_of, read_message
from api.kit.access import bearer_of
from api.kit.state import state_of
from core.kit.errors import Forbidden, Invalid, WorkbenchError

PROTOCOL: Final = Subprotocol("graphql-ws")
LARGEST_MESSAGE: Final = 1_000_000
CHECK_SECONDS: Final = 15.0
READ_ONLY: Final = "Changes are not made over this connection."

GOING_AWAY: Final = (1013, "Dagster does not answer.")
NOT_TEXT: Final = (1003, "Only text is taken.")
TOO_LARGE: Final = (1009, "The message is too large.")
NO_LONGER: Final = (1008, "You are no longer logged in, or may no longer see this.")


def check_handshake(browser: WebSocket) -> None:
    """It asks for what there is, and comes from a page of ours.

    Raises:
        Invalid: there is no such address or protocol.
        Forbidden: a browser's cookie without the page that it stands for.
    """
    if browser.url.path != "/dagster/graphql" or PROTOCOL not in browser.scope.get("subprotocols", []):
        raise Invalid("Only /dagster/graphql with the protocol graphql-ws is there.")
    # The guard has compared an Origin with our own; a browser always sends one.
    shows_cookie = state_of(browser).settings.auth_enabled and bearer_of(browser) is None
    if shows_cookie and "origin" not in browser.headers:
        raise Forbidden("A WebSocket needs the Origin of the page that opens it.")


async def serve(browser: WebSocket, target: str, admit: Callable[[], object]) -> None:
    """Pass messages both ways."""
    try:
        async with connect(target, subprotocols=[PROTOCOL], max_size=None, proxy=None) as dagster:
            await browser.accept(subprotocol=dagster.subprotocol)
            await _until_one_ends(browser, dagster, admit)
    except (OSError, InvalidHandshake):
        await browser.close(*GOING_AWAY)


async def _until_one_ends(browser: WebSocket, dagster: ClientConnection, admit: Callable[[], object]) -> None:
    ways = {
        asyncio.create_task(_up(browser, dagster)),
        asyncio.create_task(_down(browser, dagster)),
        asyncio.create_task(_watch(browser, admit)),
    }
    _, pending = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*ways, return_exceptions=True)


async def _up(browser: WebSocket, dagster: ClientConnection) -> None:
    try:
        while True:
            message = await browser.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            if text is None:
                await browser.close(*NOT_TEXT)
                return
            if len(text) > LARGEST_MESSAGE:
                await browser.close(*TOO_LARGE)
                return
            await _pass_up(text, browser, dagster)
    except (WebSocketDisconnect, ConnectionClosed, RuntimeError):
        return


async def _pass_up(text: str, browser: WebSocket, dagster: ClientConnection) -> None:
    try:
        message = await run_in_threadpool(_judged, text)
    except UnreadableError as error:
        answer = {"type": "error", "id": id_of(text), "payload": {"message": str(error)}}
        await browser.send_text(json.dumps(answer))
        return
    await dagster.send(json.dumps(message))


def _judged(text: str) -> dict[str, Any]:
    """The message as it is passed on.

    Every operation of a document counts, whichever Dagster would choose.
    """
    message, request = read_message(text)
    if request is not None and asked(request.query).is_mutation:
        raise UnreadableError(READ_ONLY)
    return message


async def _down(browser: WebSocket, dagster: ClientConnection) -> None:
    try:
        async for message in dagster:
            await (browser.send_text(message) if isinstance(message, str) else browser.send_bytes(message))
        await browser.close()
    except (RuntimeError, ConnectionClosed):
        return


async def _watch(browser: WebSocket, admit: Callable[[], object]) -> None:
    """Ends when the session was revoked, or the person may no longer see every workspace."""
    while True:
        await asyncio.sleep(CHECK_SECONDS)
        try:
            await run_in_threadpool(admit)
        except SQLAlchemyError:
            continue  # a database that is away says nothing about anybody
        except WorkbenchError:
            await browser.close(*NO_LONGER)
            return
