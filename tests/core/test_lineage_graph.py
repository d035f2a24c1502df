"""The graph around a node with columns inside its nodes, a column in focus, and the lens of time."""

from typing import Any

import pytest

from core.kit.errors import Invalid, NotFound
from core.lineage.graph import around
from core.lineage.graph.around import Graph, View, graph_around
from core.lineage.graph.layout import NODE_HEIGHT, height_of
from tests.core.building import Shop
from tests.core.lineage_building import (
    RAW_ID,
    bikes,
    counted,
    models,
    put_edges,
    reading_at,
    sql,
    traced,
)


def graph(shop: Shop, focus: str, *, at: int | None = None, **view: Any) -> Graph:
    unique_id = focus if "." in focus else f"model.shop.{focus}"
    with shop.db.reading() as session:
        return graph_around(session, reading_at(shop, at), unique_id, View(**view))


def shown(found: Graph) -> dict[str, list[str] | None]:
    return {
        item.card.name: None if item.columns is None else [column.name for column in item.columns]
        for item in found.nodes
    }


def drawn(found: Graph) -> set[str]:
    return {
        f"{edge.parent.name}.{edge.parent.column}>{edge.child.name}.{edge.child.column}"
        for edge in found.column_edges
    }


def test_without_columns_nodes_say_what_is_known_of_them(shop: Shop) -> None:
    traced(shop, *bikes())
    found = graph(shop, "stg")
    assert shown(found) == {"mart": None, "side": None, "stg": None, "raw.orders": None}
    facts = {item.card.name: item.card for item in found.nodes}
    assert (facts["stg"].lineage_status, facts["stg"].columns_total) == ("complete", 3)
    assert facts["raw.orders"].lineage_status == "not_applicable"
    assert facts["stg"].folder == "models"
    assert facts["stg"].tags == ["core"]
    mart = facts["mart"].tests
    assert mart is not None
    assert (mart.total, mart.passed, mart.failed, mart.warned) == (2, 0, 0, 0)
    assert facts["side"].tests is None
    assert found.column_totals is None
    assert found.trace.state == "done"
    assert found.trace.current


def test_a_node_that_nobody_traced_says_so(shop: Shop) -> None:
    shop.know(*bikes())
    found = graph(shop, "stg")
    assert {item.card.lineage_status for item in found.nodes} == {"not_traced"}
    assert found.trace.state == "waiting"


def test_a_column_in_focus_shows_what_its_trace_reaches(shop: Shop) -> None:
    traced(shop, *bikes())
    found = graph(shop, "mart", column="total")
    assert shown(found) == {"mart": ["total"], "report": ["total"], "stg": ["value"]}
    assert drawn(found) == {"stg.value>mart.total", "mart.total>report.total"}
    assert found.column_totals is not None
    assert (found.column_totals.ancestors, found.column_totals.descendants) == (2, 1)
    further = graph(shop, "mart", column="total", up=2)
    assert shown(further)["raw.orders"] == ["amount"]
    assert all(column.traced for item in further.nodes for column in item.columns or ())


def test_influences_are_followed_where_asked_and_end_in_all_rows(shop: Shop) -> None:
    traced(shop, *bikes())
    found = graph(shop, "stg", column="value", influence=True, up=1, down=0)
    assert shown(found) == {"raw.orders": ["amount", "state"], "stg": ["value"]}
    assert drawn(found) == {"raw.orders.amount>stg.value", "raw.orders.state>stg.*"}
    assert [edge.kind for edge in found.column_edges] == ["value", "influence"]
    assert {edge.transform for edge in found.column_edges} == {"renamed", "filter"}
    assert all(edge.span is not None for edge in found.column_edges)


def test_a_trace_is_opened_by_hand_one_step_further(shop: Shop) -> None:
    traced(shop, *bikes())
    found = graph(shop, "report", column="total", up=1, expand_up=["model.shop.mart", "model.shop.stg"])
    assert shown(found) == {
        "mart": ["total"],
        "raw.orders": ["amount"],
        "report": ["total"],
        "stg": ["value"],
    }


def test_columns_of_opened_nodes_are_those_with_edges_to_what_is_shown(shop: Shop) -> None:
    traced(shop, *bikes())
    ids = ["model.shop.stg", "model.shop.mart"]
    found = graph(shop, "stg", columns=ids)
    assert shown(found) == {"mart": ["id", "total"], "side": None, "stg": ["id", "value"], "raw.orders": None}
    assert drawn(found) == {"stg.id>mart.id", "stg.value>mart.total"}
    whole = graph(shop, "stg", all_columns=ids)
    assert shown(whole)["stg"] == ["id", "value", "state"]
    assert not any(column.traced for item in whole.nodes for column in item.columns or ())
    stg = next(item for item in whole.nodes if item.card.name == "stg")
    totals = {c.name: (c.parents_total, c.children_total) for c in stg.columns or ()}
    assert totals == {"id": (1, 2), "value": (1, 1), "state": (1, 1)}


def test_no_more_columns_than_a_person_can_read(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    models(shop, "wide", "reader")
    put_edges(shop, [(f"wide.c{number:03}", f"reader.c{number:03}") for number in range(250)])
    ids = ["model.shop.wide"]
    shop.know(*[sql("wide", "select 1"), sql("reader", "select 1", "wide")])
    assert len(shown(graph(shop, "wide", columns=ids))["wide"] or ()) == 40
    found = graph(shop, "wide", all_columns=ids)
    assert len(shown(found)["wide"] or ()) == 200
    assert next(item for item in found.nodes if item.card.name == "wide").card.columns_total == 250


def test_places_leave_room_for_columns(shop: Shop) -> None:
    traced(shop, *bikes())
    found = graph(shop, "stg", all_columns=["model.shop.mart", "model.shop.side", "model.shop.stg"])
    places = {item.card.name: item for item in found.nodes}
    assert places["raw.orders"].height == NODE_HEIGHT
    assert places["stg"].height == height_of(3) > NODE_HEIGHT
    upper, lower = sorted((places["mart"], places["side"]), key=lambda item: item.place.y)
    assert lower.place.y >= upper.place.y + upper.height


def test_too_many_nodes_are_cut_and_said(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(around, "MAX_SHOWN", 5)
    names = [f"n{number}" for number in range(10)]
    models(shop, "hub", *names)
    put_edges(shop, [("hub.x", f"{name}.x") for name in names])
    found = graph(shop, "hub", column="x")
    assert (len(found.nodes), found.truncated) == (5, True)
    assert found.column_totals is not None
    assert found.column_totals.descendants == 10


def test_the_lens_shows_what_came_went_and_changed(shop: Shop) -> None:
    first = traced(shop, *bikes())
    changed = bikes(
        mart='select id, max(value) + 1 as total, min(state) as low from "dev"."main"."stg" group by id'
    )
    traced(shop, *changed[:3], sql("extra", 'select id from "dev"."main"."stg"', "stg"))
    ids = ["model.shop.stg", "model.shop.mart", "model.shop.extra", "model.shop.side"]
    found = graph(shop, "stg", since=first, all_columns=ids)
    marks = {item.card.name: item.card.change for item in found.nodes}
    assert marks == {
        "mart": "changed",
        "extra": "added",
        "side": "removed",
        "stg": None,
        "raw.orders": None,
    }
    links = {f"{link.parent}>{link.child}".replace("model.shop.", ""): link.change for link in found.edges}
    assert links == {
        "stg>mart": None,
        "stg>extra": "added",
        "stg>side": "removed",
        f"{RAW_ID}>stg": None,
    }
    edges = {
        f"{e.parent.column}>{e.child.name}.{e.child.column}": (e.change, e.before) for e in found.column_edges
    }
    assert edges == {
        "id>mart.id": (None, None),
        "value>mart.total": (None, None),
        "state>mart.low": ("added", None),
        "id>extra.id": ("added", None),
        "id>side.key": ("removed", None),
        "state>side.state": ("removed", None),
    }
    columns = {
        f"{item.card.name}.{c.name}": c.change for item in found.nodes for c in item.columns or () if c.change
    }
    assert columns["mart.low"] == "added"
    assert columns["side.key"] == "removed"


def test_a_change_of_what_is_done_shows_what_it_was(shop: Shop) -> None:
    first = traced(shop, *bikes())
    traced(shop, *bikes(mart='select id, value as total from "dev"."main"."stg"'))
    found = graph(shop, "mart", column="total", since=first)
    edge = next(e for e in found.column_edges if e.child.name == "mart")
    assert (edge.transform, edge.change, edge.before) == ("renamed", "changed", "aggregated")


def test_the_past_is_drawn_as_it_was(shop: Shop) -> None:
    first = traced(shop, *bikes())
    traced(shop, *bikes()[:3])
    assert set(shown(graph(shop, "stg", at=first))) == {"mart", "side", "stg", "raw.orders"}
    found = graph(shop, "mart", column="total", at=first)
    assert shown(found) == {"mart": ["total"], "report": ["total"], "stg": ["value"]}
    assert not found.trace.current


def test_totals_follow_the_catalog(shop: Shop) -> None:
    traced(shop, *bikes())
    assert vars(graph(shop, "stg").totals) == {"ancestors": 1, "descendants": 3}
    assert vars(graph(shop, "stg").totals) == {"ancestors": 1, "descendants": 3}
    shop.know(*bikes()[:3])
    assert vars(graph(shop, "stg").totals) == {"ancestors": 1, "descendants": 1}
    with_tests = graph(shop, "stg", with_tests=True)
    assert with_tests.totals.descendants == 1


def test_what_does_not_exist_is_not_found(shop: Shop) -> None:
    traced(shop, *bikes())
    for focus, view in (("mart", {"column": "nope"}), ("nope", {}), ("mart", {"since": 10**9})):
        with pytest.raises(NotFound):
            graph(shop, focus, **view)
    with pytest.raises(Invalid) as error:
        graph(shop, "mart", columns=["x"] * 51)
    assert [detail.field for detail in error.value.details] == ["columns"]


def test_the_number_of_queries_does_not_depend_on_what_is_shown(shop: Shop) -> None:
    traced(shop, *bikes())
    with counted(shop) as few:
        graph(shop, "side", column="key", up=1, down=1)
    with counted(shop) as many:
        graph(shop, "stg", column="id", up=1, down=1, influence=True)
    assert len(few) == len(many) <= 26
