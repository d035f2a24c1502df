"""What became of the runs of a job: bars, how many succeeded, and how long they take."""

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from core.runs.ports import (
    ACTOR_TAG,
    DUE_TAG,
    ENDED,
    JOB_TAG,
    TRIGGER_TAG,
    WORKSPACE_TAG,
    EngineRun,
    RunEngine,
    RunStatus,
)
from core.runs.retry_policy import RETRY_OF_TAG, STATE_TAG, WAITING

MOST: Final = 200
BARS: Final = 15
# A trend needs a few runs on either side of the middle.
LEAST_FOR_TREND: Final = 6
GOING_ON: Final = [status for status in RunStatus if status not in ENDED]


@dataclass(frozen=True)
class Bar:
    """A run of a job in short."""

    run_id: str
    status: RunStatus
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    trigger_id: int | None
    due_at: str | None
    actor: str | None
    retry_of: str | None

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it goes on, or if it never began."""
        if self.started_at is None or self.ended_at is None:
            return None
        return (self.ended_at - self.started_at).total_seconds()


@dataclass(frozen=True)
class History:
    """The latest runs, newest first. What cannot be said of so few is None.

    `success_rate` is of the runs that succeeded or failed. `trend` is the median duration of the newer half
    of those that succeeded, divided by that of the older half.
    """

    runs: Sequence[Bar]
    succeeded: int
    failed: int
    cancelled: int
    success_rate: float | None
    median_seconds: float | None
    trend: float | None


def job_tags(workspace_key: str, job_key: str) -> dict[str, str]:
    """What the runs of a job carry."""
    return {WORKSPACE_TAG: workspace_key, JOB_TAG: job_key}


def bar_of(run: EngineRun) -> Bar:
    """A run in short."""
    return Bar(
        run_id=run.run_id,
        status=run.status,
        created_at=run.created_at,
        started_at=run.started_at,
        ended_at=run.ended_at,
        trigger_id=_number(run.tags, TRIGGER_TAG),
        due_at=run.tags.get(DUE_TAG),
        actor=run.tags.get(ACTOR_TAG),
        retry_of=run.tags.get(RETRY_OF_TAG),
    )


def history_of(engine: RunEngine, workspace_key: str, job_key: str, *, limit: int) -> History:
    """The latest runs of a job, and what they say together.

    Raises:
        Unavailable: Dagster does not answer.
    """
    runs = engine.list_runs(job_tags(workspace_key, job_key), (), limit=min(limit, MOST), cursor=None)
    return summed_up([bar_of(run) for run in runs])


def summed_up(bars: Sequence[Bar]) -> History:
    """What runs, newest first, say together."""
    good = [bar for bar in bars if bar.status == RunStatus.SUCCESS]
    failed = sum(bar.status == RunStatus.FAILED for bar in bars)
    took = [bar.seconds for bar in good if bar.seconds is not None]
    return History(
        runs=bars,
        succeeded=len(good),
        failed=failed,
        cancelled=sum(bar.status == RunStatus.CANCELLED for bar in bars),
        success_rate=len(good) / (len(good) + failed) if good or failed else None,
        median_seconds=statistics.median(took) if took else None,
        trend=_trend(took),
    )


def going_on(engine: RunEngine, workspace_key: str, job_key: str) -> EngineRun | None:
    """A run of the job that is not over, or that failed and will be tried again; None where there is none.

    Raises:
        Unavailable: Dagster does not answer.
    """
    tags = job_tags(workspace_key, job_key)
    found = engine.list_runs(tags, GOING_ON, limit=10, cursor=None)
    if found:
        return found[-1]
    again = {**tags, STATE_TAG: WAITING}
    waiting = engine.list_runs(again, [RunStatus.FAILED], limit=1, cursor=None)
    return waiting[0] if waiting else None


def _trend(took: Sequence[float]) -> float | None:
    if len(took) < LEAST_FOR_TREND:
        return None
    half = len(took) // 2
    older = statistics.median(took[half:])
    return statistics.median(took[:half]) / older if older else None


def _number(tags: Mapping[str, str], name: str) -> int | None:
    said = tags.get(name, "")
    return int(said) if said.isdecimal() else None
