"""Workspaces, models, lineage and the overview over HTTP, while Dagster is away."""

from typing import Any

import pytest
from fastapi.testclient import TestClient

from core.runs.commands import COMMANDS, OPTIONS
from tests.api.shape import error_of
from tests.core.building import Shop

SHOP = "/api/workspaces/shop"


def get(client: TestClient, path: str, **params: Any) -> Any:
    response = client.get(f"{SHOP}{path}", params=params)
    assert response.status_code == 200, response.text
    return response.json()


def test_workspaces_are_listed_with_what_they_hold(client: TestClient, stocked: Shop) -> None:
    body = client.get("/api/workspaces").json()
    assert (body["total"], body["next_cursor"]) == (2, None)
    empty, shop = body["items"]
    assert (shop["key"], shop["state"], shop["adapter_type"]) == ("shop", "ready", "duckdb")
    assert shop["node_counts"]["model"] == 6
    assert [(e["key"], e["is_default"]) for e in shop["environments"]] == [("dev", True), ("prod", False)]
    assert shop["dagster_path"] == "/dagster/locations/workbench/jobs/shop__runs"
    assert (empty["key"], empty["state"], empty["node_counts"], empty["manifest_at"]) == (
        "empty",
        "new",
        {},
        None,
    )
    assert get(client, "") == shop
    assert stocked.key == "shop"


def test_a_list_of_models_comes_in_pages(client: TestClient) -> None:
    seen: list[str] = []
    params: dict[str, Any] = {"limit": 4}
    while True:
        body = get(client, "/models", **params)
        assert body["total"] == 6
        seen += [item["name"] for item in body["items"]]
        if body["next_cursor"] is None:
            break
        params["cursor"] = body["next_cursor"]
    assert seen == ["odd_100%_done", "oddX100XXdone", "orders", "promised", "stg_orders", "totals"]


def test_an_item_of_the_list_says_all_it_should(client: TestClient) -> None:
    (orders,) = get(client, "/models", tag="nightly")["items"]
    assert orders["tests"] == {"total": 4, "passed": 1, "failed": 0, "warned": 1, "unknown": 2}
    assert (orders["last_status"], orders["last_run_id"], orders["last_execution_time"]) == (
        "error",
        "run-1",
        2.0,
    )
    assert orders["last_run_at"].endswith(("Z", "+00:00"))
    assert (orders["owner"], orders["group_name"], orders["schema_name"]) == ("Finance", "finance", "main")
    assert orders["dagster_asset_path"] == "/dagster/assets/shop/shop/orders"
    (totals,) = get(client, "/models", q="totals")["items"]
    assert (totals["last_status"], totals["last_run_id"], totals["dagster_asset_path"]) == (None, None, None)


@pytest.mark.parametrize(
    ("params", "names"),
    [
        ({"resource_type": ["seed", "source"]}, ["countries", "raw.late", "raw.orders"]),
        ({"resource_type": "all", "status": "warn"}, ["unique_orders_id"]),
        ({"status": ["unknown"], "materialization": "ephemeral"}, ["totals"]),
        ({"q": "100%_"}, ["odd_100%_done"]),
        ({"q": "orders"}, ["orders", "stg_orders"]),
        ({"sort": "-name", "q": "orders"}, ["stg_orders", "orders"]),
        ({"schema": "elsewhere"}, []),
    ],
)
def test_a_list_is_filtered_by_its_parameters(
    client: TestClient, params: dict[str, Any], names: list[str]
) -> None:
    assert [item["name"] for item in get(client, "/models", **params)["items"]] == names


def test_facets_are_what_occurs(client: TestClient) -> None:
    found = get(client, "/models/facets")
    assert found["tags"] == [{"value": "core", "count": 1}, {"value": "nightly", "count": 1}]
    assert found["schemas"] == [{"value": "main", "count": 6}]
    assert {item["value"] for item in found["materializations"]} == {"table", "view", "ephemeral"}
    assert {"value": "source", "count": 2} in found["resource_types"]
    everything = get(client, "/models/facets", resource_type="all")
    assert {"value": "seed", "count": 1} in everything["materializations"]


def test_one_model_says_everything(client: TestClient) -> None:
    found = get(client, "/models/model.shop.orders")
    assert (found["columns_known"], len(found["columns"]), len(found["test_results"])) == ("partial", 2, 4)
    assert (found["compiled_code"], found["compiled_stale"], found["language"]) == ("select 1", False, "sql")
    assert [parent["name"] for parent in found["parents"]] == ["stg_orders", "countries"]
    unique = next(test for test in found["test_results"] if test["kind"] == "unique")
    assert (unique["last_status"], unique["failures"], unique["last_message"]) == ("warn", 3, "Got 3 results")
    never = next(test for test in found["test_results"] if test["kind"] == "singular")
    assert (never["last_status"], never["last_run_id"]) == (None, None)


def test_a_near_miss_is_hinted_at(client: TestClient) -> None:
    error = error_of(client.get(f"{SHOP}/models/model.shop.order"), 404, "not_found")
    assert error["hint"] == "Did you mean model.shop.orders?"


def test_an_odd_name_survives_the_address(client: TestClient) -> None:
    assert get(client, "/models/model.shop.odd_100%25_done")["missing_parents"] == ["model.shop.gone"]


def test_executions_of_a_node_are_known_without_dagster(client: TestClient) -> None:
    (run,) = get(client, "/models/model.shop.orders/runs")["items"]
    assert (run["run_id"], run["command"], run["status"], run["execution_time"]) == (
        "run-1",
        "build",
        "error",
        2.0,
    )
    assert get(client, "/models/model.shop.totals/runs")["items"] == []
    error_of(client.get(f"{SHOP}/models/model.shop.nobody/runs"), 404, "not_found")


def test_lineage_says_how_much_is_not_shown(client: TestClient) -> None:
    found = get(client, "/models/model.shop.orders/lineage", up=1, down=0)
    assert [node["name"] for node in found["nodes"]] == ["orders", "stg_orders", "countries"]
    assert found["totals"] == {"ancestors": 3, "descendants": 4}
    assert {(edge["from"], edge["to"]) for edge in found["edges"]} == {
        ("model.shop.stg_orders", "model.shop.orders"),
        ("seed.shop.countries", "model.shop.orders"),
    }
    more = get(
        client,
        "/models/model.shop.orders/lineage",
        up=0,
        down=0,
        expand_down=["model.shop.orders"],
        tests="true",
    )
    assert {node["resource_type"] for node in more["nodes"]} == {"model", "test", "unit_test", "exposure"}
    places = [(node["x"], node["y"]) for node in more["nodes"]]
    assert len(set(places)) == len(places)


def test_the_overview_can_be_read_without_dagster_and_says_that_runs_are_not_known(
    client: TestClient,
) -> None:
    found = get(client, "/overview")
    assert (found["runs_known"], found["recent_runs"]) == (False, [])
    assert found["nodes_by_status"] == {"ok": 3, "warning": 1, "failed": 1, "skipped": 1, "unknown": 4}
    assert [item["name"] for item in found["failing"]] == ["orders", "unique_orders_id"]
    assert found["failing"][0]["message"] == "Binder Error: no such column"
    assert found["freshness"][0]["name"] == "raw.orders"
    assert found["coverage"]["models"] == 6


def test_an_empty_workspace_is_an_answer_too(client: TestClient) -> None:
    for path in ("overview", "models", "models/facets", "runs/options"):
        assert client.get(f"/api/workspaces/empty/{path}").status_code == 200
    assert client.get("/api/workspaces/empty/models").json() == {
        "items": [],
        "total": 0,
        "next_cursor": None,
        "query": {"words": [], "selector": None},
    }


def test_what_can_be_run_is_the_allow_list(client: TestClient) -> None:
    found = get(client, "/runs/options")
    assert {command["name"]: tuple(command["options"]) for command in found["commands"]} == {
        command.name: command.options for command in COMMANDS.values()
    }
    assert {option["name"] for option in found["options"]} == set(OPTIONS)


@pytest.mark.parametrize(
    "path",
    [
        "/runs",
        "/runs/run-1",
        "/runs/run-1/nodes",
        "/runs/run-1/log",
        "/runs/run-1/artifacts",
        "/runs/run-1/log/stream",
    ],
)
def test_what_only_dagster_knows_is_unavailable_not_empty(client: TestClient, path: str) -> None:
    error = error_of(client.get(f"{SHOP}{path}"), 503, "unavailable")
    assert "Dagster does not answer" in error["message"]
