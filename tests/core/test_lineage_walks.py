"""Walks over columns: distances, kinds, diamonds, circles, depth, the past."""

import itertools
from typing import Any

import pytest

from core.kit.errors import Invalid, NotFound
from core.lineage.answers import path, reach
from core.lineage.answers.reach import ReachedColumns, Wanted
from tests.core.building import Shop, open_shop
from tests.core.lineage_building import (
    RAW_ID,
    bikes,
    counted,
    models,
    put_edges,
    reading_at,
    snapshot_id,
    traced,
)


def columns(
    shop: Shop, start: str, *, limit: int | None = None, at: int | None = None, **wanted: Any
) -> ReachedColumns:
    owner, _, column = start.rpartition(".")
    unique_id = owner if "." in owner else f"model.shop.{owner}"
    with shop.db.reading() as session:
        return reach.columns_from(
            session, reading_at(shop, at), unique_id, column, Wanted(**wanted), limit=limit
        )


def steps(found: ReachedColumns) -> dict[str, int]:
    return {f"{item.node.name}.{item.column}": item.steps for item in found.items}


def test_values_go_all_the_way_and_influences_where_asked(shop: Shop) -> None:
    traced(shop, *bikes())
    found = columns(shop, "report.total")
    assert steps(found) == {"mart.total": 1, "stg.value": 2, "raw.orders.amount": 3}
    assert [(item.kind, item.via) for item in found.items] == [
        ("value", "copied"),
        ("value", "aggregated"),
        ("value", "renamed"),
    ]
    assert (found.totals.columns, found.totals.nodes) == (3, 3)
    wider = columns(shop, "report.total", influence=True)
    assert steps(wider) == {
        "mart.total": 1,
        "mart.id": 1,
        "side.key": 1,
        "stg.value": 2,
        "stg.id": 2,
        "raw.orders.amount": 3,
        "raw.orders.id": 3,
        "raw.orders.state": 3,
    }
    kinds = {f"{item.node.name}.{item.column}": (item.kind, item.via) for item in wider.items}
    assert kinds["mart.id"] == ("influence", "join")
    assert kinds["raw.orders.amount"] == ("value", "renamed")
    assert kinds["raw.orders.state"] == ("influence", "filter")


def test_downstream_what_decides_on_all_rows_reaches_every_column(shop: Shop) -> None:
    traced(shop, *bikes())
    start = f"{RAW_ID}.state"
    assert steps(columns(shop, start, direction="down")) == {
        "stg.state": 1,
        "side.state": 2,
        "report.state": 3,
    }
    found = columns(shop, start, direction="down", influence=True)
    assert steps(found)["stg.id"] == steps(found)["stg.value"] == 1
    via = {f"{item.node.name}.{item.column}": (item.kind, item.via) for item in found.items}
    assert via["stg.id"] == ("influence", "filter")
    assert via["stg.state"] == ("value", "copied")
    assert all(item.column != "*" for item in found.items)


def test_all_rows_of_a_node_can_be_asked_for(shop: Shop) -> None:
    traced(shop, *bikes())
    assert steps(columns(shop, "stg.*", influence=True)) == {"raw.orders.state": 1}
    down = columns(shop, "stg.*", direction="down", influence=True)
    assert steps(down)["mart.total"] == 1
    assert "stg.id" not in steps(down)


def test_a_diamond_is_walked_once_and_the_shortest_way_counts(shop: Shop) -> None:
    models(shop, "a", "b", "c", "d")
    put_edges(shop, [("a.x", "b.x"), ("a.x", "d.x"), ("b.x", "c.x"), ("c.x", "d.x")])
    assert steps(columns(shop, "d.x")) == {"a.x": 1, "c.x": 1, "b.x": 2}


def test_many_diamonds_in_a_row_are_no_trouble(shop: Shop) -> None:
    """2^60 ways lead from one end to the other."""
    names = [f"n{number}" for number in range(61)]
    models(shop, *names)
    put_edges(
        shop,
        [
            edge
            for one, other in itertools.pairwise(names)
            for side in "lr"
            for edge in ((f"{one}.x", f"{other}.{side}"), (f"{other}.{side}", f"{other}.x"))
        ],
    )
    found = columns(shop, "n60.x")
    assert (found.totals.columns, found.totals.nodes, max(steps(found).values())) == (180, 60, 120)


def test_circles_end(shop: Shop) -> None:
    models(shop, "a", "b")
    put_edges(shop, [("a.x", "b.x"), ("b.x", "a.x"), ("a.x", "a.y", "influence")])
    assert steps(columns(shop, "a.x")) == {"b.x": 1}
    assert steps(columns(shop, "a.x", direction="down", influence=True)) == {"b.x": 1, "a.y": 1}


def test_a_limit_of_steps_leaves_the_totals_of_the_whole(shop: Shop) -> None:
    traced(shop, *bikes())
    found = columns(shop, "report.total", steps=1)
    assert steps(found) == {"mart.total": 1}
    assert (found.total, found.totals.columns, found.totals.nodes) == (1, 3, 3)


def test_filters_and_pages(shop: Shop) -> None:
    traced(shop, *bikes())
    assert steps(columns(shop, "report.total", resource_types=("source",))) == {"raw.orders.amount": 3}
    assert steps(columns(shop, "report.total", q="MART")) == {"mart.total": 1}
    first = columns(shop, "report.total", limit=2)
    assert (len(first.items), first.total) == (2, 3)
    with shop.db.reading() as session:
        second = reach.columns_from(
            session,
            shop.reading,
            "model.shop.report",
            "total",
            Wanted(),
            cursor=first.next_cursor,
            limit=2,
        )
    assert (steps(second), second.next_cursor) == ({"raw.orders.amount": 3}, None)
    with pytest.raises(Invalid), shop.db.reading() as session:
        reach.columns_from(
            session, shop.reading, "model.shop.mart", "total", Wanted(), cursor="nonsense", limit=2
        )


def test_the_past_is_read_as_it_was(shop: Shop) -> None:
    first = traced(shop, *bikes())
    second = traced(shop, *bikes(mart='select id, max(id) as total from "dev"."main"."stg" group by id'))
    assert steps(columns(shop, "report.total", at=first))["raw.orders.amount"] == 3
    assert "raw.orders.amount" not in steps(columns(shop, "report.total", at=second))
    assert steps(columns(shop, "report.total")) == steps(columns(shop, "report.total", at=second))


def test_what_nobody_traced_is_not_nothing(shop: Shop) -> None:
    shop.know(*bikes()[:1], sql_without_columns())
    found = columns(shop, "stg.id")
    assert (found.status, found.column_status, found.totals.columns) == ("not_traced", "not_traced", 0)
    assert found.trace.state == "waiting"


def sql_without_columns() -> Any:
    return {**bikes()[1], "columns": {"id": {"name": "id"}}}


def test_a_column_that_nobody_knows_is_not_found_and_near_ones_are_named(shop: Shop) -> None:
    traced(shop, *bikes())
    with pytest.raises(NotFound) as error:
        columns(shop, "mart.totl")
    assert error.value.hint == "Did you mean total?"
    assert steps(columns(shop, "mart.TOTAL")) == steps(columns(shop, "mart.total"))
    with pytest.raises(NotFound):
        columns(shop, "nothing.id")


def test_other_workspaces_and_environments_have_columns_of_their_own(shop: Shop) -> None:
    other = open_shop(shop.db, shop.folder, "other")
    traced(shop, *bikes())
    with pytest.raises(NotFound):
        columns(other, "mart.total")
    traced(other, *bikes(mart='select id, 1 as total from "dev"."main"."stg"'))
    assert steps(columns(other, "report.total")) == {"mart.total": 1}
    assert len(steps(columns(shop, "report.total"))) == 3


def test_the_number_of_queries_does_not_grow(shop: Shop) -> None:
    names = [f"n{number}" for number in range(40)]
    models(shop, *names)
    put_edges(shop, [(f"{one}.x", f"{other}.x") for one, other in itertools.pairwise(names)])
    with counted(shop) as near:
        columns(shop, "n1.x")
    with counted(shop) as far:
        assert len(columns(shop, "n39.x").items) == 39
    assert len(far) == len(near) <= 9


def test_a_chain_of_thousands_answers(shop: Shop) -> None:
    models(shop, "deep")
    put_edges(shop, [(f"deep.c{number}", f"deep.c{number + 1}") for number in range(5000)])
    found = columns(shop, "deep.c5000", limit=10, steps=3)
    assert (found.totals.columns, found.total, len(found.items)) == (5000, 3, 3)
    assert max(item.steps for item in columns(shop, "deep.c5000").items) == 5000


def nodes(shop: Shop, name: str, *, at: int | None = None, **wanted: Any) -> dict[str, int]:
    with shop.db.reading() as session:
        found = reach.nodes_from(
            session, reading_at(shop, at), f"model.shop.{name}", Wanted(**wanted), limit=None
        )
    return {item.node.name: item.steps for item in found.items}


def test_nodes_up_and_down_with_and_without_tests(shop: Shop) -> None:
    traced(shop, *bikes())
    assert nodes(shop, "report") == {"mart": 1, "side": 1, "stg": 2, "raw.orders": 3}
    assert nodes(shop, "report", steps=1) == {"mart": 1, "side": 1}
    assert nodes(shop, "report", q="ma") == {"mart": 1}
    assert nodes(shop, "stg", direction="down") == {"mart": 1, "side": 1, "report": 2}
    assert nodes(shop, "stg", direction="down", tests=True) == {
        "mart": 1,
        "side": 1,
        "unique_id": 1,
        "report": 2,
        "mart_is_sound": 2,
        "not_null_total": 2,
    }
    assert nodes(shop, "report", resource_types=("source",)) == {"raw.orders": 3}


def test_nodes_of_the_past(shop: Shop) -> None:
    first = traced(shop, *bikes())
    traced(shop, *bikes()[:3])
    assert nodes(shop, "stg", direction="down", at=first) == {"mart": 1, "side": 1, "report": 2}
    assert nodes(shop, "stg", direction="down") == {"mart": 1}


def way(shop: Shop, start: str, end: str, **more: Any) -> list[str] | None:
    ends = []
    for text in (start, end):
        owner, _, column = text.partition(":")
        ends.append((owner if "." in owner else f"model.shop.{owner}", column or None))
    (from_node, from_column), (to_node, to_column) = ends
    with shop.db.reading() as session:
        found = path.shortest(
            session, shop.reading, path.Ends(from_node, to_node, from_column, to_column, **more)
        )
    if not found.found:
        return None
    assert len(found.nodes) >= 1
    if found.node_edges:
        return [f"{edge.parent}>{edge.child}".replace("model.shop.", "") for edge in found.node_edges]
    return [f"{e.parent.name}.{e.parent.column}>{e.child.name}.{e.child.column}" for e in found.edges]


def test_a_shortest_way_between_columns_and_between_nodes(shop: Shop) -> None:
    traced(shop, *bikes())
    assert way(shop, f"{RAW_ID}:amount", "report:total") == [
        "raw.orders.amount>stg.value",
        "stg.value>mart.total",
        "mart.total>report.total",
    ]
    assert way(shop, f"{RAW_ID}:state", "report:total") is None
    assert way(shop, f"{RAW_ID}:state", "mart:total", influence=True) == [
        "raw.orders.state>stg.*",
        "stg.value>mart.total",
    ]
    assert way(shop, "stg", "report:state") == ["stg.state>side.state", "side.state>report.state"]
    assert way(shop, "stg", "report") == ["stg>mart", "mart>report"]
    assert way(shop, "report", "stg") is None
    with pytest.raises(NotFound):
        way(shop, "stg", "nobody")


def test_totals_of_ten_thousand(shop: Shop) -> None:
    models(shop, "wide")
    put_edges(shop, [("wide.start", f"wide.c{number}") for number in range(10_000)])
    found = columns(shop, "wide.start", direction="down", limit=5)
    assert (found.total, found.totals.columns, len(found.items)) == (10_000, 10_000, 5)
    assert snapshot_id(shop) == found.trace.snapshot
