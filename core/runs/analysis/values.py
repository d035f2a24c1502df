"""What the analyses are given: executions of nodes, and who reads whom."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

# dbt's words. A node that is `skipped` neither failed nor is it well.
FAILED: Final = frozenset({"error", "fail", "failed", "runtime error", "partial success"})
WELL: Final = frozenset({"success", "pass", "warn", "warning", "ok", "no-op", "reused"})
TESTS: Final = frozenset({"test", "unit_test"})

Key = tuple[int, str]
Reads = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Execution:
    """What became of one node in one step. `seconds` is dbt's own word on how long it took."""

    step: int
    unique_id: str
    resource_type: str
    status: str
    started_at: datetime | None = None
    finished_at: datetime | None = None
    thread: str | None = None
    seconds: float | None = None
    command: str = "build"
    name: str = ""

    @property
    def key(self) -> Key:
        """A node may come once in each step."""
        return self.step, self.unique_id

    @property
    def has_failed(self) -> bool:
        """Whether it ended badly by itself."""
        return self.status in FAILED

    @property
    def is_well(self) -> bool:
        """Whether it ended well; neither this nor the other is true of what was skipped or is not known."""
        return self.status in WELL

    @property
    def has_worked(self) -> bool:
        """Whether it took time. What dbt skips has times, too, though nothing was done in them."""
        return self.started_at is not None and self.status != "skipped"

    @property
    def is_test(self) -> bool:
        """Whether others are judged by it, and none is made of it."""
        return self.resource_type in TESTS


def reads_of(edges: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """The parents of each node, from pairs of parent and child."""
    found: dict[str, list[str]] = {}
    for parent, child in edges:
        found.setdefault(child, []).append(parent)
    return found


def turned(reads: Reads) -> dict[str, list[str]]:
    """The children of each node, from the parents of each."""
    found: dict[str, list[str]] = {}
    for child, parents in reads.items():
        for parent in parents:
            found.setdefault(parent, []).append(child)
    return found
