"""What is said of a run: how it went, why it failed, which tests and sources changed with it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.models import FreshnessAnswer
from core.notifications.facts import MOST_LISTED, Links, cut
from core.runs.analysis.causes import Cause
from core.runs.analysis.values import FAILED, TESTS, WELL
from core.runs.insight import causes_of_run
from core.runs.models import RunNode, RunStep
from core.runs.nodes import messages_of
from core.runs.ports import ACTOR_TAG, COMMAND_TAG, EngineRun
from core.runs.retry_policy import GIVEN_UP_TAG, STATE_TAG, WAITING, attempt_of, policy_of
from core.workspaces.models import Workspace

MESSAGE: Final = 1000
STALE: Final = ("warn", "error", "runtime error")
_SAID: Final = 2000


@dataclass(frozen=True)
class Changed:
    """A test or source that is worse than it was the last time. `before` is null for one never asked."""

    unique_id: str
    name: str
    status: str
    before: str | None
    message: str | None = None
    failures: int | None = None
    age_seconds: float | None = None


def will_retry(run: EngineRun) -> bool:
    """Whether a failed run is tried again by itself."""
    waits = run.tags.get(STATE_TAG) == WAITING and GIVEN_UP_TAG not in run.tags
    return waits and policy_of(run.tags) is not None


def was_final(run: EngineRun) -> bool:
    """Whether a run that ended was the last of its attempts: none follows by itself."""
    policy = policy_of(run.tags)
    return policy is None or attempt_of(run.tags) >= policy.max_attempts or GIVEN_UP_TAG in run.tags


def run_facts(run: EngineRun, links: Links) -> dict[str, Any]:
    """The run itself."""
    policy = policy_of(run.tags)
    attempt = attempt_of(run.tags)
    again = run.ended_at is not None and will_retry(run)
    following = (run.ended_at or run.created_at) + timedelta(
        seconds=policy.delay_after(attempt) if policy else 0
    )
    took = (run.ended_at - run.started_at).total_seconds() if run.ended_at and run.started_at else None
    return {
        "id": run.run_id,
        "url": links.to("runs", run.run_id),
        "command": run.tags.get(COMMAND_TAG, "dbt build"),
        "status": str(run.status),
        "actor": run.tags.get(ACTOR_TAG),
        "attempt": attempt,
        "max_attempts": policy.max_attempts if policy else 1,
        "will_retry": again,
        "next_attempt_at": _iso(following) if again else None,
        "created_at": _iso(run.created_at),
        "started_at": _iso(run.started_at),
        "ended_at": _iso(run.ended_at),
        "duration_seconds": took,
    }


def failure_facts(
    session: Session, workspace: Workspace, run: EngineRun, links: Links, said: str | None
) -> dict[str, Any]:
    """Why a run failed, by root cause: what each failure made it skip, and which exposures are stale now.

    `said` is what the orchestrator says, for where dbt said nothing.
    """
    causes = causes_of_run(session, workspace, run)
    shown = causes.causes[:MOST_LISTED]
    keys = [cause.execution.key for cause in shown]
    messages = messages_of(session, workspace.id, run.run_id, keys) if keys else {}
    stale = sorted({exposure for cause in causes.causes for exposure in cause.exposures})
    return {
        "message": _message(session, workspace, run, said),
        "causes": [_cause(cause, messages.get(cause.execution.key), run, links) for cause in shown],
        "failed_total": causes.failed_total,
        "skipped_total": causes.skipped_total,
        "exposures": stale[:MOST_LISTED],
    }


def _cause(cause: Cause, message: str | None, run: EngineRun, links: Links) -> dict[str, Any]:
    one = cause.execution
    return {
        "node": one.unique_id,
        "name": one.name or one.unique_id,
        "resource_type": one.resource_type,
        "status": one.status,
        "message": message and message[:MESSAGE],
        "url": _node_url(run.run_id, one.unique_id, links),
        "skipped": list(cause.skipped[:MOST_LISTED]),
        "skipped_total": len(cause.skipped),
        "exposures": list(cause.exposures[:MOST_LISTED]),
    }


def _message(session: Session, workspace: Workspace, run: EngineRun, said: str | None) -> str | None:
    """The words of the steps that failed, or else of the orchestrator."""
    query = sa.select(RunStep.message).where(
        RunStep.run_id == run.run_id, RunStep.workspace_id == workspace.id, RunStep.status == "failed"
    )
    found = [message for message in session.scalars(query.order_by(RunStep.step)) if message]
    given_up = run.tags.get(GIVEN_UP_TAG)
    words = ["\n".join(found) or said, given_up and f"It was not tried again: {given_up}"]
    return "\n".join(text for text in words if text)[:_SAID] or None


def newly_failing(session: Session, workspace_id: int, run_id: str) -> list[Changed]:
    """The tests that failed in a run and that passed, or never ran, the last time before."""
    here = (RunNode.workspace_id == workspace_id, RunNode.run_id == run_id)
    failing = sa.select(RunNode).where(
        *here, RunNode.resource_type.in_(TESTS), RunNode.status.in_(FAILED), RunNode.started_at.is_not(None)
    )
    last = {row.unique_id: row for row in session.scalars(failing.order_by(RunNode.step))}
    before = _results_before(session, last)
    return [
        Changed(
            row.unique_id,
            row.name,
            row.status,
            before.get(row.unique_id),
            row.message and row.message[:MESSAGE],
            row.failures,
        )
        for row in last.values()
        if before.get(row.unique_id) not in FAILED
    ]


def _results_before(session: Session, rows: Mapping[str, RunNode]) -> dict[str, str]:
    """How each of these ended the last time before, in the same environment."""
    if not rows:
        return {}
    now = next(iter(rows.values()))
    began = {row.started_at for row in rows.values() if row.started_at is not None}
    query = (
        sa.select(RunNode.unique_id, RunNode.status)
        .distinct(RunNode.unique_id)
        .where(
            RunNode.environment_id == now.environment_id,
            RunNode.unique_id.in_(rows),
            RunNode.run_id != now.run_id,
            RunNode.status.in_(FAILED | WELL),
            RunNode.started_at < min(began),
        )
        .order_by(RunNode.unique_id, RunNode.started_at.desc())
    )
    return dict(session.execute(query).tuples().all())


def staler(session: Session, environment_ids: Sequence[int], run_id: str) -> list[Changed]:
    """The sources that a run found out of date, with another answer than the last time before."""
    ours = (FreshnessAnswer.environment_id.in_(environment_ids), FreshnessAnswer.run_id == run_id)
    return _staler(session, list(session.scalars(sa.select(FreshnessAnswer).where(*ours))))


def staler_of_drops(session: Session, environment_id: int, after: int) -> tuple[list[Changed], int]:
    """The same of answers that came with drops, after the one with this id; and the id of the last."""
    ours = (
        FreshnessAnswer.environment_id == environment_id,
        FreshnessAnswer.run_id.is_(None),
        FreshnessAnswer.id > after,
    )
    answers = list(session.scalars(sa.select(FreshnessAnswer).where(*ours)))
    return _staler(session, answers), max((answer.id for answer in answers), default=after)


def last_answer(session: Session) -> int:
    """The id of the last answer that there is."""
    return session.scalar(sa.select(sa.func.max(FreshnessAnswer.id))) or 0


def _staler(session: Session, answers: Sequence[FreshnessAnswer]) -> list[Changed]:
    last: dict[tuple[int, str], FreshnessAnswer] = {}
    first: dict[tuple[int, str], int] = {}
    for answer in sorted(answers, key=lambda one: one.id):
        key = (answer.environment_id, answer.unique_id)
        first.setdefault(key, answer.id)
        last[key] = answer
    found: list[Changed] = []
    for key, answer in last.items():
        if answer.status not in STALE:
            continue
        before = session.scalar(
            sa.select(FreshnessAnswer.status)
            .where(
                FreshnessAnswer.environment_id == answer.environment_id,
                FreshnessAnswer.unique_id == answer.unique_id,
                FreshnessAnswer.id < first[key],
            )
            .order_by(FreshnessAnswer.at.desc(), FreshnessAnswer.id.desc())
            .limit(1)
        )
        if before != answer.status:
            found.append(_source(answer, before))
    return found


def _source(answer: FreshnessAnswer, before: str | None) -> Changed:
    return Changed(
        answer.unique_id,
        ".".join(answer.unique_id.split(".")[2:]) or answer.unique_id,
        answer.status,
        before,
        answer.message and answer.message[:MESSAGE],
        age_seconds=answer.age_seconds,
    )


def facts_of_tests(changed: Sequence[Changed], links: Links, run_id: str | None = None) -> dict[str, Any]:
    """Tests that newly fail, as an event has them; in a run of ours, or in one that is none of ours."""
    said = [
        {
            "node": one.unique_id,
            "name": one.name,
            "status": one.status,
            "failures": one.failures,
            "message": one.message,
            "url": links.to("catalog", one.unique_id)
            if run_id is None
            else _node_url(run_id, one.unique_id, links),
        }
        for one in changed
    ]
    return {"tests": cut(said), "tests_total": len(said)}


def facts_of_sources(changed: Sequence[Changed], links: Links) -> dict[str, Any]:
    """Sources that are newly out of date, as an event has them."""
    said = [
        {
            "node": one.unique_id,
            "name": one.name,
            "status": one.status,
            "before": one.before,
            "age_seconds": one.age_seconds,
            "message": one.message,
            "url": links.to("catalog", one.unique_id),
        }
        for one in changed
    ]
    return {"sources": cut(said), "sources_total": len(said)}


def _node_url(run_id: str, unique_id: str, links: Links) -> str:
    return links.to("runs", run_id, node=unique_id)


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")
