"""Refuses what a page of another site could send, and what reaches a server without login from outside."""

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from api.kit.errors import error_response
from core.kit.settings import Settings

SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
OTHER_SITES: Final = frozenset({"cross-site", "same-site"})
SHARED: Final = ("/api/", "/auth/")
NUL: Final = b"%00"
NO_NUL: Final = "An address cannot hold the character NUL."
LOOPBACK_ONLY: Final = "Nobody logs in here, so this server answers on loopback only."


@dataclass(frozen=True)
class Rules:
    """What the settings open.

    Without login a server answers on loopback and under a local name only (no DNS rebinding), unless it was
    told twice that everybody may use it. Pages of other origins make changes only if they are listed, and
    only with a token: what browsers add by themselves never counts.
    """

    only_local: bool = True
    origins: Collection[str] = ()

    @classmethod
    def of(cls, settings: Settings) -> "Rules":
        """The rules of an installation."""
        return cls(not (settings.auth_enabled or settings.open_without_login), settings.cors_origin_list)


class Guard:
    """Takes changes only from pages of its own."""

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app = app
        self._rules = rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return
        reason = refusal(scope, self._rules)
        if reason is None and not _holds_nul(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008, "reason": reason or NO_NUL})
        elif reason is None:
            await error_response(Request(scope), 422, "invalid", NO_NUL)(scope, receive, send)
        else:
            await error_response(Request(scope), 403, "forbidden", reason)(scope, receive, send)


def refusal(scope: Scope, rules: Rules) -> str | None:
    """Why a request is refused, or None."""
    headers = Headers(scope=scope)
    host = headers.get("host", "").lower()
    if rules.only_local:
        if not _arrived_locally(scope):
            return LOOPBACK_ONLY
        if _name(host) not in LOCAL_HOSTS:
            return f"This server answers under a local name only, not {host or 'none'}."
    origin = headers.get("origin")
    if _is_shared(scope, headers, rules):
        return None
    changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
    if changes and origin is not None and _host_of(origin) != host:
        return f"A page of {origin} may not make changes here."
    # Images and scripts of other sites carry no Origin, and Dagster takes GraphQL by GET as well.
    if headers.get("sec-fetch-site") in OTHER_SITES and headers.get("sec-fetch-mode") != "navigate":
        return "A page of another site may not ask for this."
    return None


def _is_shared(scope: Scope, headers: Headers, rules: Rules) -> bool:
    """Whether a page of a listed origin asks, without a cookie, for what such pages may ask for."""
    listed = headers.get("origin") in rules.origins
    return (
        listed
        and scope["type"] == "http"
        and str(scope["path"]).startswith(SHARED)
        and "cookie" not in headers
    )


def _arrived_locally(scope: Scope) -> bool:
    """Whether the connection came in on loopback; other servers than TCP's have no port."""
    server = scope.get("server")
    if server is None or server[1] is None or server[0] in LOCAL_HOSTS:
        return True
    try:
        address = ip_address(server[0])
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return (mapped or address).is_loopback


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
