"""Places of thousands of nodes: apart from each other, and in order."""

import itertools
import random

from hypothesis import example, given
from hypothesis import strategies as st

from core.lineage.whole.layout import X_STEP, Y_STEP, Drawing, draw

COUNT = 30
EDGES = st.lists(st.tuples(st.integers(0, COUNT - 1), st.integers(0, COUNT - 1)), max_size=80)


def assert_apart(found: Drawing) -> None:
    spots = sorted(zip(found.x, found.y, strict=True))
    assert len(set(spots)) == len(spots)
    for (x, y), (other_x, other_y) in itertools.pairwise(spots):
        assert other_x - x >= X_STEP // 2 or abs(other_y - y) >= Y_STEP
    assert all(0 <= x <= found.width and 0 <= y <= found.height for x, y in spots)


@given(EDGES)
@example([(0, 0)])
@example([(0, 1), (1, 0)])
def test_every_node_has_a_place_of_its_own_even_in_circles(edges: list[tuple[int, int]]) -> None:
    assert_apart(draw(COUNT, edges))


@given(EDGES)
def test_without_circles_every_edge_goes_right(edges: list[tuple[int, int]]) -> None:
    forward = [(min(edge), max(edge)) for edge in edges if edge[0] != edge[1]]
    found = draw(COUNT, forward)
    assert all(found.x[parent] < found.x[child] for parent, child in forward)


@given(EDGES, st.randoms())
def test_the_picture_does_not_depend_on_the_order_of_the_edges(
    edges: list[tuple[int, int]], mixing: random.Random
) -> None:
    mixed = list(edges)
    mixing.shuffle(mixed)
    assert draw(COUNT, mixed) == draw(COUNT, edges)


def test_nothing_is_drawn_of_nothing() -> None:
    assert draw(0, []) == Drawing([], [], 0, 0)


def test_what_stands_alone_stands_in_a_block_below() -> None:
    found = draw(102, [(0, 1)])
    assert_apart(found)
    assert min(found.y[2:]) > max(found.y[:2])
    assert found.width < 15 * X_STEP


def test_a_layer_of_thousands_is_wrapped() -> None:
    found = draw(5001, [(0, number) for number in range(1, 5001)])
    assert_apart(found)
    assert found.height < 200 * Y_STEP
    assert min(found.x[1:]) > found.x[0]


def test_ten_thousand_nodes_have_places() -> None:
    mixed = random.Random(7)
    edges = [(mixed.randrange(max(0, node - 800), node), node) for node in range(1, 10_000) for _ in range(3)]
    assert_apart(draw(10_000, edges))
    assert_apart(draw(10_000, [(node - 1, node) for node in range(1, 10_000)]))
