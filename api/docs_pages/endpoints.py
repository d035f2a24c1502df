"""/docs (Swagger UI) and /redoc: the viewers come with the built web app, not from a content network."""

from pathlib import Path
from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from api.kit.headers import POLICY, policy

ASSETS: Final = Path(__file__).parents[2] / "ui_extensions" / "dist" / "assets" / "apidocs"
NOT_BUILT: Final = (
    "The viewers of the API's document come with the web app, which has not been built. Run `make install`. "
    "The document itself is at /openapi.json.\n"
)

SWAGGER: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>dbt Workbench API</title>
<link rel="icon" type="image/svg+xml" href="/assets/icon-1.svg">
<link rel="stylesheet" href="/assets/apidocs/swagger-ui.css">
</head>
<body>
<div id="document"></div>
<script src="/assets/apidocs/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""
REDOC: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>dbt Workbench API</title>
<link rel="icon" type="image/svg+xml" href="/assets/icon-1.svg">
</head>
<body>
<div id="document"></div>
<script src="/assets/apidocs/redoc.standalone.js"></script>
<script src="/redoc/start.js"></script>
</body>
</html>
"""
# Inline scripts are nobody's here: the pages start by files of their own.
START_SWAGGER: Final = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#document",
  deepLinking: true,
  validatorUrl: null,
});
"""
START_REDOC: Final = """const place = document.getElementById("document");
Redoc.init("/openapi.json", { hideLoading: true }, place);
"""

# Both viewers write style elements and attributes as they draw; Redoc searches in a worker made from a blob.
SWAGGER_POLICY: Final = policy(style_src="'self' 'unsafe-inline'")
REDOC_POLICY: Final = policy(style_src="'self' 'unsafe-inline'", worker_src="blob:", font_src="'self' data:")

router = APIRouter(include_in_schema=False)


@router.get("/docs")
def swagger() -> Response:
    """The document, to try things out."""
    return _page(SWAGGER, SWAGGER_POLICY, "swagger-ui-bundle.js", "swagger-ui.css")


@router.get("/redoc")
def redoc() -> Response:
    """The document, to read."""
    return _page(REDOC, REDOC_POLICY, "redoc.standalone.js")


@router.get("/docs/start.js")
def start_swagger() -> Response:
    """What draws /docs."""
    return _script(START_SWAGGER)


@router.get("/redoc/start.js")
def start_redoc() -> Response:
    """What draws /redoc."""
    return _script(START_REDOC)


def _page(content: str, content_policy: str, *needed: str) -> Response:
    if not all((ASSETS / name).is_file() for name in needed):
        return PlainTextResponse(NOT_BUILT, 503)
    return HTMLResponse(content, headers={POLICY: content_policy, "cache-control": "no-cache"})


def _script(content: str) -> Response:
    return Response(content, media_type="text/javascript", headers={"cache-control": "no-cache"})
