"""Asking runs to end: one, or many at once."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from core.audit import service as audit
from core.auth.actor import Actor
from core.kit.errors import Conflict, WorkbenchError
from core.runs.ports import ENDED, WORKSPACE_TAG, EngineRun, RunEngine
from core.runs.service import belongs_to, no_such_run, require_run
from core.workspaces.models import Workspace


@dataclass(frozen=True)
class Cancelling:
    """What came of asking for one run of many to end; `error` says why it cannot."""

    run_id: str
    error: WorkbenchError | None = None


def cancel_runs(
    session: Session, engine: RunEngine, actor: Actor, workspace: Workspace, run_ids: Sequence[str]
) -> list[Cancelling]:
    """Check which of these can be cancelled and write their audit rows; the caller cancels after it."""
    wanted = list(dict.fromkeys(run_ids))
    found = engine.list_runs(
        {WORKSPACE_TAG: workspace.key}, (), limit=len(wanted), cursor=None, run_ids=wanted
    )
    known = {run.run_id: run for run in found if belongs_to(run, workspace)}
    return [_cancelling(session, actor, workspace, run_id, known.get(run_id)) for run_id in wanted]


def _cancelling(
    session: Session, actor: Actor, workspace: Workspace, run_id: str, run: EngineRun | None
) -> Cancelling:
    try:
        _check_cancellable(run_id, run)
    except WorkbenchError as error:
        return Cancelling(run_id, error)
    _note_cancelling(session, actor, workspace, run_id)
    return Cancelling(run_id)


def _check_cancellable(run_id: str, run: EngineRun | None) -> None:
    if run is None:
        raise no_such_run(run_id)
    if run.status in ENDED:
        raise Conflict(f"Run {run_id} has already ended ({run.status}).")


def _note_cancelling(session: Session, actor: Actor, workspace: Workspace, run_id: str) -> None:
    audit.record(session, actor.by, audit.Tag.RUN_CANCEL_REQUESTED, workspace_id=workspace.id, subject=run_id)


def cancel_run(
    session: Session, engine: RunEngine, actor: Actor, workspace: Workspace, run_id: str
) -> EngineRun:
    """Check that a run can be cancelled and write the audit row; the caller cancels after the commit.

    Raises:
        NotFound: the workspace has no such run.
        Conflict: it has ended already.
    """
    run = require_run(engine, workspace, run_id)
    _check_cancellable(run_id, run)
    _note_cancelling(session, actor, workspace, run_id)
    return run
