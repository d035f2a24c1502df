"""A reverse proxy for /dagster: HTTP and WebSocket, to a webserver that listens on loopback only."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from typing import Final

import httpx
from fastapi import APIRouter, Depends, Request, WebSocket
from fastapi.responses import Response, StreamingResponse
from starlette import types
from starlette.background import BackgroundTask
from starlette.websockets import WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

from api.kit.state import require, state_of
from core.auth.actor import Scope, local_admin
from core.kit.errors import FieldError, Forbidden, Invalid, Unavailable

router = APIRouter(include_in_schema=False)

# About this one connection, not about the message (RFC 9110, section 7.6.1), or made anew by each side.
HOP_BY_HOP: Final = frozenset(
    [
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "host",
        "content-length",
    ]
)
PREFIX: Final = "/dagster"
METHODS: Final = ["GET", "HEAD", "POST", "OPTIONS"]


def _base(dagster_url: str | None) -> httpx.URL:
    if dagster_url is None:
        raise Unavailable("Dagster's address is not set.", hint="`workbench up` sets WORKBENCH_DAGSTER_URL.")
    return httpx.URL(dagster_url)


@router.api_route(PREFIX, methods=METHODS, dependencies=[Depends(require(Scope.DAGSTER_USE))])
@router.api_route(
    PREFIX + "/{path:path}", methods=METHODS, dependencies=[Depends(require(Scope.DAGSTER_USE))]
)
async def proxy(request: Request) -> Response:
    """Pass a request on and stream the answer back."""
    base = _base(state_of(request).settings.dagster_url)
    _check_graphql(request)
    client: httpx.AsyncClient = request.app.state.dagster_client
    # Not `client.build_request`: it adds headers of its own, and cookies that another answer set.
    outgoing = httpx.Request(
        request.method,
        _url(base, request.scope),
        headers=_passed(request.headers.items()),
        content=request.stream() if _has_body(request) else None,
        extensions={"timeout": client.timeout.as_dict()},
    )
    try:
        answer = await client.send(outgoing, stream=True)
    except httpx.HTTPError as error:
        raise Unavailable(
            "Dagster does not answer.", hint="It may be starting; try again in a moment."
        ) from error
    response = StreamingResponse(_body(answer), answer.status_code, background=BackgroundTask(answer.aclose))
    for name, value in _passed(answer.headers.multi_items()):
        response.headers.append(name, value)
    return response


def _check_graphql(request: Request) -> None:
    """Dagster also carries out what a GET asks, so that an image on any page could start a run."""
    reads = request.method in {"GET", "HEAD"} and request.url.path.endswith("/graphql")
    if reads and "query" in request.query_params:
        raise Forbidden("GraphQL is asked by POST here.")


def _has_body(request: Request) -> bool:
    return "content-length" in request.headers or "transfer-encoding" in request.headers


def _url(base: httpx.URL, scope: types.Scope, scheme: str | None = None) -> httpx.URL:
    try:
        return base.copy_with(raw_path=_raw_path(scope), scheme=scheme or base.scheme)
    except (httpx.InvalidURL, UnicodeDecodeError) as error:
        detail = FieldError("path", str(error))
        raise Invalid("The address is not valid.", details=[detail]) from error


def _raw_path(scope: types.Scope) -> bytes:
    path = bytes(scope.get("raw_path") or str(scope["path"]).encode())
    query = bytes(scope["query_string"])
    return path + (b"?" + query if query else b"")


async def _body(answer: httpx.Response) -> AsyncIterator[bytes]:
    async for chunk in answer.aiter_raw():
        yield chunk


def _passed(headers: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in headers if name.lower() not in HOP_BY_HOP]


@router.websocket(PREFIX + "/{path:path}")
async def proxy_websocket(browser: WebSocket) -> None:
    """Pass a WebSocket on, both ways, until either side closes."""
    local_admin().require(Scope.DAGSTER_USE)
    base = _base(state_of(browser).settings.dagster_url)
    target = str(_url(base, browser.scope, "ws"))
    protocols = [Subprotocol(name) for name in browser.scope.get("subprotocols", [])]
    try:
        async with connect(target, subprotocols=protocols or None, max_size=None, proxy=None) as dagster:
            await browser.accept(subprotocol=dagster.subprotocol)
            await _pump(browser, dagster)
    except (OSError, InvalidHandshake):
        await browser.close(code=1013, reason="Dagster does not answer.")


async def _pump(browser: WebSocket, dagster: ClientConnection) -> None:
    ways = {asyncio.create_task(_up(browser, dagster)), asyncio.create_task(_down(browser, dagster))}
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
            data = message.get("text")
            await dagster.send(message["bytes"] if data is None else data)
    except (WebSocketDisconnect, ConnectionClosed):
        return


async def _down(browser: WebSocket, dagster: ClientConnection) -> None:
    try:
        async for message in dagster:
            await (browser.send_text(message) if isinstance(message, str) else browser.send_bytes(message))
        await browser.close()
    except (RuntimeError, ConnectionClosed):
        return
