"""What a run's nodes say together: when each ran, why some did not, and what was otherwise the last time."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from core.kit.errors import Invalid
from core.runs.analysis.causes import Causes, root_causes
from core.runs.analysis.comparing import Difference, compare
from core.runs.analysis.critical import Link, critical_path
from core.runs.analysis.values import Execution, reads_of
from core.runs.nodes import edges_of_run, executions_of
from core.runs.ports import COMMAND_TAG, ENVIRONMENT_TAG, WORKSPACE_TAG, EngineRun, RunEngine, RunStatus
from core.runs.service import require_run
from core.workspaces.models import Workspace

# More bars than this are told to be more, and not drawn.
MOST_BARS: Final = 20_000
NO_THREAD: Final = ""


@dataclass(frozen=True)
class Timeline:
    """When each node of a run ran. `lanes` are its threads in order, `lane_of` the place of each bar's.

    `path` holds the critical path by places in `bars`. `untimed` nodes never began, were skipped, or dbt gave
    no time.
    """

    bars: Sequence[Execution]
    lanes: Sequence[str]
    lane_of: Sequence[int]
    path: Sequence[tuple[int, Link]]
    started_at: datetime | None
    finished_at: datetime | None
    untimed: int
    cut: int


def timeline_of_run(session: Session, workspace: Workspace, run: EngineRun, step: int | None) -> Timeline:
    """When each node ran, and the critical path of the run (or of one step)."""
    executions = executions_of(session, workspace.id, run, step)
    timed = [one for one in executions if one.has_worked]
    bars = timed[:MOST_BARS]
    lanes = sorted({one.thread or NO_THREAD for one in bars}, key=_natural)
    place = {lane: index for index, lane in enumerate(lanes)}
    index_of = {one.key: index for index, one in enumerate(bars)}
    path = critical_path(timed, reads_of(edges_of_run(session, workspace.id, run)) if timed else {})
    return Timeline(
        bars=bars,
        lanes=lanes,
        lane_of=[place[one.thread or NO_THREAD] for one in bars],
        path=[(index_of[link.execution.key], link) for link in path if link.execution.key in index_of],
        started_at=min((one.started_at for one in timed if one.started_at), default=None),
        finished_at=max((one.finished_at for one in timed if one.finished_at), default=None),
        untimed=len(executions) - len(timed),
        cut=len(timed) - len(bars),
    )


def _natural(text: str) -> list[Any]:
    """Thread-2 comes before Thread-10."""
    return [int(part) if part.isdigit() else part for part in re.split(r"([0-9]+)", text)]


def causes_of_run(session: Session, workspace: Workspace, run: EngineRun) -> Causes:
    """Which failures made the run leave out the rest; the graph is read only if anything failed."""
    executions = executions_of(session, workspace.id, run)
    if not any(one.has_failed or one.status == "skipped" for one in executions):
        return Causes()
    edges = edges_of_run(session, workspace.id, run)
    exposures = {child for _, child in edges if child.startswith("exposure.")}
    return root_causes(executions, reads_of(edges), exposures)


@dataclass(frozen=True)
class Comparison:
    """A run beside another. Without one (`before` is None) there was nothing to compare with."""

    before: EngineRun | None
    difference: Difference | None


def compare_run(
    session: Session, engine: RunEngine, workspace: Workspace, run: EngineRun, other_id: str | None
) -> Comparison:
    """A run beside the one before it of the same command in the same environment, or beside another.

    Raises:
        NotFound: the workspace has no such other run.
        Invalid: the other is the run itself.
    """
    if other_id == run.run_id:
        raise Invalid("A run does not differ from itself.", hint="Name another run in `with`.")
    before = require_run(engine, workspace, other_id) if other_id else previous_run(engine, workspace, run)
    if before is None:
        return Comparison(None, None)
    now = executions_of(session, workspace.id, run)
    return Comparison(before, compare(now, executions_of(session, workspace.id, before)))


def previous_run(engine: RunEngine, workspace: Workspace, run: EngineRun) -> EngineRun | None:
    """The latest run before it that did the same in the same environment to the end, well or not.

    Cancelled ones are passed over: what they left out says nothing.
    """
    same = {name: run.tags.get(name) for name in (ENVIRONMENT_TAG, COMMAND_TAG)}
    tags = {name: value for name, value in same.items() if value is not None}
    if COMMAND_TAG not in tags:
        return None
    ended = (RunStatus.SUCCESS, RunStatus.FAILED)
    wanted = {**tags, WORKSPACE_TAG: workspace.key}
    return next(iter(engine.list_runs(wanted, ended, limit=1, cursor=run.run_id)), None)
