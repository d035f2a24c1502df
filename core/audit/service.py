"""Recording what people did."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

from sqlalchemy.orm import Session

from core.audit.models import AuditLog
from core.kit.text import storable

LONGEST_SUBJECT: Final = 500
LONGEST_NAME: Final = 200


class Tag(StrEnum):
    """What was done."""

    LOGIN = "login.succeeded"
    LOGIN_FAILED = "login.failed"
    LOGIN_LIMITED = "login.limited"
    LOGOUT = "session.ended"
    SESSION_REUSE = "session.refresh_token_reused"
    CREDENTIAL_REFUSED = "credential.refused"
    ACCESS_REFUSED = "access.refused"
    PASSWORD_CHANGED = "password.changed"
    PASSWORD_RESET = "password.reset"
    USER_ADDED = "user.added"
    USER_CHANGED = "user.changed"
    USER_DELETED = "user.deleted"
    MEMBER_SET = "member.set"
    MEMBER_REMOVED = "member.removed"
    TOKEN_ADDED = "token.added"
    TOKEN_REVOKED = "token.revoked"
    WORKSPACE_ADDED = "workspace.added"
    WORKSPACE_CHANGED = "workspace.changed"
    WORKSPACE_ARCHIVED = "workspace.archived"
    WORKSPACE_RESTORED = "workspace.restored"
    ENVIRONMENT_ADDED = "environment.added"
    ENVIRONMENT_CHANGED = "environment.changed"
    ENVIRONMENT_DELETED = "environment.deleted"
    VARIABLE_SET = "environment.variable_set"
    VARIABLE_REMOVED = "environment.variable_removed"
    JOB_ADDED = "job.added"
    JOB_CHANGED = "job.changed"
    JOB_ARCHIVED = "job.archived"
    JOB_RESTORED = "job.restored"
    TRIGGER_PAUSED = "job.trigger_paused"
    TRIGGER_RESUMED = "job.trigger_resumed"
    TRIGGER_CALLED = "job.trigger_called"
    CHANNEL_ADDED = "notification.channel_added"
    CHANNEL_CHANGED = "notification.channel_changed"
    CHANNEL_REMOVED = "notification.channel_removed"
    CHANNEL_TESTED = "notification.channel_tested"
    RULE_ADDED = "notification.rule_added"
    RULE_CHANGED = "notification.rule_changed"
    RULE_REMOVED = "notification.rule_removed"
    DELIVERY_RETRIED = "notification.delivery_retried"
    RUN_REQUESTED = "run.requested"
    RUN_CANCEL_REQUESTED = "run.cancel_requested"
    ARTIFACT_DOWNLOADED = "artifact.downloaded"
    ARTIFACT_UPLOADED = "artifact.uploaded"
    DROP_RETRIED = "artifact.drop_retried"
    NODE_EDITED = "node.edited"
    LINEAGE_REQUESTED = "lineage.requested"
    AUDIT_EXPORTED = "audit.exported"
    # Written by the database itself.
    AUDIT_FORGOTTEN = "audit.forgotten"
    DAGSTER_MUTATION = "dagster.mutation"
    KEYS_ROTATED = "keys.rotated"


@dataclass(frozen=True)
class By:
    """Who did something, and from where."""

    name: str
    user_id: int | None = None
    token_id: int | None = None
    address: str | None = None
    request_id: str | None = None


def record(
    session: Session,
    by: By,
    tag: Tag,
    *,
    workspace_id: int | None = None,
    subject: str | None = None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    data: Mapping[str, Any] | None = None,
) -> None:
    """Add one row to the log, in the caller's transaction.

    Of `before` and `after` only what differs is kept when both are given.
    """
    if before is not None and after is not None:
        changed = {name for name in {*before, *after} if before.get(name) != after.get(name)}
        before = {name: value for name, value in before.items() if name in changed}
        after = {name: value for name, value in after.items() if name in changed}
    session.add(
        AuditLog(
            actor=storable(by.name)[:LONGEST_NAME],
            actor_user_id=by.user_id,
            actor_token_id=by.token_id,
            tag=tag,
            workspace_id=workspace_id,
            subject=subject and storable(subject)[:LONGEST_SUBJECT],
            before=_kept(before),
            after=_kept(after),
            data=_kept(data) or {},
            address=by.address,
            request_id=by.request_id,
        )
    )


def _kept(values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    return None if values is None else {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> Any:
    """The value as JSON holds it."""
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return storable(str(value))
