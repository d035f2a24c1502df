"""Refuses what a page of another site could send to a server on loopback that has no login."""

from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "[::1]", "testserver"})


class LocalOnly:
    """Answers only under a local name (no DNS rebinding) and takes changes only from its own pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        reason = _refusal(scope) if scope["type"] in {"http", "websocket"} else None
        if reason is None:
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": reason})
        else:
            await _refuse(reason)(scope, receive, send)


def _refusal(scope: Scope) -> str | None:
    headers = Headers(scope=scope)
    host = headers.get("host", "")
    if _name(host) not in LOCAL_HOSTS:
        return f"This server answers under a local name only, not {host or 'none'}."
    origin = headers.get("origin")
    changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
    if changes and origin is not None and urlsplit(origin).netloc != host:
        return f"A page of {origin} may not make changes here."
    return None


def _name(host: str) -> str:
    if host.startswith("["):
        return host.split("]", maxsplit=1)[0] + "]"
    return host.rsplit(":", 1)[0].lower()


def _refuse(reason: str) -> JSONResponse:
    body = {"code": "forbidden", "message": reason, "hint": None, "details": [], "request_id": ""}
    return JSONResponse({"error": body}, 403)
