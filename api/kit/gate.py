"""With login, nothing under /api and little under /auth is even read for somebody who shows no token.

Every route asks who it is by itself; this is the second lock, for a route whose author forgot, and it spares
the server the bodies of strangers.
"""

from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from api.kit.access import HOW, bearer_of
from api.kit.errors import domain_error
from core.kit.errors import Unauthenticated

CLOSED: Final = ("/api/", "/auth/")
OPEN: Final = frozenset({"/auth/login", "/auth/refresh", "/auth/logout"})


class Gate:
    """Answers 401 to whoever shows no token."""

    def __init__(self, app: ASGIApp, *, closed: bool) -> None:
        self._app = app
        self._closed = closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "http" and self._closed and self._is_stranger(scope):
            refused = domain_error(Request(scope), Unauthenticated("You are not logged in.", hint=HOW))
            await refused(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _is_stranger(self, scope: Scope) -> bool:
        path = str(scope["path"])
        return path.startswith(CLOSED) and path not in OPEN and bearer_of(Request(scope)) is None
