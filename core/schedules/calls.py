"""Calls of `api` triggers: noted here, carried out by Dagster's sensor."""

from collections.abc import Mapping
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.audit import service as audit
from core.auth.actor import Actor
from core.kit.errors import Conflict, FieldError, Invalid, NotFound
from core.runs.commands import check_steps
from core.runs.ports import WORKSPACE_TAG, RunEngine
from core.schedules.models import Job, Trigger, TriggerCall
from core.workspaces.models import Workspace
from core.workspaces.service import check_in_use

RUN_KEY_TAG: Final = "dagster/run_key"
LONGEST_KEY: Final = 200
# More than anybody waits for: Dagster does not take them.
MOST_WAITING: Final = 1000


def call(
    session: Session,
    actor: Actor,
    place: tuple[Workspace, Job, Trigger],
    variables: Mapping[str, Any],
    idempotency_key: str | None,
) -> TriggerCall:
    """Note a call. The same idempotency key is the same call, which is given back as it stands.

    Raises:
        Conflict: it is no `api` trigger, the job is archived, or the key belongs to a call that was another.
        Invalid: a variable is not allowed, or the key is too long.
    """
    workspace, job, trigger = place
    check_in_use(workspace)
    if trigger.kind != "api":
        raise Conflict(
            f"Trigger {trigger.id} is of the kind {trigger.kind}, which nobody calls.",
            hint="Add a trigger of the kind api to the job.",
        )
    if job.archived_at is not None:
        raise Conflict(f"The job {job.key!r} is archived.", hint="Restore it first.")
    _check(variables, idempotency_key)
    _check_room(session, trigger)
    values = {
        "trigger_id": trigger.id,
        "idempotency_key": idempotency_key,
        "actor": actor.name,
        "variables": dict(variables),
    }
    statement = insert(TriggerCall).values(values).on_conflict_do_nothing().returning(TriggerCall.id)
    number = session.scalar(statement)
    if number is None:
        return _repeated(session, trigger, variables, idempotency_key)
    audit.record(
        session,
        actor.by,
        audit.Tag.TRIGGER_CALLED,
        workspace_id=workspace.id,
        subject=job.key,
        data={"trigger": trigger.id, "call": number},
    )
    return get_call(session, trigger, number)


def get_call(session: Session, trigger: Trigger, number: int) -> TriggerCall:
    """One call.

    Raises:
        NotFound: the trigger has had no such call.
    """
    query = sa.select(TriggerCall).where(TriggerCall.trigger_id == trigger.id, TriggerCall.id == number)
    found = session.scalar(query)
    if found is None:
        raise NotFound(f"Trigger {trigger.id} has had no call {number}.")
    return found


def run_of_call(engine: RunEngine, workspace: Workspace, found: TriggerCall) -> str | None:
    """The run that a call has led to; None until Dagster has made it.

    Raises:
        Unavailable: Dagster does not answer.
    """
    if found.outcome != "run":
        return None
    tags = {WORKSPACE_TAG: workspace.key, RUN_KEY_TAG: f"call-{found.id}"}
    runs = engine.list_runs(tags, (), limit=1, cursor=None)
    return runs[0].run_id if runs else None


def _check(variables: Mapping[str, Any], idempotency_key: str | None) -> None:
    if idempotency_key is not None and not 1 <= len(idempotency_key) <= LONGEST_KEY:
        detail = FieldError("idempotency-key", f"must have from 1 to {LONGEST_KEY} characters")
        raise Invalid("The idempotency key cannot be used.", details=[detail])
    if variables:
        try:
            check_steps([{"command": "build", "options": {"vars": dict(variables)}}])
        except Invalid as error:
            details = [FieldError("variables", one.message) for one in error.details]
            raise Invalid("The variables cannot be used.", hint=error.hint, details=details) from error


def _check_room(session: Session, trigger: Trigger) -> None:
    waiting = sa.select(sa.func.count()).where(
        TriggerCall.trigger_id == trigger.id, TriggerCall.outcome == "waiting"
    )
    if (session.scalar(waiting) or 0) >= MOST_WAITING:
        raise Conflict(
            f"{MOST_WAITING} calls of trigger {trigger.id} wait already.",
            hint="Its sensor may be paused: see the page of the job.",
        )


def _repeated(
    session: Session, trigger: Trigger, variables: Mapping[str, Any], idempotency_key: str | None
) -> TriggerCall:
    query = sa.select(TriggerCall).where(
        TriggerCall.trigger_id == trigger.id, TriggerCall.idempotency_key == idempotency_key
    )
    found = session.scalars(query).one()
    if found.variables != dict(variables):
        raise Conflict(
            "This idempotency key belongs to a call with other variables.",
            hint="Use a key of its own for each call.",
        )
    return found
