"""The results of runs as they stood at some moment."""

from datetime import datetime

import sqlalchemy as sa

from core.runs.models import RunNode
from core.runs.recording import EXECUTING, UNFINISHED


def results_as_of(environment_id: int, at: datetime) -> sa.Subquery:
    """The latest result of each node until then, with the columns of `node_results`."""
    ended = sa.func.coalesce(RunNode.finished_at, RunNode.started_at)
    return (
        sa.select(
            RunNode.environment_id,
            RunNode.unique_id,
            RunNode.status,
            RunNode.run_id,
            ended.label("at"),
            RunNode.execution_time,
            RunNode.message,
            RunNode.failures,
            sa.cast(sa.null(), sa.Text).label("failures_relation"),
        )
        .distinct(RunNode.unique_id)
        .where(
            RunNode.environment_id == environment_id,
            RunNode.command.in_(sorted(EXECUTING)),
            RunNode.status.not_in(UNFINISHED),
            ended <= at,
        )
        .order_by(RunNode.unique_id, ended.desc())
        .subquery("results_then")
    )
