"""Refuses what a page of another site could send to a server on loopback that has no login."""

from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.kit.errors import error_response

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
OTHER_SITES: Final = frozenset({"cross-site", "same-site"})
NUL: Final = b"%00"


class LocalOnly:
    """Answers only under a local name (no DNS rebinding) and takes changes only from its own pages."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        reason = _refusal(scope)
        if reason is None and not _holds_nul(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": reason or NO_NUL})
        elif reason is None:
            await error_response(Request(scope), 422, "invalid", NO_NUL)(scope, receive, send)
        else:
            await error_response(Request(scope), 403, "forbidden", reason)(scope, receive, send)


NO_NUL: Final = "An address cannot hold the character NUL."


def _refusal(scope: Scope) -> str | None:
    headers = Headers(scope=scope)
    host = headers.get("host", "").lower()
    if _name(host) not in LOCAL_HOSTS:
        return f"This server answers under a local name only, not {host or 'none'}."
    origin = headers.get("origin")
    changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
    if changes and origin is not None and _host_of(origin) != host:
        return f"A page of {origin} may not make changes here."
    # Images and scripts of other sites carry no Origin, and Dagster takes GraphQL by GET as well.
    if headers.get("sec-fetch-site") in OTHER_SITES and headers.get("sec-fetch-mode") != "navigate":
        return "A page of another site may not ask for this."
    return None


def _holds_nul(scope: Scope) -> bool:
    """No name or text of ours holds it, PostgreSQL and the file system refuse it."""
    return "\0" in scope["path"] or NUL in scope["query_string"] or b"\0" in scope["query_string"]


def _host_of(origin: str) -> str | None:
    try:
        return urlsplit(origin).netloc.lower()
    except ValueError:
        return None


def _name(host: str) -> str:
    if host.startswith("["):
        return host.split("]", maxsplit=1)[0] + "]"
    return host.rsplit(":", 1)[0]
