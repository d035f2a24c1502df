"""What one run did otherwise than another of the same command."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from core.runs.analysis.values import Execution, Key

# Less than this is the weather: both must be exceeded for a node to count as slower or faster.
SHARE = 0.2
SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Pair:
    """A node in both runs; one side is None where it was not part of that run."""

    now: Execution | None
    before: Execution | None

    @property
    def difference(self) -> float | None:
        """Seconds more than before; None where either is not known."""
        if self.now is None or self.before is None:
            return None
        now, before = self.now.seconds, self.before.seconds
        return None if now is None or before is None else now - before


@dataclass(frozen=True)
class Difference:
    """Each list with what matters most first."""

    newly_failing: Sequence[Pair]
    fixed: Sequence[Pair]
    left_out: Sequence[Pair]
    resumed: Sequence[Pair]
    slower: Sequence[Pair]
    faster: Sequence[Pair]
    added: Sequence[Pair]
    removed: Sequence[Pair]
    unchanged: int


def compare(now: Iterable[Execution], before: Iterable[Execution]) -> Difference:
    """The difference of two runs.

    A node fails newly when it failed now and did not before, be it that it was skipped or not there. It is
    fixed when it is well now and failed before; left out when it ran before and is skipped now, resumed when
    it is well now and was skipped; slower
    or faster by at least 20 % of the shorter time and half a second, and only if it ended well both times:
    how long a failure took says nothing.
    """
    pairs = _pairs(now, before)
    newly = [pair for pair in pairs if _fails_newly(pair)]
    fixed = [pair for pair in pairs if _is_fixed(pair)]
    slower = [pair for pair in pairs if _moved(pair) > 0]
    faster = [pair for pair in pairs if _moved(pair) < 0]
    left_out = [pair for pair in pairs if _is_left_out(pair)]
    resumed = [pair for pair in pairs if _is_resumed(pair)]
    added = [pair for pair in pairs if pair.before is None and not _fails_newly(pair)]
    removed = [pair for pair in pairs if pair.now is None]
    told = sum(map(len, (newly, fixed, left_out, resumed, slower, faster, added, removed)))
    return Difference(
        sorted(newly, key=_key),
        sorted(fixed, key=_key),
        sorted(left_out, key=_key),
        sorted(resumed, key=_key),
        sorted(slower, key=_by(lambda difference: -difference)),
        sorted(faster, key=_by(lambda difference: difference)),
        sorted(added, key=_key),
        sorted(removed, key=_key),
        len(pairs) - told,
    )


def _pairs(now: Iterable[Execution], before: Iterable[Execution]) -> list[Pair]:
    latest: Mapping[Key, Execution] = {one.key: one for one in now}
    earlier: Mapping[Key, Execution] = {one.key: one for one in before}
    return [Pair(latest.get(key), earlier.get(key)) for key in latest | earlier]


def _fails_newly(pair: Pair) -> bool:
    return pair.now is not None and pair.now.has_failed and not (pair.before and pair.before.has_failed)


def _is_fixed(pair: Pair) -> bool:
    return bool(pair.now and pair.now.is_well and pair.before and pair.before.has_failed)


def _is_left_out(pair: Pair) -> bool:
    ran = pair.before and (pair.before.is_well or pair.before.has_failed)
    return bool(pair.now and pair.now.status == "skipped" and ran)


def _is_resumed(pair: Pair) -> bool:
    return bool(pair.now and pair.now.is_well and pair.before and pair.before.status == "skipped")


def _moved(pair: Pair) -> float:
    """Seconds more than before, where that is worth telling; otherwise 0."""
    difference = pair.difference
    if difference is None or pair.now is None or pair.before is None:
        return 0
    if not (pair.now.is_well and pair.before.is_well):
        return 0
    shorter = min(pair.now.seconds or 0, pair.before.seconds or 0)
    return difference if abs(difference) >= SECONDS and abs(difference) >= SHARE * shorter else 0


def _key(pair: Pair) -> Key:
    one = pair.now or pair.before
    return one.key if one else (0, "")


def _by(sign: Callable[[float], float]) -> Callable[[Pair], tuple[float, Key]]:
    return lambda pair: (sign(pair.difference or 0), _key(pair))
