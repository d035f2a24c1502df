"""The web app's files, and its page for every address that is not the API's."""

import secrets
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

from api.kit.headers import POLICY, policy

DIST = Path(__file__).parents[2] / "ui_extensions" / "dist"
RESERVED = ("api/", "auth/", "dagster/", "health/", "docs/", "redoc/")
NONCE = "__CSP_NONCE__"
UNHASHED = "assets/apidocs/"
NOT_BUILT = "The web app has not been built. Run `make install`, or `npm run build` in ui_extensions.\n"

router = APIRouter(include_in_schema=False)


@router.api_route("/{path:path}", methods=["GET", "HEAD"])
def page(request: Request, path: str) -> Response:
    """A file of the build, or the page that routes by itself."""
    path = path.lstrip("/")
    if path.startswith(RESERVED) or path in {"api", "auth"}:
        raise HTTPException(404)
    index = DIST / "index.html"
    if not index.is_file():
        return PlainTextResponse(NOT_BUILT, 503)
    file = _file(path)
    if file is not None:
        return FileResponse(file, headers={"cache-control": _caching(path)})
    if path.startswith("assets/") or not _takes_html(request.headers.get("accept", "*/*")):
        raise HTTPException(404)
    return _app_page(index)


def _app_page(index: Path) -> Response:
    """The page, with a nonce of this answer for the styles that its scripts add."""
    nonce = secrets.token_urlsafe(16)
    content = index.read_text(encoding="utf-8").replace(NONCE, nonce)
    headers = {"cache-control": "no-cache", POLICY: policy(style_src=f"'self' 'nonce-{nonce}'")}
    return HTMLResponse(content, headers=headers)


def _file(path: str) -> Path | None:
    """The file of the build at this path, never one outside it."""
    try:
        file = (DIST / path).resolve()
        return file if path and file.is_relative_to(DIST.resolve()) and file.is_file() else None
    except (OSError, ValueError):
        return None  # no file can have such a name


def _takes_html(accept: str) -> bool:
    return "text/html" in accept or accept.strip() == "*/*"


def _caching(path: str) -> str:
    """Files under assets carry a hash of their content in their name, those of the API's document do not."""
    hashed = path.startswith("assets/") and not path.startswith(UNHASHED)
    return "public, max-age=31536000, immutable" if hashed else "no-cache"
