"""The state of a workspace's data on one page."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog import repository
from core.catalog.coverage import Coverage, coverage_of
from core.catalog.models import Node, NodeResult, SourceFreshness
from core.catalog.reading import Reading

HEALTH: Final = {
    "success": "ok",
    "pass": "ok",
    "no-op": "ok",
    "reused": "ok",
    "warn": "warning",
    "partial success": "warning",
    "error": "failed",
    "fail": "failed",
    "runtime error": "failed",
}
WARNINGS: Final = tuple(status for status, health in HEALTH.items() if health == "warning")
NOT_OK: Final = tuple(status for status, health in HEALTH.items() if health != "ok")
EXECUTABLE: Final = ("model", "seed", "snapshot", "test", "unit_test")
BUILT: Final = ("model", "seed", "snapshot")
SHOWN: Final = 20


@dataclass(frozen=True)
class Overview:
    """What broke, what is late, what is slow, what is not known."""

    counts: dict[str, int]
    health: dict[str, int]
    failing: Sequence[tuple[Node, NodeResult]]
    failing_total: int
    slowest: Sequence[tuple[Node, NodeResult]]
    freshness: Sequence[tuple[str, SourceFreshness]]
    sources_without_freshness: int
    coverage: Coverage


def overview(session: Session, reading: Reading) -> Overview:
    """Gather the overview, in a fixed number of queries."""
    counts = repository.counts_by_type(session, [reading.environment_id])[reading.environment_id]
    failing, failing_total = _with_status(session, reading, NOT_OK)
    fresh = repository.freshness_of(session, reading)
    names = _names(session, reading, [row.unique_id for row in fresh])
    return Overview(
        counts=counts,
        health=_health(session, reading),
        failing=failing,
        failing_total=failing_total,
        slowest=_slowest(session, reading),
        freshness=[(names.get(row.unique_id, row.unique_id), row) for row in fresh],
        sources_without_freshness=max(0, counts.get("source", 0) - len(fresh)),
        coverage=coverage_of(session, reading),
    )


def _join() -> sa.ColumnElement[bool]:
    return sa.and_(NodeResult.environment_id == Node.environment_id, NodeResult.unique_id == Node.unique_id)


def _health(session: Session, reading: Reading) -> dict[str, int]:
    """Nodes that dbt executes, by state; one without a result is unknown. Ephemeral ones give none."""
    query = (
        sa.select(NodeResult.status, sa.func.count())
        .select_from(Node)
        .outerjoin(NodeResult, _join())
        .where(Node.environment_id == reading.environment_id, Node.resource_type.in_(EXECUTABLE))
        .where(sa.func.coalesce(Node.materialization, "") != "ephemeral")
        .group_by(NodeResult.status)
    )
    found = {"ok": 0, "warning": 0, "failed": 0, "skipped": 0, "unknown": 0}
    for status, count in session.execute(query):
        found["skipped" if status == "skipped" else HEALTH.get(status, "unknown")] += count
    return found


def _with_status(
    session: Session, reading: Reading, statuses: Sequence[str]
) -> tuple[list[tuple[Node, NodeResult]], int]:
    """The first of the nodes with these results, failures before warnings, and how many there are in all."""
    severity = sa.case((NodeResult.status.in_(WARNINGS), 1), else_=0)
    query = (
        sa.select(Node, NodeResult)
        .join(NodeResult, _join())
        .where(Node.environment_id == reading.environment_id, NodeResult.status.in_(statuses))
    )
    total = session.scalar(query.with_only_columns(sa.func.count(), maintain_column_froms=True)) or 0
    shown = query.order_by(severity, NodeResult.at.desc(), Node.unique_id)
    return [(node, result) for node, result in session.execute(shown.limit(SHOWN))], total


def _slowest(session: Session, reading: Reading) -> list[tuple[Node, NodeResult]]:
    query = (
        sa.select(Node, NodeResult)
        .join(NodeResult, _join())
        .where(Node.environment_id == reading.environment_id, Node.resource_type.in_(BUILT))
        .where(NodeResult.execution_time.is_not(None))
        .order_by(NodeResult.execution_time.desc(), Node.unique_id)
        .limit(5)
    )
    return [(node, result) for node, result in session.execute(query)]


def _names(session: Session, reading: Reading, unique_ids: Sequence[str]) -> dict[str, str]:
    query = sa.select(Node.unique_id, Node.name).where(
        Node.environment_id == reading.environment_id, Node.unique_id.in_(unique_ids)
    )
    return dict(session.execute(query).tuples().all())
