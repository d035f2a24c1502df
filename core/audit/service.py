"""Recording what people did."""

from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from core.audit.models import AuditLog


class Tag(StrEnum):
    """What was done."""

    WORKSPACE_ADDED = "workspace.added"
    RUN_REQUESTED = "run.requested"
    RUN_CANCEL_REQUESTED = "run.cancel_requested"


def record(
    session: Session,
    *,
    actor: str,
    tag: Tag,
    workspace_id: int | None,
    subject: str | None = None,
    data: dict[str, Any] | None = None,
    request_id: str | None = None,
) -> None:
    """Add one row to the log, in the caller's transaction."""
    session.add(
        AuditLog(
            actor=actor,
            tag=tag,
            workspace_id=workspace_id,
            subject=subject,
            data=data or {},
            request_id=request_id,
        )
    )
