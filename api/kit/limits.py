"""No request may be larger than anything that the product takes."""

from typing import Final

from fastapi import Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.kit.errors import error_response

LARGEST_BODY: Final = 5_000_000
TOO_LARGE: Final = f"A request may hold {LARGEST_BODY // 1_000_000} MB at most."


class BodyLimit:
    """Refuses bodies that are too large: at once where their length is told, otherwise on the way."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif _told_length(scope) > LARGEST_BODY:
            await error_response(Request(scope), 413, "too_large", TOO_LARGE)(scope, receive, send)
        else:
            await self._app(scope, _counting(receive), send)


def _told_length(scope: Scope) -> int:
    told = Headers(scope=scope).get("content-length", "")
    return int(told) if told.isdecimal() else 0


def _counting(receive: Receive) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > LARGEST_BODY:
            raise HTTPException(413, TOO_LARGE)
        return message

    return counted
