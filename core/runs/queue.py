"""The queue: in which order runs are taken up, and why each waits. The rules are Dagster's own.

Source: `QueuedRunCoordinatorDaemon` of Dagster 1.13: by priority, then by age; a run is passed over while a
limit of its tags is reached.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import yaml

from core.runs.ports import (
    PRIORITY_TAG,
    WAREHOUSE_TAG,
    WORKSPACE_TAG,
    EngineRun,
    Limits,
    Queue,
    TagLimit,
)

NEXT: Final = "It is taken up within a second or two."
NOBODY: Final = "Nobody takes runs up now: Dagster's daemon does not answer. It is started again by itself."
LATE: Final = "Nothing stands in its way, but it was not taken up yet: the run server may be starting."
LATE_SECONDS: Final = 15


@dataclass(frozen=True)
class Waiting:
    """A run that waits. `ahead` counts the runs before it; `blockers` are active runs that it waits for."""

    run: EngineRun
    ahead: int
    reason: str
    blockers: Sequence[EngineRun] = ()


def limits_from(most: int, tags: str | None) -> Limits:
    """From what Dagster says of its queue: -1 is no limit, the limits of tags are YAML."""
    read: Any = yaml.safe_load(tags or "") or []
    found: list[TagLimit] = []
    for item in read:
        value = item.get("value")
        found.append(TagLimit(item["key"], value if isinstance(value, str) else None, int(item["limit"])))
    return Limits(None if most < 0 else most, found)


def explain(queue: Queue, now: datetime) -> list[Waiting]:
    """Every run that waits, in the order in which they are taken up, with the reason."""
    ordered = sorted(queue.waiting, key=lambda run: (-_priority(run), run.created_at))
    counts = Counter(_claims(queue.active, queue.limits.tags))
    free = None if queue.limits.most is None else queue.limits.most - len(queue.active)
    found: list[Waiting] = []
    for ahead, run in enumerate(ordered):
        full = next((limit for limit in queue.limits.tags if _is_full(run, limit, counts)), None)
        if full is not None:
            blockers = [other for other in queue.active if _claim(other, full) == _claim(run, full)]
            found.append(Waiting(run, ahead, _full(full, blockers), blockers))
        elif free is not None and free <= 0:
            found.append(
                Waiting(run, ahead, f"{len(queue.active)} runs go on, as many as may at once.", queue.active)
            )
        else:
            free = None if free is None else free - 1
            counts.update(_claims([run], queue.limits.tags))
            found.append(Waiting(run, ahead, _free(queue, run, now)))
    return found


def _free(queue: Queue, run: EngineRun, now: datetime) -> str:
    """Why a run waits that no limit holds back."""
    if not queue.is_served:
        return NOBODY
    return LATE if (now - run.created_at).total_seconds() > LATE_SECONDS else NEXT


def _priority(run: EngineRun) -> int:
    try:
        return int(run.tags.get(PRIORITY_TAG, "0"))
    except ValueError:
        return 0


def _claim(run: EngineRun, limit: TagLimit) -> tuple[str, str | None, str] | None:
    """What a run takes of a limit; None where the limit is not about it."""
    value = run.tags.get(limit.key)
    if value is None or (limit.value is not None and limit.value != value):
        return None
    return (limit.key, limit.value, value)


def _claims(runs: Iterable[EngineRun], limits: Sequence[TagLimit]) -> list[tuple[str, str | None, str]]:
    claims = (_claim(run, limit) for run in runs for limit in limits)
    return [claim for claim in claims if claim is not None]


def _is_full(run: EngineRun, limit: TagLimit, counts: Counter[tuple[str, str | None, str]]) -> bool:
    claim = _claim(run, limit)
    return claim is not None and counts[claim] >= limit.limit


def _full(limit: TagLimit, blockers: Sequence[EngineRun]) -> str:
    if limit.key == WAREHOUSE_TAG:
        if not blockers:
            return (
                "The warehouse takes one writer at a time, and the run before this one in the queue is next."
            )
        return f"The warehouse is busy with run {blockers[0].run_id[:8]}, and takes one writer at a time."
    if limit.key == WORKSPACE_TAG:
        return f"{limit.limit} runs of this workspace go on or are about to, as many as may at once."
    return f"As many runs with the tag {limit.key} go on or are about to as may at once ({limit.limit})."
