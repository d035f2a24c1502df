"""Lineage of columns over HTTP."""

import csv
import gzip
import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from core.lineage.models import LineageState
from core.lineage.whole.models import LineageLayout
from tests.api.conftest import address_of, client_of, settings_of
from tests.api.shape import error_of, fields
from tests.core.building import Shop, open_shop, shared_shop
from tests.core.lineage_building import bikes, exposures, snapshot_id, sql, traced

SHOP = "/api/workspaces/shop"
RAW = "source.shop.raw.orders"
ODD = sql("odd", 'select id as "=1+1", id as "a/b", id as "ü, ""x""" from "dev"."main"."stg"', "stg")


@pytest.fixture(scope="module")
def bike_shop(
    postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Shop, int]]:
    """A traced shop at its second snapshot, beside an empty workspace; and the number of its first."""
    with shared_shop(postgres_url, template, tmp_path_factory.mktemp("bikes")) as shop:
        first = traced(shop, *bikes(), ODD, **exposures())
        traced(
            shop,
            *bikes(mart='select id, max(value) + 1 as total from "dev"."main"."stg"'),
            ODD,
            **exposures(),
        )
        open_shop(shop.db, shop.folder, "empty")
        yield shop, first


@pytest.fixture(scope="module")
def bike_client(bike_shop: tuple[Shop, int]) -> Iterator[TestClient]:
    shop, _ = bike_shop
    with client_of(settings_of(address_of(shop), shop.folder)) as found:
        yield found


def get(client: TestClient, path: str, **params: Any) -> Any:
    response = client.get(f"{SHOP}{path}", params=params)
    assert response.status_code == 200, response.text
    return response.json()


def rows(client: TestClient, path: str, **params: Any) -> tuple[str, list[list[str]]]:
    """The name of a file, and its lines."""
    response = client.get(f"{SHOP}{path}", params={**params, "format": "csv"})
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    name = response.headers["content-disposition"].split('"')[1]
    return name, list(csv.reader(io.StringIO(response.text)))


def test_where_tracing_stands(bike_client: TestClient, bike_shop: tuple[Shop, int]) -> None:
    shop, _ = bike_shop
    state = get(bike_client, "/lineage/state")
    assert (state["state"], state["current"], state["snapshot"]) == ("done", True, snapshot_id(shop))
    never = bike_client.get("/api/workspaces/empty/lineage/state").json()
    assert (never["state"], never["snapshot"], never["current"]) == ("never", None, False)


def test_the_graph_with_a_column_in_focus(bike_client: TestClient) -> None:
    body = get(bike_client, "/models/model.shop.mart/lineage", column="total", all_columns="model.shop.stg")
    stg = next(node for node in body["nodes"] if node["name"] == "stg")
    assert [(c["name"], c["traced"]) for c in stg["columns"]] == [
        ("id", False),
        ("value", True),
        ("state", False),
    ]
    assert (stg["lineage_status"], stg["columns_total"], stg["folder"]) == ("complete", 3, "models")
    assert stg["height"] > 58
    edge = next(e for e in body["column_edges"] if e["to"]["column"] == "total" and e["to"]["name"] == "mart")
    assert edge["from"] == {
        "node": "model.shop.stg",
        "name": "stg",
        "resource_type": "model",
        "column": "value",
    }
    assert (edge["kind"], edge["transform"], edge["confidence"]) == ("value", "aggregated", 1.0)
    assert len(edge["span"]) == 2
    assert (edge["change"], edge["before"]) == (None, None)
    assert body["column_totals"] == {"ancestors": 2, "descendants": 1}
    assert body["trace"]["state"] == "done"
    assert {"from": "model.shop.stg", "to": "model.shop.mart", "change": None} in body["edges"]


def test_the_graph_compared_with_a_snapshot(bike_client: TestClient, bike_shop: tuple[Shop, int]) -> None:
    body = get(bike_client, "/models/model.shop.mart/lineage", since=bike_shop[1])
    assert {node["name"]: node["change"] for node in body["nodes"]}["mart"] == "changed"
    then = get(bike_client, "/models/model.shop.mart/lineage", snapshot=bike_shop[1], column="total")
    assert then["column_totals"]["ancestors"] == 2
    assert not then["trace"]["current"]


def test_the_columns_of_a_node(bike_client: TestClient) -> None:
    body = get(bike_client, "/models/model.shop.stg/lineage/columns", q="val")
    assert (body["status"], body["reason"], body["kept_since"], body["code"]) == (
        "complete",
        "",
        None,
        "current",
    )
    (column,) = body["columns"]["items"]
    assert (column["name"], column["known_from"], column["from_total"]) == ("value", "inferred", 1)
    assert column["from"][0]["from"]["node"] == RAW
    assert body["rows"][0]["to"]["column"] == "*"


def test_what_a_column_comes_from(bike_client: TestClient) -> None:
    path = "/models/model.shop.report/columns/total/lineage"
    body = get(bike_client, path)
    assert [(item["node"]["name"], item["column"], item["steps"]) for item in body["items"]] == [
        ("mart", "total", 1),
        ("stg", "value", 2),
        ("raw.orders", "amount", 3),
    ]
    assert (body["total"], body["totals"]) == (3, {"columns": 3, "nodes": 3})
    assert (body["status"], body["column_status"]) == ("complete", "complete")
    name, lines = rows(bike_client, path)
    assert name == "model-shop-report-total-upstream.csv"
    assert lines[0] == ["node", "column", "resource_type", "steps", "kind", "via"]
    assert lines[1] == ["model.shop.mart", "total", "model", "1", "value", "copied"]
    assert len(lines) == 4


def test_columns_with_any_name_have_an_address_and_no_cell_is_a_formula(bike_client: TestClient) -> None:
    body = get(bike_client, "/models/model.shop.odd/columns/a%2Fb/lineage")
    assert [item["column"] for item in body["items"]] == ["id", "id"]
    _, lines = rows(bike_client, "/models/model.shop.stg/columns/id/lineage", direction="down")
    cells = {line[1] for line in lines if line[0] == "model.shop.odd"}
    assert cells == {"'=1+1", "a/b", 'ü, "x"'}
    _, owners = rows(bike_client, "/models/model.shop.stg/impact", kind="owners")
    assert {line[8] for line in owners[1:]} == {"'=Sales", "Ada", "Finance"}


def test_nodes_up_and_down(bike_client: TestClient) -> None:
    body = get(bike_client, "/models/model.shop.report/lineage/nodes", limit=1)
    assert (body["total"], body["whole"], body["items"][0]["steps"]) == (4, 4, 1)
    assert get(bike_client, "/models/model.shop.report/lineage/nodes", steps=1, q="ma")["whole"] == 4
    name, lines = rows(bike_client, "/models/model.shop.stg/lineage/nodes", direction="down", tests=True)
    assert name == "model-shop-stg-downstream.csv"
    assert {line[2] for line in lines[1:]} == {"model", "test", "exposure", "metric"}


def test_impact(bike_client: TestClient) -> None:
    body = get(bike_client, "/models/model.shop.stg/impact", column="value", kind="exposures")
    assert [(item["node"]["name"], item["certain"]) for item in body["items"]] == [("board", False)]
    assert body["totals"]["nodes"] == 2
    name, lines = rows(bike_client, "/models/model.shop.stg/impact", kind="tests")
    assert (name, len(lines)) == ("model-shop-stg-impact-tests.csv", 4)


def test_a_path(bike_client: TestClient) -> None:
    ends = {"from_node": RAW, "to_node": "model.shop.report"}
    body = get(bike_client, "/lineage/path", **ends, from_column="amount", to_column="total")
    assert [edge["to"]["column"] for edge in body["edges"]] == ["value", "total", "total"]
    assert [node["name"] for node in body["nodes"]] == ["raw.orders", "stg", "mart", "report"]
    nodes = get(bike_client, "/lineage/path", **ends)
    assert nodes["node_edges"][0] == {"from": RAW, "to": "model.shop.stg"}
    assert not get(bike_client, "/lineage/path", **ends, from_column="state", to_column="total")["found"]


def test_coverage(bike_client: TestClient) -> None:
    body = get(bike_client, "/lineage/coverage")
    assert body["nodes"] == {
        "complete": 5,
        "partial": 0,
        "unknown": 0,
        "not_applicable": 1,
        "not_traced": 0,
    }
    assert body["resolved"] == 1.0
    assert body["known_from"]
    page = get(bike_client, "/lineage/coverage/nodes", sort="name", limit=2)
    assert ([item["node"]["name"] for item in page["items"]], page["total"]) == (["mart", "odd"], 6)
    name, lines = rows(bike_client, "/lineage/coverage/nodes", status="complete")
    assert (name, len(lines)) == ("lineage-coverage.csv", 6)


def test_changes(bike_client: TestClient, bike_shop: tuple[Shop, int]) -> None:
    body = get(bike_client, "/lineage/changes", **{"from": bike_shop[1]})
    assert body["totals"] == {"nodes": 1, "added": 0, "removed": 1, "changed": 0}
    assert (body["from"], body["to"]) == (bike_shop[1], None)
    assert body["items"][0]["to"]["column"] == "*"
    name, lines = rows(bike_client, "/lineage/changes", **{"from": bike_shop[1]})
    assert (name, lines[1][0]) == (f"lineage-changes-since-{bike_shop[1]}.csv", "removed")


def test_the_whole_graph_is_laid_out_once_and_answered_with_a_tag(
    bike_client: TestClient, bike_shop: tuple[Shop, int]
) -> None:
    shop, _ = bike_shop
    response = bike_client.get(f"{SHOP}/lineage/graph")
    assert response.headers["content-encoding"] == "gzip"
    body = response.json()
    count = len(body["nodes"]["id"])
    assert {len(values) for values in body["nodes"].values()} == {count}
    assert count == 8
    assert not any(unique_id.startswith("test.") for unique_id in body["nodes"]["id"])
    types = [body["words"]["type"][place] for place in body["nodes"]["type"]]
    assert types.count("source") == 1
    ids, edges = body["nodes"]["id"], body["edges"]
    pairs = {(ids[one], ids[other]) for one, other in zip(edges[::2], edges[1::2], strict=True)}
    assert ("model.shop.stg", "model.shop.mart") in pairs
    x = dict(zip(ids, body["nodes"]["x"], strict=True))
    assert all(x[parent] < x[child] for parent, child in pairs)
    tag = response.headers["etag"]
    again = bike_client.get(f"{SHOP}/lineage/graph", headers={"if-none-match": tag})
    assert (again.status_code, again.content) == (304, b"")
    plain = bike_client.get(f"{SHOP}/lineage/graph", headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == body
    assert response.headers["vary"] == "accept-encoding"
    with shop.db.session() as session:
        kept = session.scalars(sa.select(LineageLayout)).all()
        assert len(kept) == 1
        assert len(json.loads(gzip.decompress(kept[0].body))["x"]) == count


def test_the_whole_graph_narrowed(bike_client: TestClient, bike_shop: tuple[Shop, int]) -> None:
    shop, first = bike_shop
    tagged = get(bike_client, "/lineage/graph", tag="core")
    assert tagged["nodes"]["id"] == ["model.shop.stg"]
    with_tests = get(bike_client, "/lineage/graph", resource_types=["model", "test"])
    assert len(with_tests["nodes"]["id"]) == 8
    assert get(bike_client, "/lineage/graph", schema="nowhere")["edges"] == []
    assert get(bike_client, "/lineage/graph", folder="models", snapshot=first)["nodes"]["id"]
    for number in range(10):
        get(bike_client, "/lineage/graph", package=["shop"], resource_types=["model", f"x{number}"])
    with shop.db.session() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(LineageLayout)) <= 8


def test_all_edges(bike_client: TestClient) -> None:
    first = get(bike_client, "/lineage/column-edges", kind="value", limit=5)
    rest = get(bike_client, "/lineage/column-edges", kind="value", cursor=first["next_cursor"])
    assert len(first["items"]) == 5
    assert {edge["kind"] for edge in first["items"] + rest["items"]} == {"value"}
    assert rest["next_cursor"] is None
    nodes = get(bike_client, "/lineage/edges")
    assert {"from": RAW, "to": "model.shop.stg"} in nodes["items"]


def test_openlineage(bike_client: TestClient) -> None:
    response = bike_client.get(f"{SHOP}/lineage/openlineage")
    assert response.headers["content-type"] == "application/x-ndjson"
    events = {event["dataset"]["name"]: event for event in map(json.loads, response.text.splitlines())}
    one = get(bike_client, "/models/model.shop.stg/lineage/openlineage")
    assert events["dev.main.stg"] == one


@pytest.mark.parametrize(
    ("path", "params", "field"),
    [
        ("/models/model.shop.mart/lineage", {"up": 11}, "up"),
        ("/models/model.shop.mart/lineage", {"columns": ["x"] * 51}, "columns"),
        ("/models/model.shop.mart/lineage", {"since": 0}, "since"),
        ("/models/model.shop.mart/columns/id/lineage", {"steps": 0}, "steps"),
        ("/models/model.shop.mart/columns/id/lineage", {"direction": "sideways"}, "direction"),
        ("/models/model.shop.mart/columns/id/lineage", {"limit": 201}, "limit"),
        ("/models/model.shop.mart/lineage/nodes", {"cursor": "nonsense"}, "cursor"),
        ("/models/model.shop.mart/lineage/columns", {"cursor": "nonsense"}, "cursor"),
        ("/models/model.shop.mart/impact", {"kind": "people"}, "kind"),
        ("/lineage/path", {"from_node": "x"}, "to_node"),
        ("/lineage/changes", {}, "from"),
        ("/lineage/coverage/nodes", {"sort": "luck"}, "sort"),
        ("/lineage/column-edges", {"limit": 1001}, "limit"),
        ("/lineage/edges", {"cursor": "nonsense"}, "cursor"),
    ],
)
def test_what_is_asked_wrongly_is_named(
    bike_client: TestClient, path: str, params: dict[str, Any], field: str
) -> None:
    error = error_of(bike_client.get(f"{SHOP}{path}", params=params), 422, "invalid")
    assert any(field in name for name in fields(error))


@pytest.mark.parametrize(
    "path",
    [
        "/models/{id}/lineage",
        "/models/{id}/lineage/columns",
        "/models/{id}/columns/id/lineage",
        "/models/{id}/lineage/nodes",
        "/models/{id}/impact",
        "/models/{id}/lineage/openlineage",
        "/lineage/path?from_node={id}&to_node={id}",
    ],
)
def test_nodes_of_other_workspaces_do_not_exist(bike_client: TestClient, path: str) -> None:
    found = bike_client.get(f"/api/workspaces/empty{path.format(id='model.shop.stg')}")
    error_of(found, 404, "not_found")
    error_of(bike_client.get(f"{SHOP}{path.format(id='model.shop.nobody')}"), 404, "not_found")


def test_snapshots_of_other_environments_do_not_exist(
    bike_client: TestClient, bike_shop: tuple[Shop, int]
) -> None:
    for query in (f"from={bike_shop[1]}&environment=prod", "from=999999", f"from={bike_shop[1]}&to=999999"):
        error_of(bike_client.get(f"{SHOP}/lineage/changes?{query}"), 404, "not_found")
    error_of(
        bike_client.get(f"{SHOP}/models/model.shop.stg/lineage", params={"since": 999999}), 404, "not_found"
    )


def test_a_column_nobody_knows_is_not_found(bike_client: TestClient) -> None:
    error = error_of(bike_client.get(f"{SHOP}/models/model.shop.mart/columns/totl/lineage"), 404, "not_found")
    assert error["hint"] == "Did you mean total?"


def test_an_empty_workspace_answers(bike_client: TestClient) -> None:
    for path in ("coverage", "coverage/nodes", "graph", "edges", "column-edges", "openlineage", "state"):
        response = bike_client.get(f"/api/workspaces/empty/lineage/{path}")
        assert response.status_code == 200, path
    assert bike_client.get("/api/workspaces/empty/lineage/coverage").json()["resolved"] is None
    assert bike_client.get("/api/workspaces/empty/lineage/graph").json()["edges"] == []
    error_of(bike_client.post("/api/workspaces/empty/lineage/trace"), 409, "conflict")


def test_asking_for_another_attempt(shop: Shop, own_client: TestClient) -> None:
    traced(shop, *bikes())
    with shop.db.session() as session:
        session.execute(sa.update(LineageState).values(state="failed", error="no room", attempts=3))
    assert own_client.get(f"{SHOP}/lineage/state").json()["error"] == "no room"
    response = own_client.post(f"{SHOP}/lineage/trace")
    assert (response.status_code, response.json()["state"]) == (202, "waiting")
    found = own_client.get(f"{SHOP}/audit", params={"tag": "lineage.requested"}).json()
    assert [item["subject"] for item in found["items"]] == ["dev"]
