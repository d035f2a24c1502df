"""Recording what a run does while it does it: its steps, and each node as dbt reports it."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.catalog import health
from core.catalog.freshness import write_freshness
from core.catalog.models import Node, NodeResult
from core.catalog.reading import Reading, reading_now
from core.catalog.values import Freshness
from core.kit import clock
from core.kit.bulk import MANY, copy_rows, known_hashes
from core.kit.text import storable
from core.runs.expecting import expected_nodes
from core.runs.models import RunNode, RunStep
from core.runs.values import NodeOutcome

log = logging.getLogger("workbench.runs")

# Only these say something about a node's health; `compile` calls everything a success.
EXECUTING = frozenset({"build", "run", "test", "seed", "snapshot"})
# Known to be meant by a step before dbt comes to it; what it never came to before it went away.
PENDING, NOT_RUN = "pending", "not_run"
NEVER_BEGAN = (PENDING, NOT_RUN)
UNFINISHED = ("running", *NEVER_BEGAN)
FRESHNESS = "source freshness"
RUNTIME_ERROR = "runtime error"
_KEY = ("run_id", "step", "unique_id")


@dataclass(frozen=True)
class StepContext:
    """The step of a run that is being recorded. `at`: when it was, for one that is told of afterwards."""

    workspace_id: int
    environment_id: int
    run_id: str
    step: int
    command: str
    at: datetime | None = None

    @property
    def reading(self) -> Reading:
        """The catalog that it is about."""
        return reading_now(self.workspace_id, self.environment_id)


@dataclass(frozen=True)
class NodeReport:
    """A node as an event of dbt shows it."""

    unique_id: str
    name: str
    resource_type: str
    status: str
    started_at: datetime | None
    finished_at: datetime | None = None
    execution_time: float | None = None
    message: str | None = None
    failures: int | None = None
    thread: str | None = None


def begin_step(
    session: Session, context: StepContext, display: str, options: Mapping[str, Any] | None = None
) -> None:
    """Record that a step runs, and the nodes that it will come to, as far as its options tell."""
    values = {
        "command": display,
        "status": "running",
        "started_at": clock.now(),
        "workspace_id": context.workspace_id,
    }
    statement = insert(RunStep).values(run_id=context.run_id, step=context.step, **values)
    session.execute(statement.on_conflict_do_update(index_elements=["run_id", "step"], set_=values))
    _expect(session, context, options)


def _expect(session: Session, context: StepContext, options: Mapping[str, Any] | None) -> None:
    """What the catalog says that a step will do is `pending`; dbt has the last word (`record_outcomes`)."""
    wanted = None if options is None else expected_nodes(context.reading, context.command, options)
    if wanted is None:
        return
    literals = {
        "run_id": context.run_id,
        "step": context.step,
        "workspace_id": context.workspace_id,
        "environment_id": context.environment_id,
        "command": context.command,
        "status": PENDING,
    }
    rows = wanted.with_only_columns(
        *(sa.literal(value).label(name) for name, value in literals.items()),
        Node.unique_id,
        Node.name,
        Node.resource_type,
    )
    columns = [*literals, "unique_id", "name", "resource_type"]
    try:
        with session.begin_nested():
            session.execute(insert(RunNode).from_select(columns, rows).on_conflict_do_nothing())
    except SQLAlchemyError:
        # A guess must not keep a run from running.
        log.warning("what a step will come to could not be told", exc_info=True)


def end_step(
    session: Session, context: StepContext, *, status: str, exit_code: int | None, message: str | None
) -> None:
    """Record how a step ended.

    A node that was still running when dbt went away is `unknown`, not done; one that it never came to is
    `not_run`.
    """
    now = clock.now()
    session.execute(
        sa.update(RunStep)
        .where(RunStep.run_id == context.run_id, RunStep.step == context.step)
        .values(status=status, exit_code=exit_code, message=message and storable(message), finished_at=now)
    )
    of_step = sa.update(RunNode).where(RunNode.run_id == context.run_id, RunNode.step == context.step)
    gone = "cancelled" if status == "cancelled" else "unknown"
    session.execute(of_step.where(RunNode.status == "running").values(status=gone, finished_at=now))
    session.execute(of_step.where(RunNode.status == PENDING).values(status=NOT_RUN))


def record_node(session: Session, context: StepContext, report: NodeReport) -> None:
    """Record a node that began or ended."""
    record_nodes(session, context, [report])


def record_nodes(session: Session, context: StepContext, reports: Sequence[NodeReport]) -> None:
    """Record nodes that began or ended; of several reports about one, the last."""
    last = {report.unique_id: report for report in reports}.values()
    rows = [_row(context, report, report.name, report.resource_type) for report in last]
    statement = insert(RunNode)
    values = {name: statement.excluded[name] for name in rows[0] if name not in _KEY}
    session.connection().execute(statement.on_conflict_do_update(index_elements=_KEY, set_=values), rows)
    if context.command == FRESHNESS:
        _record_unanswered(session, context, [report for report in last if report.status == RUNTIME_ERROR])
    ended = [_as_outcome(report) for report in last if report.finished_at is not None]
    if ended and context.command in EXECUTING:
        # Not left to run_results.json: a dbt that is killed never writes it.
        _write_latest(session, context, ended)


def _record_unanswered(session: Session, context: StepContext, reports: Sequence[NodeReport]) -> None:
    """Dbt 1.11 leaves sources that it could not ask out of sources.json; their old answer must not stand."""
    message = "dbt could not ask this source; the log of the run says why."
    unanswered = [
        Freshness(
            report.unique_id,
            RUNTIME_ERROR,
            None,
            report.finished_at or clock.now(),
            None,
            message,
            report.execution_time,
        )
        for report in reports
    ]
    if unanswered:
        write_freshness(session, context.reading, unanswered, context.run_id)


def _as_outcome(report: NodeReport) -> NodeOutcome:
    return NodeOutcome(
        unique_id=report.unique_id,
        status=report.status,
        started_at=report.started_at,
        finished_at=report.finished_at,
        execution_time=report.execution_time,
        message=report.message,
        failures=report.failures,
        rows_affected=None,
        thread=report.thread,
        adapter_response={},
        failures_relation=None,
    )


def record_outcomes(session: Session, context: StepContext, outcomes: Sequence[NodeOutcome]) -> None:
    """Take over run_results.json: the last word on every node of a step."""
    _forget_unmeant(session, context)
    if not outcomes:
        return
    _keep_codes(session, context.workspace_id, outcomes)
    kinds = _kinds(session, context.environment_id, [outcome.unique_id for outcome in outcomes])
    rows = [
        _outcome_row(context, outcome, *kinds.get(outcome.unique_id, _from_unique_id(outcome.unique_id)))
        for outcome in outcomes
    ]
    statement = insert(RunNode)
    # A node that never started has no times in the file; those seen live are better than none.
    kept = {
        name: sa.func.coalesce(statement.excluded[name], getattr(RunNode, name))
        for name in rows[0]
        if name not in _KEY
    }
    session.connection().execute(statement.on_conflict_do_update(index_elements=_KEY, set_=kept), rows)
    _end_untimed(session, context)
    if context.command in EXECUTING:
        _write_latest(session, context, outcomes)


def _forget_unmeant(session: Session, context: StepContext) -> None:
    """Dbt lists every node that it chose: what was expected beyond these was expected in error."""
    here = (RunNode.run_id == context.run_id, RunNode.step == context.step)
    session.execute(
        sa.delete(RunNode).where(*here, RunNode.status == PENDING),
        execution_options={"synchronize_session": False},
    )


def _keep_codes(session: Session, workspace_id: int, outcomes: Sequence[NodeOutcome]) -> None:
    """The compiled SQL of each node, where the catalog does not hold the same text already."""
    texts = {outcome.code_hash: outcome.compiled_code for outcome in outcomes if outcome.code_hash}
    for key in known_hashes(session, "code_texts", workspace_id, texts):
        del texts[key]
    rows = ((workspace_id, key, text) for key, text in texts.items())
    copy_rows(session, "code_texts", ("workspace_id", "hash", "text"), rows)


def _end_untimed(session: Session, context: StepContext) -> None:
    """Nodes without any time (skipped, say) ended with their step: the past has to know when."""
    of_step = sa.and_(RunNode.run_id == context.run_id, RunNode.step == context.step)
    untimed = sa.and_(RunNode.finished_at.is_(None), RunNode.status.not_in(UNFINISHED))
    session.execute(
        sa.update(RunNode).where(of_step, untimed).values(finished_at=context.at or clock.now()),
        execution_options={"synchronize_session": False},
    )


def _outcome_row(context: StepContext, outcome: NodeOutcome, name: str, kind: str) -> dict[str, Any]:
    return {
        **_row(context, outcome, name, kind),
        "rows_affected": outcome.rows_affected,
        "adapter_response": dict(outcome.adapter_response),
        "compile_time": outcome.compile_time,
        "execute_time": outcome.execute_time,
        "bytes_processed": outcome.bytes_processed,
        "code_hash": outcome.code_hash,
    }


def _row(context: StepContext, told: NodeReport | NodeOutcome, name: str, kind: str) -> dict[str, Any]:
    """What an event of dbt and run_results.json both tell of a node."""
    return {
        "run_id": context.run_id,
        "step": context.step,
        "unique_id": told.unique_id,
        "workspace_id": context.workspace_id,
        "environment_id": context.environment_id,
        "name": name,
        "resource_type": kind,
        "command": context.command,
        "status": told.status,
        "started_at": told.started_at,
        "finished_at": told.finished_at,
        "execution_time": told.execution_time,
        "message": told.message,
        "failures": told.failures,
        "thread": told.thread,
    }


def _write_latest(session: Session, context: StepContext, outcomes: Sequence[NodeOutcome]) -> None:
    """Of two runs that end out of order, the later result is the latest; in one run, the later word is."""
    now = context.at or clock.now()
    rows = [
        {
            "environment_id": context.environment_id,
            "unique_id": outcome.unique_id,
            "status": outcome.status,
            "run_id": context.run_id,
            "at": outcome.finished_at or now,
            "execution_time": outcome.execution_time,
            "message": outcome.message,
            "failures": outcome.failures,
            "failures_relation": outcome.failures_relation,
        }
        for outcome in outcomes
    ]
    key = ["environment_id", "unique_id"]
    statement = insert(NodeResult)
    latest = statement.on_conflict_do_update(
        index_elements=key,
        set_={name: statement.excluded[name] for name in rows[0] if name not in key},
        where=sa.or_(NodeResult.at <= statement.excluded.at, NodeResult.run_id == statement.excluded.run_id),
    )
    session.connection().execute(latest, rows)
    many = len(outcomes) > MANY
    health.refresh(session, context.reading, None if many else [outcome.unique_id for outcome in outcomes])


def _kinds(session: Session, environment_id: int, unique_ids: Sequence[str]) -> dict[str, tuple[str, str]]:
    query = sa.select(Node.unique_id, Node.name, Node.resource_type).where(
        Node.environment_id == environment_id, Node.unique_id == sa.func.any(list(unique_ids))
    )
    return {unique_id: (name, kind) for unique_id, name, kind in session.execute(query)}


def _from_unique_id(unique_id: str) -> tuple[str, str]:
    """Name and resource type of a node that the catalog does not know (yet)."""
    parts = unique_id.split(".")
    return (parts[-1] if parts else unique_id), parts[0]
