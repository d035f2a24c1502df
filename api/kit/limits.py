"""No request may be larger than anything that the product takes."""

import re
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.kit.errors import error_response

MEGABYTE: Final = 1_000_000
LARGEST_BODY: Final = 5 * MEGABYTE
TOO_LARGE: Final = f"A request may hold {LARGEST_BODY // MEGABYTE} MB at most."
UPLOAD_TOO_LARGE: Final = "An upload of artifacts may hold {} MB at most (ARTIFACT_UPLOAD_MAX_MB)."

# The one route that takes more than a form: artifacts, which go to disk as they come.
_UPLOADS: Final = re.compile(r"/api/workspaces/[^/]+/artifacts")


@dataclass(frozen=True)
class Limit:
    """How much a request may hold, and what is said of more."""

    size: int
    message: str


def is_upload(scope: Scope) -> bool:
    """Whether a request brings artifacts."""
    return scope["method"] == "POST" and _UPLOADS.fullmatch(scope["path"]) is not None


class BodyLimit:
    """Refuses bodies that are too large: at once where their length is told, otherwise on the way."""

    def __init__(self, app: ASGIApp, uploads: int) -> None:
        self._app = app
        self._usual = Limit(LARGEST_BODY, TOO_LARGE)
        self._uploads = Limit(uploads, UPLOAD_TOO_LARGE.format(uploads // MEGABYTE))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        limit = self._uploads if is_upload(scope) else self._usual
        if _told_length(scope) > limit.size:
            await error_response(Request(scope), 413, "too_large", limit.message)(scope, receive, send)
        else:
            await self._app(scope, _counting(receive, limit), send)


def _told_length(scope: Scope) -> int:
    told = Headers(scope=scope).get("content-length", "")
    return int(told) if told.isdecimal() else 0


def _counting(receive: Receive, limit: Limit) -> Receive:
    seen = 0

    async def counted() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit.size:
            raise HTTPException(413, limit.message)
        return message

    return counted
