"""The web app's files, and its page for every address that is not the API's."""

from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

DIST = Path(__file__).parents[2] / "ui_extensions" / "dist"
RESERVED = ("api/", "auth/", "dagster/", "health/", "docs/", "redoc/")
NOT_BUILT = "The web app has not been built. Run `make install`, or `npm run build` in ui_extensions.\n"

router = APIRouter(include_in_schema=False)


@router.get("/{path:path}")
def page(request: Request, path: str) -> Response:
    """A file of the build, or the page that routes by itself."""
    if path.startswith(RESERVED) or path in {"api", "auth"}:
        raise HTTPException(404)
    index = DIST / "index.html"
    if not index.is_file():
        return PlainTextResponse(NOT_BUILT, 503)
    file = (DIST / path).resolve()
    if path and file.is_relative_to(DIST.resolve()) and file.is_file():
        return FileResponse(file, headers={"cache-control": _caching(path)})
    if path.startswith("assets/") or "text/html" not in request.headers.get("accept", "text/html"):
        raise HTTPException(404)
    return FileResponse(index, headers={"cache-control": "no-cache"})


def _caching(path: str) -> str:
    """Files under assets carry a hash of their content in their name."""
    return "public, max-age=31536000, immutable" if path.startswith("assets/") else "no-cache"
