"""Parents before children, and the nodes for which there is no such order."""

from collections.abc import Iterable, Mapping


def on_cycles(parents: Mapping[str, Iterable[str]]) -> set[str]:
    """Nodes on a circle, or between two circles. Parents that are no keys count for nothing."""
    upwards = {node: {parent for parent in found if parent in parents} for node, found in parents.items()}
    downwards: dict[str, set[str]] = {node: set() for node in parents}
    for node, found in upwards.items():
        for parent in found:
            downwards[parent].add(node)
    left = set(parents)
    _peel(left, upwards, downwards)
    _peel(left, downwards, upwards)
    return left


def _peel(left: set[str], before: Mapping[str, set[str]], after: Mapping[str, set[str]]) -> None:
    """Take away whatever has nothing left before it, until nothing more goes."""
    waiting = {node: len(before[node] & left) for node in left}
    free = [node for node, count in waiting.items() if count == 0]
    while free:
        node = free.pop()
        left.discard(node)
        for following in after[node] & left:
            waiting[following] -= 1
            if waiting[following] == 0:
                free.append(following)
