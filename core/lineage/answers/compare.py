"""What became of edges between columns from one time to another."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.lineage.answers.facts import EdgeRow


@dataclass(frozen=True)
class Compared:
    """An edge of either time. `change` is None where it was there before, doing the same."""

    row: EdgeRow
    change: str | None
    before: str | None = None

    @property
    def mark(self) -> tuple[str | None, str | None]:
        """As `Names.edges` takes it."""
        return self.change, self.before


def compare(then: Iterable[EdgeRow], now: Iterable[EdgeRow]) -> list[Compared]:
    """All edges of both times. One between the same columns that does something else is `changed`."""
    earlier, later = _by_ends(then), _by_ends(now)
    return [
        found
        for key in sorted(earlier.keys() | later.keys())
        for found in _compared(earlier.get(key, []), later.get(key, []))
    ]


def differing(then: Iterable[EdgeRow], now: Iterable[EdgeRow]) -> list[Compared]:
    """Those edges that are not the same at both times."""
    return [found for found in compare(then, now) if found.change is not None]


Key = tuple[int, int, str]


def _by_ends(rows: Iterable[EdgeRow]) -> dict[Key, list[EdgeRow]]:
    found: defaultdict[Key, list[EdgeRow]] = defaultdict(list)
    for row in rows:
        # By the child first: that is the order in which they are read.
        found[row.child_id, row.parent_id, row.kind].append(row)
    return dict(found)


def _compared(then: Sequence[EdgeRow], now: Sequence[EdgeRow]) -> list[Compared]:
    """Edges with the same ends and of the same kind, at both times."""
    before, after = {row.transform: row for row in then}, {row.transform: row for row in now}
    same = [Compared(after[name], None) for name in sorted(after.keys() & before.keys())]
    old, new = sorted(before.keys() - after.keys()), sorted(after.keys() - before.keys())
    pairs = list(zip(old, new, strict=False))
    return [
        *same,
        *(Compared(after[name], "changed", earlier) for earlier, name in pairs),
        *(Compared(after[name], "added") for name in new[len(pairs) :]),
        *(Compared(before[name], "removed") for name in old[len(pairs) :]),
    ]
