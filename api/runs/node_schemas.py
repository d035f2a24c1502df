"""The nodes of a run, and what they say together, as JSON."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel

from core.runs.analysis.causes import Cause, Causes
from core.runs.analysis.comparing import Pair
from core.runs.analysis.values import Execution
from core.runs.finding import EXTERNAL
from core.runs.history import NodeHistory, Point
from core.runs.insight import Comparison, Timeline
from core.runs.nodes import NodeInRun, NodesPage
from core.runs.ports import EngineRun, RunStatus

# So many names of each list are shown; its total is always told.
SHOWN = 50


class RunNodeOut(BaseModel):
    """What became of a node in a step. `message` is its beginning.

    `pending`: known to be meant, not begun; `not_run`: the run ended before; `unknown`: it ran when the run's
    worker died. What the adapter does not tell (rows, bytes) is null.
    """

    step: int
    unique_id: str
    name: str
    resource_type: str
    status: str
    started_at: datetime | None
    finished_at: datetime | None
    execution_time: float | None
    message: str | None
    failures: int | None
    rows_affected: int | None
    bytes_processed: int | None
    thread: str | None


class RunNodeList(BaseModel):
    """A page of nodes. `total` counts those that match, `statuses` and `resource_types` the whole run."""

    items: list[RunNodeOut]
    total: int | None
    next_cursor: str | None
    statuses: dict[str, int]
    resource_types: dict[str, int]

    @classmethod
    def of(cls, found: NodesPage) -> Self:
        """From the tables."""
        return cls(
            items=[RunNodeOut.model_validate(row, from_attributes=True) for row in found.page.items],
            total=found.page.total,
            next_cursor=found.page.next_cursor,
            statuses=dict(found.statuses),
            resource_types=dict(found.resource_types),
        )


class RunNodeDetail(RunNodeOut):
    """Everything about a node in a step.

    `compiled_code` is the SQL of this very run, null where dbt kept none. `compile_time` and `execute_time`
    are seconds. `flaky`: lately it came out otherwise with the same code on the same data.
    """

    command: str
    compile_time: float | None
    execute_time: float | None
    adapter_response: dict[str, Any]
    compiled_code: str | None
    in_catalog: bool
    flaky: bool

    @classmethod
    def of(cls, found: NodeInRun, *, flaky: bool) -> Self:
        """From the tables."""
        apart = {"status", "compiled_code", "in_catalog", "flaky"}
        values = {name: getattr(found.row, name) for name in cls.model_fields if name not in apart}
        return cls(
            **values,
            status=found.status,
            compiled_code=found.code,
            in_catalog=found.in_catalog,
            flaky=flaky,
        )


class CriticalOut(BaseModel):
    """A node of the critical path, by its place in the lists; `waited_for`: parent, test, thread or step.

    `gap`: seconds between the node before it and this one.
    """

    index: int
    waited_for: Literal["parent", "test", "thread", "step"] | None
    gap: float


class TimelineOut(BaseModel):
    """When each node ran: lists of the same length, one entry a bar.

    `starts` and `ends` are seconds since `origin`; an end is null while the node runs. `lane_of` is a place
    in `lanes`, the threads. `untimed` nodes have no times; `cut` bars are more than a timeline shows.
    """

    origin: datetime | None
    seconds: float | None
    lanes: list[str]
    unique_ids: list[str]
    names: list[str]
    steps: list[int]
    resource_types: list[str]
    statuses: list[str]
    starts: list[float]
    ends: list[float | None]
    lane_of: list[int]
    critical: list[CriticalOut]
    critical_seconds: float
    untimed: int
    cut: int

    @classmethod
    def of(cls, found: Timeline) -> Self:
        """From the analysis."""
        bars, origin = found.bars, found.started_at
        links = [link for _, link in found.path]
        return cls(
            origin=origin,
            seconds=_since(origin, found.finished_at),
            lanes=list(found.lanes),
            unique_ids=[bar.unique_id for bar in bars],
            names=[bar.name for bar in bars],
            steps=[bar.step for bar in bars],
            resource_types=[bar.resource_type for bar in bars],
            statuses=[bar.status for bar in bars],
            starts=[_since(origin, bar.started_at) or 0 for bar in bars],
            ends=[_since(origin, bar.finished_at) for bar in bars],
            lane_of=list(found.lane_of),
            critical=[
                CriticalOut.model_validate({"index": index, "waited_for": link.waited_for, "gap": link.gap})
                for index, link in found.path
            ],
            critical_seconds=sum(
                _since(link.execution.started_at, link.execution.finished_at) or 0 for link in links
            ),
            untimed=found.untimed,
            cut=found.cut,
        )


def _since(origin: datetime | None, moment: datetime | None) -> float | None:
    return None if origin is None or moment is None else round((moment - origin).total_seconds(), 3)


class NamedOut(BaseModel):
    """The first few of a list of nodes, and how many there are."""

    items: list[str]
    total: int

    @classmethod
    def of(cls, unique_ids: Sequence[str]) -> Self:
        """From all of them."""
        return cls(items=list(unique_ids[:SHOWN]), total=len(unique_ids))


class CauseOut(BaseModel):
    """A failure, what was skipped because of it, and the exposures that are out of date now."""

    step: int
    unique_id: str
    name: str
    resource_type: str
    status: str
    finished_at: datetime | None
    message: str | None
    skipped: NamedOut
    stale_exposures: NamedOut

    @classmethod
    def of(cls, cause: Cause, message: str | None) -> Self:
        """From the analysis."""
        one = cause.execution
        return cls(
            step=one.step,
            unique_id=one.unique_id,
            name=one.name,
            resource_type=one.resource_type,
            status=one.status,
            finished_at=one.finished_at,
            message=message,
            skipped=NamedOut.of(cause.skipped),
            stale_exposures=NamedOut.of(cause.exposures),
        )


class CausesOut(BaseModel):
    """The failures of a run, those that made most skip first. `unexplained`: skipped without one before."""

    items: list[CauseOut]
    failed_total: int
    skipped_total: int
    unexplained: NamedOut

    @classmethod
    def of(cls, found: Causes, messages: dict[tuple[int, str], str | None]) -> Self:
        """From the analysis and the messages of the failures."""
        return cls(
            items=[CauseOut.of(cause, messages.get(cause.execution.key)) for cause in found.causes],
            failed_total=found.failed_total,
            skipped_total=found.skipped_total,
            unexplained=NamedOut.of(found.unexplained),
        )


class PairOut(BaseModel):
    """A node in both runs; a status or a time is null where it was not part of one, or took none."""

    step: int
    unique_id: str
    name: str
    resource_type: str
    status: str | None
    status_before: str | None
    seconds: float | None
    seconds_before: float | None

    @classmethod
    def of(cls, pair: Pair) -> Self:
        """From the analysis."""
        one = pair.now or pair.before or Execution(0, "", "", "")
        return cls(
            step=one.step,
            unique_id=one.unique_id,
            name=one.name,
            resource_type=one.resource_type,
            status=pair.now.status if pair.now else None,
            status_before=pair.before.status if pair.before else None,
            seconds=pair.now.seconds if pair.now else None,
            seconds_before=pair.before.seconds if pair.before else None,
        )


class PairsOut(BaseModel):
    """What matters most of a list, and how many there are."""

    items: list[PairOut]
    total: int

    @classmethod
    def of(cls, pairs: Sequence[Pair]) -> Self:
        """From all of them."""
        return cls(items=[PairOut.of(pair) for pair in pairs[:SHOWN]], total=len(pairs))


class ComparedRunOut(BaseModel):
    """The run that is compared with."""

    run_id: str
    status: RunStatus
    created_at: datetime
    duration_seconds: float | None

    @classmethod
    def of(cls, run: EngineRun) -> Self:
        """From Dagster."""
        return cls(
            run_id=run.run_id,
            status=run.status,
            created_at=run.created_at,
            duration_seconds=_since(run.started_at, run.ended_at),
        )


class ComparisonOut(BaseModel):
    """A run beside another. `before` is null, and all lists too, where there is none to compare with."""

    before: ComparedRunOut | None
    newly_failing: PairsOut | None = None
    fixed: PairsOut | None = None
    left_out: PairsOut | None = None
    resumed: PairsOut | None = None
    slower: PairsOut | None = None
    faster: PairsOut | None = None
    added: PairsOut | None = None
    removed: PairsOut | None = None
    unchanged: int | None = None

    @classmethod
    def of(cls, found: Comparison) -> Self:
        """From the analysis."""
        difference = found.difference
        if found.before is None or difference is None:
            return cls(before=None)
        names = ("newly_failing", "fixed", "left_out", "resumed", "slower", "faster", "added", "removed")
        lists = {name: PairsOut.of(getattr(difference, name)) for name in names}
        return cls(before=ComparedRunOut.of(found.before), unchanged=difference.unchanged, **lists)


class PointOut(BaseModel):
    """One execution of a node. `same_code`: as the one before; null where nobody can tell.

    `flaky`: it came out otherwise than the one before, though neither code nor data changed.
    """

    run_id: str
    external: bool
    step: int
    command: str
    status: str
    started_at: datetime | None
    finished_at: datetime | None
    execution_time: float | None
    rows_affected: int | None
    bytes_processed: int | None
    failures: int | None
    message: str | None
    same_code: bool | None
    flaky: bool

    @classmethod
    def of(cls, point: Point) -> Self:
        """From the tables."""
        apart = {"external", "same_code", "flaky"}
        values = {name: getattr(point.row, name) for name in cls.model_fields if name not in apart}
        external = point.row.run_id.startswith(EXTERNAL)
        return cls(**values, external=external, same_code=point.same_code, flaky=point.flaky)


class NodeHistoryOut(BaseModel):
    """The latest executions of a node, newest first; whether it is flaky, and which of its tests are."""

    items: list[PointOut]
    total: int | None = None
    next_cursor: str | None = None
    flaky: bool
    flaky_tests: list[str]

    @classmethod
    def of(cls, found: NodeHistory) -> Self:
        """From the analysis."""
        return cls(
            items=[PointOut.of(point) for point in found.points],
            flaky=found.flaky,
            flaky_tests=list(found.flaky_tests),
        )


def keys_of(causes: Iterable[Cause]) -> list[tuple[int, str]]:
    """The failures whose messages are to be read."""
    return [cause.execution.key for cause in causes]
