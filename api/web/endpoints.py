"""The web app's files, and its page for every address that is not the API's."""

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

DIST = Path(__file__).parents[2] / "ui_extensions" / "dist"
RESERVED = ("api/", "auth/", "dagster/", "health/", "docs/", "redoc/")
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
    return FileResponse(index, headers={"cache-control": "no-cache"})


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
    """Files under assets carry a hash of their content in their name."""
    return "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
