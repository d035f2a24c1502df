"""Root causes: which failures made a run leave out the rest, and what is out of date now because of them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from core.runs.analysis.values import Execution, Key, Reads, turned

LATEST = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Cause:
    """A node that failed by itself, the nodes that were skipped because of it, and exposures that are stale.

    A node behind two failures is behind both.
    """

    execution: Execution
    skipped: Sequence[str] = ()
    exposures: Sequence[str] = ()


@dataclass(frozen=True)
class Causes:
    """`unexplained`: what was skipped without a failure before it, such as after a failed hook."""

    causes: Sequence[Cause] = ()
    failed_total: int = 0
    skipped_total: int = 0
    unexplained: Sequence[str] = ()


def root_causes(
    executions: Iterable[Execution], reads: Reads, exposures: Collection[str], *, limit: int = 50
) -> Causes:
    """The failures of a run, those that made most skip first, then the earliest.

    A model that fails makes dbt skip all that reads it, directly or not. A test that fails does in `build`,
    where what reads the tested node comes after the test. An exposure is stale when it reads, directly or
    not, a node that failed or was skipped; one that reads only the node whose test failed is not: that was
    built. Of many failures the `limit` earliest are looked into; the totals are of all.
    """
    every = list(executions)
    failed = sorted((one for one in every if one.has_failed), key=_moment)
    skipped = {one.key for one in every if one.status == "skipped"}
    reach = _Reach(reads, exposures, skipped)
    causes = [reach.cause(one) for one in failed[:limit]]
    causes.sort(key=lambda cause: (-len(cause.skipped), _moment(cause.execution)))
    explained = reach.explained(failed)
    return Causes(
        causes,
        failed_total=len(failed),
        skipped_total=len(skipped),
        unexplained=sorted(unique_id for _, unique_id in skipped - explained),
    )


def _moment(one: Execution) -> tuple[datetime, Key]:
    return one.finished_at or one.started_at or LATEST, one.key


class _Reach:
    """How far a failure reaches."""

    def __init__(self, reads: Reads, exposures: Collection[str], skipped: Collection[Key]) -> None:
        self._reads = reads
        self._children: Mapping[str, Sequence[str]] = turned(reads)
        self._exposures = frozenset(exposures)
        self._skipped = skipped

    def cause(self, failure: Execution) -> Cause:
        """What one failure led to."""
        behind = self._behind([failure])
        skipped = sorted(unique_id for unique_id in behind if (failure.step, unique_id) in self._skipped)
        stale = behind if not failure.is_test else self._after(skipped)
        return Cause(failure, skipped, sorted(stale & self._exposures))

    def explained(self, failures: Iterable[Execution]) -> set[Key]:
        """Everything that was skipped behind any of these."""
        by_step: dict[int, list[Execution]] = {}
        for failure in failures:
            by_step.setdefault(failure.step, []).append(failure)
        return {
            (step, unique_id)
            for step, those in by_step.items()
            for unique_id in self._behind(those)
            if (step, unique_id) in self._skipped
        }

    def _behind(self, failures: Iterable[Execution]) -> set[str]:
        start: list[str] = []
        for failure in failures:
            if not failure.is_test:
                start.append(failure.unique_id)
            elif failure.command == "build":
                start += self._reads.get(failure.unique_id, ())
        return self._after(start)

    def _after(self, unique_ids: Iterable[str]) -> set[str]:
        found: set[str] = set()
        waiting = list(unique_ids)
        while waiting:
            for child in self._children.get(waiting.pop(), ()):
                if child not in found:
                    found.add(child)
                    waiting.append(child)
        return found
