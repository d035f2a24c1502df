"""What runs did, over HTTP: filters, bulk cancel, nodes, timeline, causes, comparison, history."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from core.kit.database import Database
from tests.api.conftest import client_of, settings_of
from tests.api.shape import error_of, fields
from tests.api.upstream import Upstream, running
from tests.core.building import Shop, check, model, node, open_shop, result

SHOP = "/api/workspaces/shop"
RUNS = f"{SHOP}/runs"


@pytest.fixture(scope="module")
def dagster() -> Iterator[Upstream]:
    with running() as found:
        yield found


@pytest.fixture
def shop(db: Database, tmp_path: Path) -> Shop:
    shop = open_shop(db, tmp_path)
    board = node("exposure", "board", reads=["model.shop.b"])
    shop.know(
        model("a"), model("b", reads=["model.shop.a"]), check("t", reads=["model.shop.a"]), exposures=[board]
    )
    return shop


@pytest.fixture
def api(shop: Shop, dagster: Upstream, database_url: str) -> Iterator[TestClient]:
    dagster.runs = {"run-1": "STARTED", "run-2": "FAILURE", "run-3": "SUCCESS"}
    dagster.cancelled, dagster.bodies = [], []
    with client_of(settings_of(database_url, shop.folder, dagster.url)) as client:
        yield client


def failed(shop: Shop) -> None:
    shop.ran(
        result(
            "model.shop.a",
            "error",
            message="no such column",
            compiled_code="select nope",
            thread_id="Thread-1",
        ),
        result("model.shop.b", "skipped"),
        run_id="run-2",
    )


def asked(dagster: Upstream) -> dict[str, Any]:
    return [body["variables"]["filter"] for body in dagster.bodies if "filter" in body.get("variables", {})][
        -1
    ]


def test_filters_reach_dagster_as_its_own(api: TestClient, dagster: Upstream, shop: Shop) -> None:
    failed(shop)
    params = {
        "environment": "dev",
        "actor": "ann",
        "command": "dbt build",
        "schedule": "nightly",
        "node": "model.shop.a",
        "created_after": "2026-01-01T00:00:00+02:00",
        "created_before": "2026-01-02T00:00:00Z",
    }
    assert [run["run_id"] for run in api.get(RUNS, params=params).json()["items"]] == ["run-2"]
    wanted = asked(dagster)
    tags = {tag["key"]: tag["value"] for tag in wanted["tags"]}
    assert tags == {
        "workbench/workspace": "shop",
        "workbench/environment": "dev",
        "workbench/actor": "ann",
        "workbench/command": "dbt build",
        "dagster/schedule_name": "nightly",
    }
    assert (wanted["runIds"], wanted["createdAfter"], wanted["createdBefore"]) == (
        ["run-2"],
        1767218400.0,
        1767312000.0,
    )
    assert api.get(RUNS, params={"node": "model.shop.nothing"}).json()["items"] == []


def test_runs_of_a_job_are_asked_for_by_its_key(api: TestClient, dagster: Upstream) -> None:
    assert api.get(RUNS, params={"job": "daily"}).status_code == 200
    assert {"key": "workbench/job", "value": "daily"} in asked(dagster)["tags"]


def test_facets_are_values_of_runs(api: TestClient) -> None:
    found = api.get(f"{RUNS}/facets").json()
    nobody: dict[str, Any] = {"actors": [], "commands": [], "schedules": [], "jobs": []}
    assert found == {"environments": ["dev"], "looked_at": 3, **nobody}


def test_many_are_cancelled_and_each_has_its_answer(api: TestClient, dagster: Upstream) -> None:
    body = {"run_ids": ["run-1", "run-2", "nothing"]}
    items = api.post(f"{RUNS}/cancel", json=body).json()["items"]
    assert [(item["run_id"], item["cancelling"], item["error"]) for item in items] == [
        ("run-1", True, None),
        ("run-2", False, "conflict"),
        ("nothing", False, "not_found"),
    ]
    assert dagster.cancelled == ["run-1"]


@pytest.mark.parametrize("body", [{}, {"run_ids": []}, {"run_ids": ["x"] * 101}, {"run_ids": [""]}])
def test_a_wrong_list_to_cancel_is_refused(api: TestClient, body: dict[str, Any]) -> None:
    (field,) = fields(error_of(api.post(f"{RUNS}/cancel", json=body), 422, "invalid"))
    assert field.startswith("run_ids")


def test_nodes_come_in_pages_with_counts_and_one_with_its_sql(api: TestClient, shop: Shop) -> None:
    failed(shop)
    first = api.get(f"{RUNS}/run-2/nodes", params={"limit": 1, "sort": "status"}).json()
    assert [item["name"] for item in first["items"]] == ["a"]
    assert (first["total"], first["statuses"]) == (2, {"error": 1, "skipped": 1})
    params = {"limit": 1, "sort": "status", "cursor": first["next_cursor"]}
    second = api.get(f"{RUNS}/run-2/nodes", params=params).json()
    assert ([item["name"] for item in second["items"]], second["next_cursor"]) == (["b"], None)
    only = api.get(f"{RUNS}/run-2/nodes", params={"status": "skipped", "resource_type": "model", "q": "b"})
    assert [item["name"] for item in only.json()["items"]] == ["b"]
    detail = api.get(f"{RUNS}/run-2/nodes/model.shop.a").json()
    assert (detail["message"], detail["compiled_code"], detail["in_catalog"], detail["flaky"]) == (
        "no such column",
        "select nope",
        True,
        False,
    )
    error_of(api.get(f"{RUNS}/run-2/nodes/model.shop.t"), 404, "not_found")
    error_of(api.get(f"{RUNS}/run-2/nodes", params={"cursor": "x"}), 422, "invalid")


def test_timeline_and_causes(api: TestClient, shop: Shop) -> None:
    failed(shop)
    drawn = api.get(f"{RUNS}/run-2/timeline").json()
    assert (drawn["unique_ids"], drawn["lanes"], drawn["starts"], drawn["ends"]) == (
        ["model.shop.a"],
        ["Thread-1"],
        [0],
        [1],
    )
    assert (drawn["critical"], drawn["critical_seconds"], drawn["untimed"]) == (
        [{"index": 0, "waited_for": None, "gap": 0}],
        1,
        1,
    )
    causes = api.get(f"{RUNS}/run-2/causes").json()
    (cause,) = causes["items"]
    assert (cause["unique_id"], cause["message"]) == ("model.shop.a", "no such column")
    assert cause["skipped"] == {"items": ["model.shop.b"], "total": 1}
    assert cause["stale_exposures"] == {"items": ["exposure.shop.board"], "total": 1}
    nothing = api.get(f"{RUNS}/run-1/timeline").json()
    assert (nothing["origin"], nothing["critical"]) == (None, [])
    assert api.get(f"{RUNS}/run-1/causes").json()["items"] == []


def test_a_run_beside_another(api: TestClient, shop: Shop) -> None:
    failed(shop)
    shop.ran(result("model.shop.a", "success"), run_id="run-3")
    found = api.get(f"{RUNS}/run-3/compare", params={"with": "run-2"}).json()
    assert found["before"]["run_id"] == "run-2"
    assert [item["unique_id"] for item in found["fixed"]["items"]] == ["model.shop.a"]
    assert [item["unique_id"] for item in found["removed"]["items"]] == ["model.shop.b"]
    # These carry no command: nobody can tell which run did the same before.
    assert api.get(f"{RUNS}/run-3/compare").json()["before"] is None
    error_of(api.get(f"{RUNS}/run-3/compare", params={"with": "nothing"}), 404, "not_found")
    error_of(api.get(f"{RUNS}/run-3/compare", params={"with": "run-3"}), 422, "invalid")


def test_history_of_a_node(api: TestClient, shop: Shop) -> None:
    failed(shop)
    found = api.get(f"{SHOP}/models/model.shop.a/history").json()
    (point,) = found["items"]
    assert (point["run_id"], point["status"], point["same_code"], point["flaky"]) == (
        "run-2",
        "error",
        None,
        False,
    )
    assert (found["flaky"], found["flaky_tests"]) == (False, [])
    error_of(api.get(f"{SHOP}/models/model.shop.gone/history"), 404, "not_found")
