"""Columns of a node, impact, coverage, changes, all edges, OpenLineage, the state."""

import json
from typing import Any, Final

import jsonschema
import pytest
import sqlalchemy as sa

from core.audit.models import AuditLog
from core.audit.service import By
from core.kit.errors import Conflict, Invalid, NotFound
from core.lineage.answers import changes, coverage, edges, impact, openlineage, state
from core.lineage.answers import columns as columns_view
from core.lineage.answers.columns import NodeColumns
from core.lineage.answers.impact import Impact
from core.lineage.models import LineageState
from core.lineage.tracing import states
from tests.core.building import Raw, Shop, model, open_shop
from tests.core.lineage_building import (
    RAW_ID,
    bikes,
    counted,
    exposures,
    models,
    put_edges,
    reading_at,
    snapshot_id,
    sql,
    traced,
)


def columns(shop: Shop, name: str, *, at: int | None = None, **page: Any) -> NodeColumns:
    unique_id = name if "." in name else f"model.shop.{name}"
    with shop.db.reading() as session:
        return columns_view.columns_of(session, reading_at(shop, at), unique_id, **page)


def test_columns_of_a_node_with_what_they_are_made_of(shop: Shop) -> None:
    traced(shop, *bikes())
    found = columns(shop, "mart")
    assert (found.status, found.code, found.kept_since) == ("complete", "current", None)
    names = {column.name: column for column in found.columns.items}
    assert list(names) == ["id", "total"]
    total = names["total"]
    assert [(e.parent.column, e.kind, e.transform) for e in total.parents] == [
        ("value", "value", "aggregated")
    ]
    assert (total.parents_total, total.children_total, total.from_total) == (1, 1, 1)
    assert [(e.parent.column, e.child.column, e.transform) for e in found.rows] == [("id", "*", "group")]
    code = 'select id, sum(value) as total from "dev"."main"."stg" group by id'
    span = total.parents[0].span
    assert span is not None
    assert code[slice(*span)].startswith("sum(value)")


def test_columns_page_and_filter(shop: Shop) -> None:
    traced(shop, *bikes())
    first = columns(shop, "stg", limit=2).columns
    assert ([c.name for c in first.items], first.total) == (["id", "value"], 3)
    rest = columns(shop, "stg", limit=2, cursor=first.next_cursor).columns
    assert ([c.name for c in rest.items], rest.next_cursor) == (["state"], None)
    assert [c.name for c in columns(shop, "stg", q="VAL").columns.items] == ["value"]


def test_a_column_of_a_thousand_parents_lists_some_and_counts_all(shop: Shop) -> None:
    models(shop, "a", "b")
    put_edges(shop, [(f"a.c{number}", "b.x") for number in range(1000)])
    column = columns(shop, "b").columns.items[0]
    assert (len(column.parents), column.from_total, column.parents_total) == (50, 1000, 1000)


def test_the_four_corners_of_truth(shop: Shop) -> None:
    shop.know(*bikes())
    found = columns(shop, "mart")
    assert (found.status, found.trace.state, found.columns.total) == ("not_traced", "waiting", 0)
    with shop.db.session() as session:
        states.begin(session, shop.environment_id, snapshot_id(shop), 4, "run-1")
    assert columns(shop, "mart").trace.state == "running"
    with shop.db.session() as session:
        states.fail(session, shop.environment_id, "no room")
    failed = columns(shop, "mart").trace
    assert (failed.state, failed.error, failed.snapshot) == ("failed", "no room", None)
    traced(shop, *bikes(), sql("broken", "select from where", "stg"))
    assert columns(shop, "mart").status == "complete"
    assert columns(shop, "broken").status == "unknown"
    assert columns(shop, "broken").reason
    assert columns(shop, RAW_ID).status == "not_applicable"
    shop.know(*bikes(), model("late"))
    assert columns(shop, "late").status == "not_traced"
    late = columns(shop, "late").trace
    assert (late.state, late.current) == ("waiting", False)


def test_what_could_not_be_read_keeps_its_edges_and_says_so(shop: Shop) -> None:
    first = traced(shop, *bikes())
    traced(shop, *bikes(mart="select from where"))
    found = columns(shop, "mart")
    assert (found.status, found.kept_since, found.code) == ("unknown", first, "older")
    assert [len(column.parents) for column in found.columns.items] == [1, 1]


def touched(shop: Shop, name: str, kind: str = "nodes", **more: Any) -> Impact:
    unique_id = name if "." in name else f"model.shop.{name}"
    with shop.db.reading() as session:
        wanted = impact.Wanted(kind=kind, **more)
        return impact.impact_of(session, shop.reading, unique_id, wanted, limit=None)


def names(found: Impact) -> list[str]:
    return [item.node.name if item.node else str(item.owner) for item in found.items]


def test_impact_of_a_node_is_all_that_depends_on_it(shop: Shop) -> None:
    traced(shop, *bikes(), **exposures())
    found = touched(shop, "stg")
    assert names(found) == ["mart", "side", "report"]
    assert vars(found.totals) == {
        "columns": 6,
        "nodes": 3,
        "exposures": 1,
        "metrics": 1,
        "tests": 3,
        "owners": 3,
    }
    assert names(touched(shop, "stg", "exposures")) == ["board"]
    assert names(touched(shop, "stg", "metrics")) == ["revenue"]
    assert sorted(names(touched(shop, "stg", "tests"))) == ["mart_is_sound", "not_null_total", "unique_id"]
    assert [(item.owner, item.nodes) for item in touched(shop, "stg", "owners").items] == [
        ("=Sales", 1),
        ("Ada", 1),
        ("Finance", 1),
    ]
    assert names(touched(shop, "stg", q="REP")) == ["report"]
    assert len(touched(shop, "stg", "columns").items) == 6


def test_impact_of_a_column_is_what_its_trace_reaches(shop: Shop) -> None:
    traced(shop, *bikes(), **exposures())
    found = touched(shop, "stg", "columns", column="value", influence=False)
    assert [(item.node.name, item.column, item.steps) for item in found.items if item.node] == [
        ("mart", "total", 1),
        ("report", "total", 2),
    ]
    assert (found.totals.columns, found.totals.nodes, found.totals.tests) == (2, 2, 2)
    tests = touched(shop, "stg", "tests", column="value", influence=False)
    assert [(item.node.name, item.certain) for item in tests.items if item.node] == [
        ("not_null_total", True),
        ("mart_is_sound", False),
    ]
    assert [item.certain for item in touched(shop, "stg", "exposures", column="value").items] == [False]
    wide = touched(shop, "stg", column="id")
    assert names(wide) == ["mart", "side", "report"]
    assert wide.totals.nodes == 3


def test_nodes_that_nobody_can_read_may_be_touched(shop: Shop) -> None:
    blind = sql("blind", "select from where", "mart")
    behind = sql("behind", 'select 1 as one from "dev"."main"."blind"', "blind")
    traced(shop, *bikes(), blind, behind)
    found = touched(shop, "stg", column="value", influence=False)
    assert [(item.node.name, item.certain) for item in found.items if item.node] == [
        ("mart", True),
        ("report", True),
        ("blind", False),
        ("behind", False),
    ]


def test_impact_costs_as_many_queries_for_a_hub(shop: Shop) -> None:
    many = [sql(f"leaf{number}", 'select id from "dev"."main"."stg"', "stg") for number in range(30)]
    traced(shop, *bikes(), *many)
    with counted(shop) as few:
        touched(shop, "side", column="key")
    with counted(shop) as hub:
        assert touched(shop, "stg", column="id").totals.nodes == 33
    assert len(hub) <= len(few) + 1


def test_coverage_counts_what_is_known_and_what_is_not(shop: Shop) -> None:
    traced(shop, *bikes(), sql("broken", "select from where", "stg"), sql("one", "select 1 as one"))
    shop.know(
        *bikes(), sql("broken", "select from where", "stg"), sql("one", "select 1 as one"), model("late")
    )
    with shop.db.reading() as session:
        found = coverage.coverage_of(session, shop.reading)
    assert found.nodes == {
        "unknown": 1,
        "not_traced": 1,
        "partial": 0,
        "complete": 5,
        "not_applicable": 1,
    }
    assert found.columns["none"] == 1
    assert found.columns["complete"] == 9
    assert found.resolved == 1.0
    assert found.edges == {"value": 9, "influence": 4}
    assert found.transforms["aggregated"] == 1
    assert found.kept == 0
    assert all(0 < slow.share <= 1 for slow in found.slowest)
    assert not found.trace.current


def covered(shop: Shop, **more: Any) -> list[tuple[str, str, int, int]]:
    with shop.db.reading() as session:
        page = coverage.nodes_page(session, shop.reading, coverage.Wanted(**more), limit=None)
    return [(i.node.name, i.status, i.columns, i.columns_resolved) for i in page.items]


def test_nodes_by_what_is_known_of_them(shop: Shop) -> None:
    traced(shop, *bikes(), sql("broken", "select from where", "stg"))
    assert covered(shop) == [
        ("broken", "unknown", 0, 0),
        ("mart", "complete", 2, 2),
        ("report", "complete", 2, 2),
        ("side", "complete", 2, 2),
        ("stg", "complete", 3, 3),
        ("raw.orders", "not_applicable", 3, 0),
    ]
    assert [row[0] for row in covered(shop, statuses=("unknown",))] == ["broken"]
    assert next(row[0] for row in covered(shop, sort="-columns", q="model.shop")) == "stg"
    assert next(row[0] for row in covered(shop, sort="-name")) == "stg"


def test_an_empty_project_has_nothing_to_resolve(shop: Shop) -> None:
    with shop.db.reading() as session:
        found = coverage.coverage_of(session, shop.reading)
        assert (found.resolved, found.trace.state, sum(found.nodes.values())) == (None, "never", 0)
        assert edges.column_edges(session, shop.reading, cursor=None).items == []
        assert edges.node_edges(session, shop.reading, cursor=None).items == []
    assert b"".join(openlineage.events(shop.db, shop.reading)) == b""


def differences(shop: Shop, since: int, until: int | None = None, **more: Any) -> changes.Changes:
    with shop.db.reading() as session:
        wanted = changes.Wanted(since, until, **more)
        return changes.changes_page(session, shop.reading, wanted, limit=None)


def test_changes_of_edges_between_two_snapshots(shop: Shop) -> None:
    first = traced(shop, *bikes())
    second = traced(shop, *bikes(mart='select id, value as total, state from "dev"."main"."stg"'))
    found = differences(shop, first)
    told = {
        (e.change, f"{e.parent.column}>{e.child.name}.{e.child.column}", e.transform, e.before)
        for e in found.items
    }
    assert told == {
        ("changed", "value>mart.total", "renamed", "aggregated"),
        ("added", "state>mart.state", "copied", None),
        ("removed", "id>mart.*", "group", None),
    }
    assert vars(found.totals) == {"nodes": 1, "added": 1, "removed": 1, "changed": 1}
    assert differences(shop, first, second).items == found.items
    assert differences(shop, first, first).items == []
    assert differences(shop, second).items == []
    assert [e.change for e in differences(shop, first, changes=("removed",)).items] == ["removed"]
    assert [e.change for e in differences(shop, first, q="STATE").items] == ["added"]
    with pytest.raises(Invalid) as error:
        differences(shop, second, first)
    assert [detail.field for detail in error.value.details] == ["from"]
    with pytest.raises(NotFound):
        differences(shop, 10**6)


def test_edges_of_another_time_are_no_change_where_they_do_the_same(shop: Shop) -> None:
    first = traced(shop, *bikes())
    traced(shop, *bikes(side='select   id as key, state from "dev"."main"."stg"'))
    assert differences(shop, first).items == []


def test_edges_that_change_under_columns_that_stay(shop: Shop) -> None:
    """What a node says of its columns is the same; only where one comes from is not."""
    first = traced(shop, *bikes())
    traced(shop, *bikes(side='select id as key, value as state from "dev"."main"."stg"'))
    assert {(e.change, e.parent.column) for e in differences(shop, first).items} == {
        ("added", "value"),
        ("removed", "state"),
    }


def test_all_edges_page_by_page(shop: Shop) -> None:
    traced(shop, *bikes())
    with shop.db.reading() as session:
        whole = edges.column_edges(session, shop.reading, cursor=None)
        collected, cursor = [], None
        while True:
            part = edges.column_edges(session, shop.reading, cursor=cursor, limit=4)
            collected += part.items
            cursor = part.next_cursor
            if cursor is None:
                break
        assert collected == list(whole.items)
        assert {edge.kind for edge in whole.items} == {"value", "influence"}
        values = edges.column_edges(session, shop.reading, ("value",), cursor=None).items
        assert [edge for edge in whole.items if edge.kind == "value"] == values
        first = edges.node_edges(session, shop.reading, cursor=None, limit=3)
        rest = edges.node_edges(session, shop.reading, cursor=first.next_cursor)
        assert len(first.items) == 3
        assert len({*first.items, *rest.items}) == len(first.items) + len(rest.items) == 8
        for cursor in ("nonsense", "bnVsbA==", "WzEsMl0="):
            with pytest.raises(Invalid):
                edges.column_edges(session, shop.reading, cursor=cursor)
            with pytest.raises(Invalid):
                edges.node_edges(session, shop.reading, cursor=cursor)


def test_another_workspace_has_edges_of_its_own(shop: Shop) -> None:
    traced(shop, *bikes())
    other = open_shop(shop.db, shop.folder, "other")
    traced(other, *bikes()[:2])
    with shop.db.reading() as session:
        assert len(edges.column_edges(session, other.reading, cursor=None).items) == 4
        found = coverage.coverage_of(session, other.reading)
    assert found.edges == {"value": 3, "influence": 1}
    assert len(b"".join(openlineage.events(shop.db, other.reading)).splitlines()) == 1


# The rules of OpenLineage 2-0-2 and of its facet columnLineage 1-2-0, as far as they concern us.
_INPUT: Final[Raw] = {
    "type": "object",
    "properties": {
        "namespace": {"type": "string", "minLength": 1},
        "name": {"type": "string", "minLength": 1},
        "field": {"type": "string"},
        "transformations": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "type": {"enum": ["DIRECT", "INDIRECT"]},
                    "subtype": {"type": "string"},
                    "description": {"type": "string"},
                    "masking": {"type": "boolean"},
                },
                "required": ["type"],
                "oneOf": [
                    {
                        "properties": {
                            "type": {"const": "DIRECT"},
                            "subtype": {"enum": ["IDENTITY", "TRANSFORMATION", "AGGREGATION"]},
                        }
                    },
                    {
                        "properties": {
                            "type": {"const": "INDIRECT"},
                            "subtype": {
                                "enum": ["JOIN", "GROUP_BY", "FILTER", "SORT", "WINDOW", "CONDITIONAL"]
                            },
                        }
                    },
                ],
            },
        },
    },
    "required": ["namespace", "name", "field"],
}
EVENT: Final[Raw] = {
    "type": "object",
    "properties": {
        "eventTime": {"type": "string", "format": "date-time"},
        "producer": {"type": "string", "format": "uri"},
        "schemaURL": {"const": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/DatasetEvent"},
        "dataset": {
            "type": "object",
            "properties": {
                "namespace": {"type": "string", "minLength": 1},
                "name": {"type": "string", "minLength": 1},
                "facets": {
                    "type": "object",
                    "properties": {
                        "columnLineage": {
                            "type": "object",
                            "properties": {
                                "_producer": {"type": "string", "format": "uri"},
                                "_schemaURL": {
                                    "const": "https://openlineage.io/spec/facets/1-2-0/"
                                    "ColumnLineageDatasetFacet.json#/$defs/ColumnLineageDatasetFacet"
                                },
                                "fields": {
                                    "type": "object",
                                    "additionalProperties": {
                                        "type": "object",
                                        "properties": {"inputFields": {"type": "array", "items": _INPUT}},
                                        "required": ["inputFields"],
                                    },
                                },
                                "dataset": {"type": "array", "items": _INPUT},
                            },
                            "required": ["_producer", "_schemaURL", "fields"],
                        }
                    },
                    "required": ["columnLineage"],
                },
            },
            "required": ["namespace", "name", "facets"],
        },
    },
    "required": ["eventTime", "producer", "schemaURL", "dataset"],
    "not": {"anyOf": [{"required": ["job"]}, {"required": ["run"]}]},
}


def test_openlineage_follows_its_specification(shop: Shop) -> None:
    traced(shop, *bikes())
    lines = b"".join(openlineage.events(shop.db, shop.reading)).splitlines()
    found = {event["dataset"]["name"]: event for event in map(json.loads, lines)}
    for event in found.values():
        jsonschema.validate(event, EVENT, format_checker=jsonschema.FormatChecker())
    assert set(found) == {"dev.main.stg", "dev.main.mart", "dev.main.side", "dev.main.report"}
    facet = found["dev.main.stg"]["dataset"]["facets"]["columnLineage"]
    assert facet["fields"]["value"]["inputFields"] == [
        {
            "namespace": "duckdb://dev",
            "name": "dev.main.raw.orders",
            "field": "amount",
            "transformations": [
                {"type": "DIRECT", "subtype": "IDENTITY", "description": "renamed", "masking": False}
            ],
        }
    ]
    assert [(one["field"], one["transformations"][0]["subtype"]) for one in facet["dataset"]] == [
        ("state", "FILTER")
    ]
    with shop.db.reading() as session:
        one = openlineage.event_of(session, shop.reading, "model.shop.stg")
        assert json.loads(one) == found["dev.main.stg"]
        with pytest.raises(NotFound):
            openlineage.event_of(session, shop.reading, RAW_ID)


def test_openlineage_is_read_in_batches(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    traced(shop, *bikes())
    whole = b"".join(openlineage.events(shop.db, shop.reading))
    monkeypatch.setattr(openlineage, "BATCH", 2)
    assert b"".join(openlineage.events(shop.db, shop.reading)) == whole


def test_asking_again_is_written_down(shop: Shop) -> None:
    with shop.db.session() as session, pytest.raises(Conflict):
        state.ask_again(session, By("ada"), shop.reading)
    traced(shop, *bikes())
    with shop.db.session() as session:
        session.execute(sa.update(LineageState).values(state="failed", attempts=3, error="no room"))
    with shop.db.session() as session:
        found = state.ask_again(session, By("ada"), shop.reading)
    assert (found.state, found.error) == ("waiting", None)
    with shop.db.session() as session:
        row = session.scalars(sa.select(AuditLog).where(AuditLog.tag == "lineage.requested")).one()
        assert (row.actor, row.subject, row.workspace_id) == ("ada", "dev", shop.workspace_id)
        assert session.get_one(LineageState, shop.environment_id).attempts == 0
