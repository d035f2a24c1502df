"""How Dagster's page is refused: to people as a page, to its own scripts as GraphQL, to others as always."""

import json
import secrets
from collections.abc import Sequence
from html import escape
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.concurrency import run_in_threadpool

from api.kit.errors import REQUEST_ID, error_response
from api.kit.headers import POLICY
from api.kit.refusals import refused
from core.kit.errors import Forbidden

PAGE: Final = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>No access to Dagster's page - dbt Workbench</title>
<style nonce="{nonce}">
body {{ font: 1rem/1.5 system-ui, sans-serif; max-width: 42rem; margin: 15vh auto; padding: 0 1rem }}
</style>
</head>
<body>
<main>
<h1>You may not open Dagster's page</h1>
<p>{message}</p>
<p>{hint}</p>
<p><a href="/">Back to dbt Workbench</a></p>
<p><small>Request {request_id}</small></p>
</main>
</body>
</html>
"""
PAGE_POLICY: Final = (
    "default-src 'none'; style-src 'nonce-{}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def is_navigation(request: Request) -> bool:
    """Whether a person opened an address, rather than a script of a page."""
    if request.method not in {"GET", "HEAD"}:
        return False
    mode = request.headers.get("sec-fetch-mode")
    return mode == "navigate" if mode else "text/html" in request.headers.get("accept", "")


def to_login(request: Request) -> Response:
    """The login page, which leads back here."""
    query = request.url.query
    wanted = request.url.path + (f"?{query}" if query else "")
    return RedirectResponse(
        f"/login?next={quote(wanted, safe='/')}", 303, headers={"cache-control": "no-store"}
    )


async def refusal_page(request: Request, error: Forbidden) -> Response:
    """Why, for people; and noted like every refusal."""
    await run_in_threadpool(refused, request, error)
    nonce = secrets.token_urlsafe(16)
    content = PAGE.format(
        nonce=nonce,
        message=escape(error.message),
        hint=escape(error.hint or ""),
        request_id=escape(str(getattr(request.state, "request_id", ""))),
    )
    headers = {POLICY: PAGE_POLICY.format(nonce), "cache-control": "no-store"}
    return HTMLResponse(content, 403, headers)


async def refused_graphql(request: Request, error: Forbidden, mutations: Sequence[str]) -> Response:
    """The refusal in our shape, with what Dagster's page shows of a GraphQL answer beside it."""
    because = Forbidden(f"{error.message} ({', '.join(mutations)})", hint=error.hint, details=error.details)
    answer = await run_in_threadpool(refused, request, because)
    return _with_graphql_errors(answer)


def unreadable(request: Request, message: str) -> Response:
    """What Dagster's server would not understand either, or only by chance."""
    return _with_graphql_errors(error_response(request, 400, "bad_request", message))


def _with_graphql_errors(answer: Response) -> Response:
    body: dict[str, Any] = json.loads(bytes(answer.body))
    graphql = {"data": None, "errors": [{"message": body["error"]["message"]}]}
    headers = {REQUEST_ID: answer.headers[REQUEST_ID]}
    return JSONResponse({**body, **graphql}, answer.status_code, headers)
