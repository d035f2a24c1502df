"""Model lineage: where nodes are drawn, and how much is shown."""

import itertools
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.catalog.models import LineageEdge
from core.kit.errors import Invalid, NotFound
from core.lineage.graph import around
from core.lineage.graph.around import MAX_EXPANDED, Graph, View, graph_around
from core.lineage.graph.layout import Place, lay_out
from tests.core.building import Shop, check, model, node, open_shop

NAMES = [f"n{number:02}" for number in range(14)]
Edges = list[tuple[str, str]]
EDGES = st.lists(st.tuples(st.sampled_from(NAMES), st.sampled_from(NAMES)), max_size=40)


def assert_apart(places: dict[str, Place]) -> None:
    spots = [(place.layer, place.order) for place in places.values()]
    assert len(set(spots)) == len(spots)
    for one, two in itertools.combinations(places.values(), 2):
        assert abs(one.x - two.x) >= 300 or abs(one.y - two.y) >= 80


@given(EDGES)
@example([("n00", "n00")])
@example([("n00", "n01"), ("n01", "n00")])
@example([("n00", "stranger")])
def test_every_node_has_a_place_of_its_own_even_in_circles(edges: Edges) -> None:
    places = lay_out(NAMES, edges)
    assert set(places) == set(NAMES)
    assert_apart(places)
    assert all(
        place.layer >= 0 and place.order >= 0 and place.x >= 0 and place.y >= 0 for place in places.values()
    )


@given(EDGES)
def test_without_circles_every_edge_goes_right(edges: Edges) -> None:
    forward = [(min(edge), max(edge)) for edge in edges if edge[0] != edge[1]]
    places = lay_out(NAMES, forward)
    assert all(places[parent].x < places[child].x for parent, child in forward)
    assert_apart(places)


@given(EDGES, st.randoms())
def test_the_picture_does_not_depend_on_the_order_of_the_edges(edges: Edges, random: Any) -> None:
    forward = sorted({(min(edge), max(edge)) for edge in edges if edge[0] != edge[1]})
    mixed = list(forward)
    random.shuffle(mixed)
    assert {n: p.layer for n, p in lay_out(NAMES, forward).items()} == {
        n: p.layer for n, p in lay_out(NAMES, mixed).items()
    }


def test_nothing_is_drawn_of_nothing_and_a_late_root_stands_by_its_child() -> None:
    assert lay_out([], []) == {}
    places = lay_out(["a", "b", "c", "late"], [("a", "b"), ("b", "c"), ("late", "c")])
    assert [places[name].layer for name in ("a", "b", "c", "late")] == [0, 1, 2, 1]


def chain(shop: Shop, length: int = 9, **more: Any) -> None:
    """m0 -> m1 -> ... with a test on each, and two exposures at the end."""
    models = [model(f"m{n}", reads=[f"model.shop.m{n - 1}"] if n else []) for n in range(length)]
    tests = [
        check(f"t{n}", reads=[f"model.shop.m{n}"], kind="unique", attached=f"model.shop.m{n}")
        for n in range(length)
    ]
    end = [f"model.shop.m{length - 1}"]
    shop.know(*models, *tests, exposures=[node("exposure", name, reads=end) for name in ("e1", "e2")], **more)


def graph(shop: Shop, focus: str, **view: Any) -> Graph:
    with shop.db.session() as session:
        return graph_around(
            session, shop.reading, f"model.shop.{focus}" if "." not in focus else focus, View(**view)
        )


def shown(found: Graph) -> list[str]:
    return [item.card.name for item in found.nodes]


def test_totals_are_of_the_whole_not_of_what_is_shown(shop: Shop) -> None:
    chain(shop)
    found = graph(shop, "m4", up=1, down=1)
    assert shown(found) == ["m3", "m4", "m5"]
    assert (found.totals.ancestors, found.totals.descendants) == (4, 6)
    m3 = found.nodes[0]
    assert (m3.parents_total, m3.parents_shown, m3.children_total, m3.children_shown) == (1, 0, 1, 1)
    assert not found.truncated
    assert [(edge.parent, edge.child) for edge in found.edges] == [
        ("model.shop.m3", "model.shop.m4"),
        ("model.shop.m4", "model.shop.m5"),
    ]


def test_tests_are_hidden_and_not_counted_unless_asked_for(shop: Shop) -> None:
    chain(shop, 3)
    assert shown(graph(shop, "m1", up=5, down=5)) == ["e1", "e2", "m0", "m1", "m2"]
    with_tests = graph(shop, "m1", up=5, down=5, with_tests=True)
    assert {"t1", "t2"} <= set(shown(with_tests))
    assert with_tests.totals.descendants == graph(shop, "m1").totals.descendants + 2


def test_a_test_in_focus_has_ancestors(shop: Shop) -> None:
    chain(shop, 3)
    found = graph(shop, "test.shop.t2", up=1, down=1)
    assert (shown(found), found.totals.ancestors, found.totals.descendants) == (["m2", "t2"], 3, 0)


def test_nodes_open_by_hand_one_step_at_a_time(shop: Shop) -> None:
    chain(shop)
    found = graph(shop, "m4", up=0, down=0, expand_up=["model.shop.m4"], expand_down=["model.shop.m4"])
    assert shown(found) == ["m3", "m4", "m5"]
    more = graph(
        shop,
        "m4",
        expand_up=["model.shop.m3", "model.shop.m0", "model.shop.nobody"],
        expand_down=["model.shop.m5"],
    )
    assert shown(more) == ["m2", "m3", "m4", "m5", "m6"]


def test_a_hand_opened_trail_can_be_followed_whatever_the_order_of_names(shop: Shop) -> None:
    chain(shop)
    trail = ["model.shop.m3", "model.shop.m2"]
    assert shown(graph(shop, "m4", down=0, expand_up=trail)) == ["m1", "m2", "m3", "m4"]
    assert shown(graph(shop, "m4", down=0, expand_up=trail[::-1])) == ["m1", "m2", "m3", "m4"]


def test_what_is_left_out_is_said(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(around, "MAX_SHOWN", 5)
    shop.know(model("hub"), *(model(f"leaf{n}", reads=["model.shop.hub"]) for n in range(10)))
    found = graph(shop, "hub")
    assert (len(found.nodes), found.truncated, found.totals.descendants) == (5, True, 10)
    hub = next(item for item in found.nodes if item.card.name == "hub")
    assert (hub.children_shown, hub.children_total) == (4, 10)


def test_a_circle_ends(shop: Shop) -> None:
    # No manifest brings one in (see test_ingest); a walk ends all the same.
    shop.know(model("a"), model("b", reads=["model.shop.a"]))
    with shop.db.session() as session:
        session.add(
            LineageEdge(environment_id=shop.environment_id, parent="model.shop.b", child="model.shop.a")
        )
    found = graph(shop, "a", up=10, down=10)
    assert (shown(found), found.totals.ancestors, found.totals.descendants) == (["a", "b"], 1, 1)


def test_a_diamond_is_counted_once(shop: Shop) -> None:
    shop.know(
        model("top"),
        model("left", reads=["model.shop.top"]),
        model("right", reads=["model.shop.top"]),
        model("bottom", reads=["model.shop.left", "model.shop.right"]),
    )
    assert graph(shop, "bottom").totals.ancestors == 3
    assert graph(shop, "top").totals.descendants == 3


def test_missing_parents_are_neither_shown_nor_counted(shop: Shop) -> None:
    shop.know(model("a", reads=["model.shop.gone"]))
    found = graph(shop, "a")
    assert (shown(found), found.totals.ancestors, found.nodes[0].parents_total) == (["a"], 0, 0)


def test_other_workspaces_are_never_seen(shop: Shop) -> None:
    other = open_shop(shop.db, shop.folder, "other")
    shop.know(model("a"))
    other.know(model("a"), model("b", reads=["model.shop.a"]))
    found = graph(shop, "a", expand_down=["model.shop.a"])
    assert (shown(found), found.totals.descendants) == (["a"], 0)
    with pytest.raises(NotFound):
        graph(shop, "b")


@pytest.mark.parametrize(
    ("view", "field"),
    [({"up": 11}, "up"), ({"down": -1}, "down"), ({"expand_up": ["x"] * (MAX_EXPANDED + 1)}, "expand_up")],
)
def test_views_that_ask_too_much_are_invalid(shop: Shop, view: dict[str, Any], field: str) -> None:
    shop.know(model("a"))
    with pytest.raises(Invalid) as error:
        graph(shop, "a", **view)
    assert [detail.field for detail in error.value.details] == [field]


def test_the_graph_of_a_real_project_adds_up(shop: Shop, reference_data: Any) -> None:
    folder = reference_data / "projects" / "jaffle_shop"
    shop.take("manifest.json", (folder / "manifest.json").read_bytes())
    whole = graph(shop, "model.jaffle_shop.stg_orders", up=10, down=10)
    near = graph(shop, "model.jaffle_shop.stg_orders", up=0, down=0)
    assert len(whole.nodes) == 1 + whole.totals.ancestors + whole.totals.descendants
    assert (near.totals.ancestors, near.totals.descendants) == (
        whole.totals.ancestors,
        whole.totals.descendants,
    )
    assert near.totals.descendants > 5
