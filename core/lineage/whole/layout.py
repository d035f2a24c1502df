"""Where to draw the nodes of a whole project: thousands of them, in a second or two.

Pure. Layers by longest path and order by barycentre, as in `core.lineage.graph.layout`, over numbers instead
of names. A layer that is too tall to look at is wrapped into several columns; nodes that nothing reads and
that read nothing stand in a block of their own below.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

X_STEP: Final = 320
Y_STEP: Final = 80
LAYER_GAP: Final = 120
SWEEPS: Final = 8
SHORTEST: Final = 40

Neighbours = list[list[int]]


@dataclass(frozen=True)
class Drawing:
    """Corners of nodes by number, and the size of it all, in pixels."""

    x: list[int]
    y: list[int]
    width: int
    height: int


def draw(count: int, edges: Sequence[tuple[int, int]]) -> Drawing:
    """Place nodes 0 to `count` - 1 left to right; edges are pairs of parent and child, in any order."""
    parents: Neighbours = [[] for _ in range(count)]
    children: Neighbours = [[] for _ in range(count)]
    for parent, child in sorted(set(edges)):
        if parent != child:
            parents[child].append(parent)
            children[parent].append(child)
    alone = [node for node in range(count) if not parents[node] and not children[node]]
    layers = _ordered(_layered(parents, children), parents, children)
    return _placed(count, layers, alone)


def _layered(parents: Neighbours, children: Neighbours) -> list[list[int]]:
    """Longest path from a root; roots stand next to their nearest child. Nodes on a cycle come last."""
    count = len(parents)
    waiting = [len(near) for near in parents]
    layer = [0] * count
    free = [node for node in range(count) if not waiting[node] and children[node]]
    roots = list(free)
    while free:
        node = free.pop()
        for child in children[node]:
            layer[child] = max(layer[child], layer[node] + 1)
            waiting[child] -= 1
            if not waiting[child]:
                free.append(child)
    for node in roots:
        layer[node] = max(0, min(layer[child] for child in children[node]) - 1)
    rows: list[list[int]] = [[] for _ in range(max(layer, default=-1) + 1)]
    for node in range(count):
        if parents[node] or children[node]:
            rows[layer[node]].append(node)
    return rows


def _ordered(rows: list[list[int]], parents: Neighbours, children: Neighbours) -> list[list[int]]:
    """Each next to the middle of what it reads, then of what reads it, and so on."""
    place = [0.0] * len(parents)
    for row in rows:
        _spread(row, place)
    for sweep in range(SWEEPS):
        near = parents if sweep % 2 == 0 else children
        for row in rows if sweep % 2 == 0 else reversed(rows):
            middle = {node: _middle(near[node], place, place[node]) for node in row}
            row.sort(key=middle.__getitem__)
            _spread(row, place)
    return rows


def _spread(row: Sequence[int], place: list[float]) -> None:
    """Places from 0 to 1: layers of different lengths are compared by share."""
    for order, node in enumerate(row):
        place[node] = (order + 0.5) / len(row)


def _middle(near: Sequence[int], place: Sequence[float], own: float) -> float:
    return sum(place[node] for node in near) / len(near) if near else own


def _placed(count: int, rows: Sequence[Sequence[int]], alone: Sequence[int]) -> Drawing:
    tallest = max(SHORTEST, math.isqrt(count) * 2)
    x, y = [0] * count, [0] * count
    left, bottom = 0, 0
    most = min(tallest, max((len(row) for row in rows), default=0))
    for row in rows:
        columns = max(1, math.ceil(len(row) / tallest))
        # Row by row, so that what belongs together stays together whatever column it is in.
        lines = math.ceil(len(row) / columns)
        top = (most - lines) * Y_STEP // 2
        for order, node in enumerate(row):
            x[node] = left + order % columns * X_STEP
            y[node] = top + order // columns * Y_STEP
        left += columns * X_STEP + LAYER_GAP
        bottom = max(bottom, top + lines * Y_STEP)
    width = max(left - LAYER_GAP, 0)
    across = max(1, width // X_STEP, math.isqrt(len(alone)))
    for order, node in enumerate(alone):
        x[node] = order % across * X_STEP
        y[node] = bottom + (LAYER_GAP if rows else 0) + order // across * Y_STEP
    height = max((value + Y_STEP for value in y), default=0)
    return Drawing(x, y, max(width, max((value + X_STEP for value in x), default=0)), height)
