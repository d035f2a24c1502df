"""One shape for every error, whoever raises it."""

import logging
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm.exc import StaleDataError
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.kit import errors
from core.kit.errors import WorkbenchError
from core.kit.text import storable

log = logging.getLogger("workbench.api")
REQUEST_ID = "x-request-id"

STATUS: dict[type[WorkbenchError], int] = {
    errors.Unauthenticated: 401,
    errors.TooMany: 429,
    errors.NotFound: 404,
    errors.Forbidden: 403,
    errors.Conflict: 409,
    errors.Invalid: 422,
    errors.Busy: 423,
    errors.Unavailable: 503,
}
CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
}


class FieldErrorOut(BaseModel):
    """A field of the request that is wrong."""

    field: str
    message: str


class ErrorBody(BaseModel):
    """What went wrong and how to mend it."""

    code: str
    message: str
    hint: str | None
    details: list[FieldErrorOut]
    request_id: str


class ErrorOut(BaseModel):
    """The one shape of every error."""

    error: ErrorBody


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Documentation of the errors that a route can answer with."""
    return {status: {"model": ErrorOut} for status in (401, 403, *statuses, 422, 503)}


def request_id_of(request: Request) -> str:
    """The id of a request, which its answer and every log line about it carry."""
    return str(getattr(request.state, "request_id", ""))


def error_response(
    request: Request,
    status: int,
    code: str,
    message: str,
    *,
    hint: str | None = None,
    details: Sequence[FieldErrorOut] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """An error in the one shape. What it quotes of the request need not be valid text."""
    body = ErrorBody(
        code=code,
        message=storable(message),
        hint=hint and storable(hint),
        details=list(details),
        request_id=request_id_of(request),
    )
    return JSONResponse(
        ErrorOut(error=body).model_dump(), status, {**(headers or {}), REQUEST_ID: body.request_id}
    )


def install(app: FastAPI) -> None:
    """Translate every error of the application."""
    app.add_exception_handler(WorkbenchError, domain_error)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(IntegrityError, _collision)
    app.add_exception_handler(StaleDataError, _collision)
    app.add_exception_handler(DataError, _unstorable)
    app.add_exception_handler(OperationalError, _database)
    app.add_exception_handler(PoolExhausted, _database)
    app.add_exception_handler(Exception, _unexpected)


class RequestId:
    """Gives each request an id and each answer the same."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on under its id."""
        name = uuid.uuid4().hex
        scope.setdefault("state", {})["request_id"] = name

        async def tell(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)[REQUEST_ID] = name
            await send(message)

        await self._app(scope, receive, tell)


def domain_error(request: Request, error: Exception) -> Response:
    """The answer that an error of the domain becomes."""
    assert isinstance(error, WorkbenchError)  # noqa: S101 - Starlette's handler type is wider than its behaviour
    status = next((code for kind, code in STATUS.items() if isinstance(error, kind)), 500)
    details = [_detail(detail.field, detail.message) for detail in error.details]
    return error_response(
        request,
        status,
        error.code,
        error.message,
        hint=error.hint,
        details=details,
        headers=_headers(error),
    )


def _headers(error: WorkbenchError) -> dict[str, str]:
    if isinstance(error, errors.TooMany):
        return {"retry-after": str(error.retry_after_seconds)}
    return {"www-authenticate": "Bearer"} if isinstance(error, errors.Unauthenticated) else {}


def _detail(field: str, message: str) -> FieldErrorOut:
    return FieldErrorOut(field=storable(field), message=storable(message))


def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - as above
    details = [_detail(_place(item["loc"][1:], error.body), str(item["msg"])) for item in error.errors()]
    named = "; ".join(f"{detail.field or 'body'}: {detail.message}" for detail in details)
    return error_response(request, 422, "invalid", f"The request is not valid. {named}", details=details)


def _inside(at: Any, part: str | int) -> Any:
    """What lies below a part of JSON; None where there is nothing."""
    if isinstance(at, Mapping):
        return at.get(part)
    return at[part] if isinstance(at, list) and isinstance(part, int) and part < len(at) else None


def _place(parts: Sequence[str | int], body: Any) -> str:
    """Where something is wrong, as the caller spelled it: without the kind that chose one of many."""
    found: list[str] = []
    at = body
    for part in parts:
        if isinstance(at, Mapping) and part not in at and at.get("kind") == part:
            continue
        found.append(str(part))
        at = _inside(at, part)
    return ".".join(found)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - as above
    code = CODES.get(error.status_code, "error")
    message = f"There is nothing at {request.url.path}." if error.status_code == 404 else str(error.detail)
    return error_response(request, error.status_code, code, message, headers=error.headers)


def _collision(request: Request, error: Exception) -> Response:
    log.warning("two changes collided", exc_info=error, extra={"request_id": request_id_of(request)})
    message = "Somebody else changed the same thing at the same moment."
    return error_response(request, 409, "conflict", message, hint="Look at it again, then repeat.")


def _unstorable(request: Request, error: Exception) -> Response:
    log.warning("a value that no column takes", exc_info=error, extra={"request_id": request_id_of(request)})
    message = "The request holds a value that cannot be kept."
    return error_response(request, 422, "invalid", message, hint="The character NUL, for one, cannot.")


def _database(request: Request, error: Exception) -> Response:
    log.error("database unavailable", exc_info=error, extra={"request_id": request_id_of(request)})
    hint = "It is tried again with every request."
    return error_response(request, 503, "unavailable", "The database does not answer.", hint=hint)


def _unexpected(request: Request, error: Exception) -> Response:
    log.error("unexpected error in request %s", request_id_of(request), exc_info=error)
    hint = "The request id finds the details in the log of the API."
    return error_response(request, 500, "internal", "Something went wrong inside the API.", hint=hint)
