"""Refusals in the audit log: who was refused what, and bad credentials."""

import logging
import time
from typing import Final

from fastapi import FastAPI, Request, Response
from sqlalchemy.exc import SQLAlchemyError

from api.kit.access import bearer_of, origin_of
from api.kit.errors import domain_error
from api.kit.state import state_of
from core.audit import service as audit
from core.audit.service import By
from core.auth.access_tokens import Expired
from core.auth.actor import Actor, NoMember
from core.auth.people import NOBODY
from core.kit.errors import Forbidden, Unauthenticated
from core.workspaces import service as workspaces

log = logging.getLogger("workbench.api")

# A bad credential is noted once in this time for each address: whoever tries many must not fill the log.
NOTED_EVERY_SECONDS: Final = 60.0
NOTED_ADDRESSES: Final = 10_000


def install(app: FastAPI) -> None:
    """Note refusals in the audit log."""
    for kind in (Forbidden, NoMember, Unauthenticated):
        app.add_exception_handler(kind, refused)


def refused(request: Request, error: Exception) -> Response:
    """The answer to a refusal, which is noted in the audit log."""
    try:
        _note(request, error)
    except SQLAlchemyError:
        log.exception("a refusal could not be written to the audit log")
    return domain_error(request, error)


def _note(request: Request, error: Exception) -> None:
    actor: Actor | None = getattr(request.state, "actor", None)
    if actor is None and (isinstance(error, Expired) or not _is_worth_noting(request)):
        return
    state = state_of(request)
    data = {
        "method": request.scope.get("method", "WEBSOCKET"),
        "path": request.url.path,
        "because": str(error),
    }
    with state.db.session() as session:
        key = request.path_params.get("workspace")
        workspace = workspaces.by_key(session, str(key).replace("\0", "")) if key else None
        if actor is not None:
            by, tag = actor.by, audit.Tag.ACCESS_REFUSED
        else:
            origin = origin_of(request)
            by, tag = By(NOBODY, None, None, origin.address, origin.request_id), audit.Tag.CREDENTIAL_REFUSED
        audit.record(
            session,
            by,
            tag,
            workspace_id=workspace.id if workspace else None,
            subject=request.url.path,
            data=data,
        )


_noted: dict[str, float] = {}


def _is_worth_noting(request: Request) -> bool:
    """A credential was shown that is not good; that somebody shows none is no news."""
    if bearer_of(request) is None:
        return False
    now = time.monotonic()
    address = origin_of(request).address or ""
    if now - _noted.get(address, -NOTED_EVERY_SECONDS) < NOTED_EVERY_SECONDS:
        return False
    if len(_noted) >= NOTED_ADDRESSES:
        _noted.clear()
    _noted[address] = now
    return True
