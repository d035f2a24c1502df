"""The cookies of a browser that is logged in.

`workbench_refresh` carries on the login and goes to /auth only; `workbench_csrf` can be read by our own
pages, which repeat it in a header; `workbench_page` opens Dagster's page and goes nowhere else. None is ever
sent by a page of another site.
"""

import hmac
from typing import Final

from fastapi import Request, Response

from api.kit.access import PAGE_COOKIE
from core.auth.sessions import Issued, csrf_of
from core.kit.errors import FieldError, Forbidden

REFRESH_COOKIE: Final = "workbench_refresh"
CSRF_COOKIE: Final = "workbench_csrf"
CSRF_HEADER: Final = "x-csrf-token"
ATTEMPT_HEADER: Final = "x-refresh-attempt"
LONGEST_ATTEMPT: Final = 100
AUTH_PATH: Final = "/auth"
DAGSTER_PATH: Final = "/dagster"
# The server ends sessions; a cookie that outlives its session opens nothing.
LONGEST_SECONDS: Final = 400 * 24 * 3600


def give(request: Request, response: Response, issued: Issued, seconds: int) -> None:
    """Set the cookies of a login or a refresh, which is good for so many seconds."""
    _set(request, response, REFRESH_COOKIE, issued.refresh_token, AUTH_PATH, seconds)
    _set(request, response, CSRF_COOKIE, issued.csrf_token, "/", seconds, hidden=False)
    if issued.page_token is not None:
        _set(request, response, PAGE_COOKIE, issued.page_token, DAGSTER_PATH, LONGEST_SECONDS)


def take_back(response: Response) -> None:
    """Delete every cookie of ours."""
    for name, path in ((REFRESH_COOKIE, AUTH_PATH), (CSRF_COOKIE, "/"), (PAGE_COOKIE, DAGSTER_PATH)):
        response.delete_cookie(name, path=path, samesite="strict")


def refresh_cookie(request: Request) -> str | None:
    """The refresh token of the cookie, if the page that sends it could also read the other cookie.

    Raises:
        Forbidden: it could not.
    """
    token = request.cookies.get(REFRESH_COOKIE)
    if token is None:
        return None
    shown = request.headers.get(CSRF_HEADER, "")
    if not hmac.compare_digest(shown.encode(), csrf_of(token).encode()):
        raise Forbidden(
            "The page that asks could not show that it is ours.",
            hint=f"Repeat the cookie {CSRF_COOKIE} in the header X-CSRF-Token.",
            details=[FieldError("x-csrf-token", "does not match")],
        )
    return token


def _set(
    request: Request,
    response: Response,
    name: str,
    value: str,
    path: str,
    seconds: int,
    *,
    hidden: bool = True,
) -> None:
    response.set_cookie(
        name,
        value,
        max_age=seconds,
        path=path,
        httponly=hidden,
        samesite="strict",
        secure=request.url.scheme == "https",
    )
