"""The critical path: the chain of nodes that a run took as long as it did for.

It is found backwards, by the times at which things happened, from the node that finished last. Before a node
stands, of all that it waited for, the one that finished last, and no later than the node began:

- its parents, and in `build` the tests of its parents (see `Waits`);
- the node before it on the same thread, for it may have waited only for a thread;
- for a node that waited for neither, the last node of the steps before, since steps run one after another.

So its nodes do not overlap and its length is never more than the time from the first start to the last end.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.runs.analysis.values import Execution, Key, Reads
from core.runs.analysis.waiting import Waits

# Where an execution stands in time. Only what stands before another can precede it: no ring is made.
Place = tuple[datetime, datetime, Key]


@dataclass(frozen=True, slots=True)
class Link:
    """A node on the path. `waited_for` says why it stands after the one before: parent, test, thread or step.

    `gap` are the seconds in which neither ran.
    """

    execution: Execution
    waited_for: str | None = None
    gap: float = 0.0


@dataclass(frozen=True, slots=True)
class Timed:
    """An execution that began and ended."""

    execution: Execution
    start: datetime
    end: datetime

    @property
    def place(self) -> Place:
        """Where it stands in time."""
        return self.start, self.end, self.execution.key


def critical_path(executions: Iterable[Execution], reads: Reads) -> list[Link]:
    """The path, first node first; empty where nothing has ended yet.

    `reads` are the parents of each node, also of those that were not part of the run.
    """
    timed = [found for execution in executions if (found := _timed(execution))]
    if not timed:
        return []
    course = _Course(timed, reads)
    current = max(timed, key=lambda one: (one.end, one.place))
    path: list[Link] = []
    while True:
        before = course.before(current)
        if before is None:
            path.append(Link(current.execution))
            return path[::-1]
        why, earlier = before
        path.append(Link(current.execution, why, (current.start - earlier.end).total_seconds()))
        current = earlier


def _timed(execution: Execution) -> Timed | None:
    start, end = execution.started_at, execution.finished_at
    if not execution.has_worked:
        return None
    return None if start is None or end is None else Timed(execution, start, max(start, end))


class _Course:
    """The executions of a run, to be asked what came before each."""

    def __init__(self, timed: Sequence[Timed], reads: Reads) -> None:
        self._by_key = {one.execution.key: one for one in timed}
        self._on_thread: dict[tuple[int, str], list[Timed]] = {}
        for one in sorted(timed, key=lambda one: one.place):
            if one.execution.thread is not None:
                self._on_thread.setdefault((one.execution.step, one.execution.thread), []).append(one)
        self._waits = _waits_by_step(timed, reads)
        self._last_of_step = _last_by_step(timed)

    def before(self, one: Timed) -> tuple[str, Timed] | None:
        """What it waited for longest, and why; None where it waited for nothing."""
        execution, waits = one.execution, self._waits[one.execution.step]
        step, unique_id = execution.key
        choices = [("parent", self._at(step, parent)) for parent in waits.parents(unique_id)]
        choices += [("test", self._at(step, test)) for test in waits.tests_before(unique_id)]
        choices.append(("thread", self._earlier_on_thread(one)))
        possible = [(why, other) for why, other in choices if other and _can_precede(other, one)]
        if not possible:
            possible = [("step", last) for last in self._steps_before(one) if _can_precede(last, one)]
        # A parent is the better reason where a thread is as late.
        return max(possible, key=lambda pair: (pair[1].end, pair[0] != "thread", pair[1].place), default=None)

    def _at(self, step: int, unique_id: str) -> Timed | None:
        return self._by_key.get((step, unique_id))

    def _earlier_on_thread(self, one: Timed) -> Timed | None:
        if one.execution.thread is None:
            return None
        lane = self._on_thread[one.execution.step, one.execution.thread]
        index = bisect_right(lane, one.place, key=lambda other: other.place) - 2
        return lane[index] if index >= 0 else None

    def _steps_before(self, one: Timed) -> list[Timed]:
        return [last for step, last in self._last_of_step.items() if step < one.execution.step]


def _can_precede(earlier: Timed, later: Timed) -> bool:
    return earlier.end <= later.start and earlier.place < later.place


def _waits_by_step(timed: Sequence[Timed], reads: Reads) -> Mapping[int, Waits]:
    members: dict[int, set[str]] = {}
    tests: dict[int, set[str]] = {}
    builds: dict[int, bool] = {}
    for one in timed:
        execution = one.execution
        members.setdefault(execution.step, set()).add(execution.unique_id)
        builds[execution.step] = execution.command == "build"
        if execution.is_test:
            tests.setdefault(execution.step, set()).add(execution.unique_id)
    return {
        step: Waits(reads, nodes, tests.get(step, set()), builds=builds[step])
        for step, nodes in members.items()
    }


def _last_by_step(timed: Sequence[Timed]) -> Mapping[int, Timed]:
    found: dict[int, Timed] = {}
    for one in timed:
        known = found.get(one.execution.step)
        if known is None or (one.end, one.place) > (known.end, known.place):
            found[one.execution.step] = one
    return found
