"""Where to draw the nodes of a small graph: layers by longest path, order within them by barycentre.

Pure. After Sugiyama, Tagawa and Toda (1981), without the crossing-minimal optimum: a few sweeps are
enough for what a person can look at.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

# As the web app draws a node: its card, and a line for each column that it shows.
NODE_WIDTH: Final = 236
NODE_HEIGHT: Final = 58
COLUMN_HEIGHT: Final = 24
COLUMNS_FOOT: Final = 8
LAYER_WIDTH: Final = 320
GAP: Final = 34
SWEEPS: Final = 6


@dataclass(frozen=True)
class Place:
    """A node's layer (0 is leftmost), its order from the top, and its corner in pixels."""

    layer: int
    order: int
    x: float
    y: float


def height_of(columns: int) -> float:
    """The height of a node that shows so many columns, in pixels."""
    return NODE_HEIGHT + (columns * COLUMN_HEIGHT + COLUMNS_FOOT if columns else 0)


def lay_out(
    nodes: Sequence[str], edges: Iterable[tuple[str, str]], heights: Mapping[str, float] | None = None
) -> dict[str, Place]:
    """Place nodes left to right; edges are pairs of parent and child. Cycles do not hang it.

    `heights` are those of nodes that are taller than others.
    """
    members = set(nodes)
    kept = [
        (parent, child)
        for parent, child in edges
        if parent in members and child in members and parent != child
    ]
    parents = _neighbours(nodes, [(child, parent) for parent, child in kept])
    children = _neighbours(nodes, kept)
    layers = _layers(nodes, parents, children)
    rows = _ordered(nodes, layers, parents, children)
    return _placed(rows, heights or {})


def _placed(rows: Sequence[Sequence[str]], heights: Mapping[str, float]) -> dict[str, Place]:
    """Corners; layers stand around a common middle."""
    tall = [sum(heights.get(node, NODE_HEIGHT) + GAP for node in row) for row in rows]
    found: dict[str, Place] = {}
    for layer, row in enumerate(rows):
        y = (max(tall) - tall[layer]) / 2
        for order, node in enumerate(row):
            found[node] = Place(layer, order, layer * LAYER_WIDTH, y)
            y += heights.get(node, NODE_HEIGHT) + GAP
    return found


def _neighbours(nodes: Sequence[str], edges: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {node: [] for node in nodes}
    for source, target in edges:
        found[source].append(target)
    return found


def _layers(
    nodes: Sequence[str], parents: Mapping[str, Sequence[str]], children: Mapping[str, Sequence[str]]
) -> dict[str, int]:
    """Longest path from a root. Nodes on a cycle, which never become free, follow in the order given."""
    waiting = {node: len(parents[node]) for node in nodes}
    layers = dict.fromkeys(nodes, 0)
    free = [node for node in nodes if waiting[node] == 0]
    while free:
        node = free.pop()
        for child in children[node]:
            layers[child] = max(layers[child], layers[node] + 1)
            waiting[child] -= 1
            if waiting[child] == 0:
                free.append(child)
    return _pulled_right(nodes, layers, parents, children)


def _pulled_right(
    nodes: Sequence[str],
    layers: dict[str, int],
    parents: Mapping[str, Sequence[str]],
    children: Mapping[str, Sequence[str]],
) -> dict[str, int]:
    """Roots stand next to their nearest child instead of far out on the left."""
    for node in nodes:
        if not parents[node] and children[node]:
            layers[node] = max(0, min(layers[child] for child in children[node]) - 1)
    return layers


def _ordered(
    nodes: Sequence[str],
    layers: Mapping[str, int],
    parents: Mapping[str, Sequence[str]],
    children: Mapping[str, Sequence[str]],
) -> list[list[str]]:
    rows: list[list[str]] = [[] for _ in range(max(layers.values(), default=-1) + 1)]
    for node in sorted(nodes):
        rows[layers[node]].append(node)
    position = {node: index for row in rows for index, node in enumerate(row)}
    for sweep in range(SWEEPS):
        neighbours = parents if sweep % 2 == 0 else children
        for row in rows if sweep % 2 == 0 else reversed(rows):
            row.sort(key=lambda node: _barycentre(node, neighbours, position))
            position.update((node, index) for index, node in enumerate(row))
    return rows


def _barycentre(node: str, neighbours: Mapping[str, Sequence[str]], position: Mapping[str, int]) -> float:
    near = [position[neighbour] for neighbour in neighbours[node]]
    return sum(near) / len(near) if near else float(position[node])
