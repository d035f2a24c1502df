"""Runs over HTTP: Dagster's part is played by a small server that knows a few runs."""

import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.runs import log as run_log
from core.kit.database import Database
from core.runs.log import LogWriter, log_path
from tests.api.conftest import client_of, settings_of
from tests.api.shape import error_of
from tests.api.upstream import Upstream, running
from tests.core.building import Shop, model, open_shop, result

RUNS = "/api/workspaces/shop/runs"


@pytest.fixture(scope="module")
def dagster() -> Iterator[Upstream]:
    with running() as found:
        yield found


@pytest.fixture
def shop(db: Database, tmp_path: Path) -> Shop:
    return open_shop(db, tmp_path)


@pytest.fixture
def api(shop: Shop, dagster: Upstream, database_url: str) -> Iterator[TestClient]:
    dagster.runs = {"run-1": "STARTED", "run-2": "SUCCESS"}
    dagster.cancelled = []
    with client_of(settings_of(database_url, shop.folder, dagster.url)) as client:
        yield client


def write(shop: Shop, *texts: str, run_id: str = "run-1", level: str = "info") -> None:
    with LogWriter(log_path(shop.folder, run_id)) as log:
        for text in texts:
            log.write(text, step=1, level=level)


def test_a_run_is_started_and_comes_back_queued(api: TestClient) -> None:
    response = api.post(RUNS, json={"steps": [{"command": "build"}]})
    assert response.status_code == 201
    body = response.json()
    assert (body["run_id"], body["status"], body["can_cancel"], body["workspace"]) == (
        "new",
        "queued",
        True,
        "shop",
    )
    assert [(step["display"], step["status"]) for step in body["steps"]] == [("dbt build", "pending")]


def test_runs_are_listed_and_filtered(api: TestClient) -> None:
    assert [run["run_id"] for run in api.get(RUNS).json()["items"]] == ["run-1", "run-2"]
    found = api.get(RUNS, params={"status": "success"}).json()
    assert [(run["run_id"], run["duration_seconds"]) for run in found["items"]] == [("run-2", 1.0)]
    assert api.get(RUNS, params={"status": "unknown"}).json()["items"] == []
    page = api.get(RUNS, params={"limit": 1}).json()
    assert (len(page["items"]), page["next_cursor"], page["total"]) == (1, "run-1", None)


def test_a_run_of_nobody_is_not_found(api: TestClient) -> None:
    ours = ("/nodes", "/nodes/model.shop.a", "/timeline", "/causes", "/compare")
    for path in ("", *ours, "/log", "/log/stream", "/artifacts", "/artifacts/1/manifest.json"):
        error_of(api.get(f"{RUNS}/nothing{path}"), 404, "not_found")
    open_shop_path = "/api/workspaces/other/runs/run-1"
    error_of(api.get(open_shop_path), 404, "not_found")


def test_a_run_of_another_workspace_is_not_found(api: TestClient, shop: Shop) -> None:
    open_shop(shop.db, shop.folder, "other")
    write(shop, "secret of the shop")
    ours = ("/nodes", "/nodes/model.shop.a", "/timeline", "/causes", "/compare")
    for path in ("", *ours, "/log", "/log/stream", "/artifacts"):
        error_of(api.get(f"/api/workspaces/other/runs/run-1{path}"), 404, "not_found")
    error_of(api.post("/api/workspaces/other/runs/run-1/cancel"), 404, "not_found")


def test_cancelling_asks_dagster_once_and_an_ended_run_cannot_be(api: TestClient, dagster: Upstream) -> None:
    assert api.post(f"{RUNS}/run-1/cancel").json()["status"] == "cancelling"
    assert dagster.cancelled == ["run-1"]
    error_of(api.post(f"{RUNS}/run-2/cancel"), 409, "conflict")
    assert dagster.cancelled == ["run-1"]


def test_nodes_and_artifacts_of_a_run(api: TestClient, shop: Shop) -> None:
    shop.know(model("a"))
    shop.ran(result("model.shop.a", "error", message="no"), run_id="run-2")
    shop.take("catalog.json", b"half", run_id="run-2")
    (row,) = api.get(f"{RUNS}/run-2/nodes").json()["items"]
    assert (row["name"], row["status"], row["message"]) == ("a", "error", "no")
    files = {item["name"]: item["refused"] for item in api.get(f"{RUNS}/run-2/artifacts").json()["items"]}
    assert files["run_results.json"] is None
    assert "not valid JSON" in files["catalog.json"]
    download = api.get(f"{RUNS}/run-2/artifacts/1/catalog.json")
    assert (download.content, download.headers["content-type"]) == (b"half", "application/json")
    error_of(api.get(f"{RUNS}/run-2/artifacts/1/passwd"), 404, "not_found")
    error_of(api.get(f"{RUNS}/run-1/artifacts/1/catalog.json"), 404, "not_found")
    assert api.get(f"{RUNS}/run-2").json()["node_counts"] == {"error": 1}


def test_pages_of_the_log(api: TestClient, shop: Shop) -> None:
    write(shop, *(f"line {n}" for n in range(1, 6)), run_id="run-2")
    write(shop, "an Error", run_id="run-2", level="error")

    def page(**params: Any) -> tuple[list[int], int, bool]:
        body = api.get(f"{RUNS}/run-2/log", params=params).json()
        return [line["line"] for line in body["items"]], body["next_line"], body["ended"]

    assert page() == ([1, 2, 3, 4, 5, 6], 7, True)
    assert page(limit=4) == ([1, 2, 3, 4], 5, False)
    assert page(**{"from": 5}) == ([5, 6], 7, True)
    assert page(**{"from": 7}) == ([], 7, True)
    assert page(level="warn")[0] == [6]
    assert page(q="ERROR")[0] == [6]
    body = api.get(f"{RUNS}/run-2/log", params={"limit": 1}).json()
    assert (body["total"], body["matches"]) == (6, 6)
    assert body["levels"] == {"debug": 0, "info": 5, "warn": 0, "error": 1}
    assert api.get(f"{RUNS}/run-1/log").json() == {
        "items": [],
        "next_line": 1,
        "ended": False,
        "total": 0,
        "matches": 0,
        "levels": {"debug": 0, "info": 0, "warn": 0, "error": 0},
    }


def test_a_log_is_filtered_by_node_and_step(api: TestClient, shop: Shop) -> None:
    with LogWriter(log_path(shop.folder, "run-2")) as log:
        log.write("of a", step=1, unique_id="model.shop.a")
        log.write("of b", step=2, unique_id="model.shop.b")
        log.write("of a too", step=2, unique_id="model.shop.a")

    def lines(**params: Any) -> list[int]:
        body = api.get(f"{RUNS}/run-2/log", params=params).json()
        assert (body["ended"], body["next_line"]) == (True, 4)
        return [line["line"] for line in body["items"]]

    assert lines(node="model.shop.a") == [1, 3]
    assert lines(node="model.shop.a", step=2) == [3]
    assert lines(step=2, q="too") == [3]
    assert lines(node="model.shop.c") == []


def test_a_log_is_downloaded_whole(api: TestClient, shop: Shop) -> None:
    write(shop, "one", "zwei é", run_id="run-2")
    text = api.get(f"{RUNS}/run-2/log/download")
    assert text.headers["content-type"].startswith("text/plain")
    assert text.headers["content-disposition"] == 'attachment; filename="run-2.log"'
    assert [line.split(maxsplit=2)[1:] for line in text.text.splitlines()] == [
        ["info", "one"],
        ["info", "zwei é"],
    ]
    raw = api.get(f"{RUNS}/run-2/log/download", params={"format": "jsonl"})
    assert raw.headers["content-disposition"] == 'attachment; filename="run-2.jsonl"'
    assert raw.content == log_path(shop.folder, "run-2").read_bytes()
    error_of(api.get(f"{RUNS}/run-1/log/download"), 404, "not_found")
    error_of(api.get(f"{RUNS}/run-2/log/download", params={"format": "pdf"}), 422, "invalid")


def test_the_stream_of_a_run_that_dagster_forgot_ends_all_the_same(
    api: TestClient, shop: Shop, dagster: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_log, "STATUS_SECONDS", 0.05)
    monkeypatch.setattr(run_log, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(run_log, "GONE_SECONDS", 0.2)
    write(shop, "the last line")
    before = len(dagster.bodies)

    def forget() -> None:
        # The stream has begun once the run was asked for a second time.
        while sum("runOrError" in body["query"] for body in dagster.bodies[before:]) < 2:
            time.sleep(0.01)
        del dagster.runs["run-1"]

    worker = threading.Thread(target=forget)
    worker.start()
    found = events(api.get(f"{RUNS}/run-1/log/stream").text)
    worker.join()
    name, _, data = found[-1]
    assert (name, data["status"]) == ("end", "unknown")
    assert "does not know this run" in data["status_message"]
    assert [data["text"] for name, _, data in found if name == "line"] == ["the last line"]


Event = tuple[str, str | None, Any]


def events(text: str) -> list[Event]:
    found: list[Event] = []
    for block in text.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines() if not line.startswith(":"))
        if fields:
            found.append((fields["event"], fields.get("id"), json.loads(fields["data"])))
    return found


def test_the_stream_of_an_ended_run_gives_every_line_and_the_final_status(
    api: TestClient, shop: Shop
) -> None:
    write(shop, "one\ntwo", "three", run_id="run-2")
    response = api.get(f"{RUNS}/run-2/log/stream")
    assert response.headers["content-type"].startswith("text/event-stream")
    found = events(response.text)
    assert [(name, number) for name, number, _ in found] == [
        ("status", None),
        ("line", "1"),
        ("line", "2"),
        ("end", None),
    ]
    assert found[1][2]["text"] == "one\ntwo"
    assert found[-1][2] == {"status": "success", "status_message": None}


@pytest.mark.parametrize(
    ("params", "headers", "numbers"),
    [
        ({"from": 2}, {}, ["2", "3"]),
        ({}, {"last-event-id": "2"}, ["3"]),
        ({"from": 3}, {"last-event-id": "1"}, ["3"]),
        ({}, {"last-event-id": "nonsense"}, ["1", "2", "3"]),
        ({"from": 99}, {}, []),
    ],
)
def test_a_stream_resumes_at_any_line(
    api: TestClient, shop: Shop, params: Any, headers: Any, numbers: list[str]
) -> None:
    write(shop, "a", "b", "c", run_id="run-2")
    found = events(api.get(f"{RUNS}/run-2/log/stream", params=params, headers=headers).text)
    assert [number for name, number, _ in found if name == "line"] == numbers
    assert found[-1][0] == "end"


def test_a_stream_follows_a_run_to_its_end_also_while_dagster_or_the_database_is_away(
    api: TestClient, shop: Shop, dagster: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_log, "STATUS_SECONDS", 0.05)
    monkeypatch.setattr(run_log, "POLL_SECONDS", 0.02)
    state = run_log._status
    calls: list[int] = []

    def flaky(*arguments: Any) -> Any:
        calls.append(1)
        if len(calls) in {2, 3}:
            shop.db.engine.dispose()
            before = dagster.runs.pop("run-1")
            found = state(*arguments)
            # On a slow machine the run may have ended meanwhile, or before.
            dagster.runs.setdefault("run-1", before)
            return found
        return state(*arguments)

    monkeypatch.setattr(run_log, "_status", flaky)

    def work() -> None:
        for number in range(3):
            write(shop, f"line {number}")
            time.sleep(0.15)
        dagster.runs["run-1"] = "FAILURE"

    worker = threading.Thread(target=work)
    worker.start()
    found = events(api.get(f"{RUNS}/run-1/log/stream").text)
    worker.join()
    assert [data["text"] for name, _, data in found if name == "line"] == ["line 0", "line 1", "line 2"]
    assert [data["status"] for name, _, data in found if name == "status"] == ["running", "failed"]
    assert found[-1][0] == "end"
    assert len(calls) > 3


def test_the_queue_says_why_each_run_waits(api: TestClient, dagster: Upstream) -> None:
    dagster.runs = {"run-1": "STARTED", "run-3": "QUEUED"}
    body = api.get(f"{RUNS}/queue").json()
    (waiting,) = body["items"]
    assert (waiting["run"]["run_id"], waiting["ahead"], waiting["blockers"]) == ("run-3", 0, ["run-1"])
    assert "1 runs of this workspace" in waiting["reason"]
    assert (body["total"], body["active"], body["active_everywhere"], body["most"]) == (1, 1, 1, 10)


def test_the_log_of_a_worker_elsewhere_comes_through_dagster(
    api: TestClient, shop: Shop, dagster: Upstream
) -> None:
    elsewhere = log_path(shop.folder / "worker", "run-2")
    with LogWriter(elsewhere) as log:
        log.write("one", step=1)
        log.write("two é", step=1)
    first, second = elsewhere.read_text(encoding="utf-8").splitlines(keepends=True)
    dagster.parts = {"run-2/workbench_log/000001": first, "run-2/workbench_log/000002": second}
    body = api.get(f"{RUNS}/run-2/log").json()
    assert [line["text"] for line in body["items"]] == ["one", "two é"]
    assert body["ended"]
    found = events(api.get(f"{RUNS}/run-2/log/stream", params={"from": 2}).text)
    assert [data["text"] for name, _, data in found if name == "line"] == ["two é"]
    assert api.get(f"{RUNS}/run-2/log/download").text.splitlines()[1].endswith("two é")
    dagster.parts = {}


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"what": "failed"}, 409, None),
        ({"what": "some"}, 422, "what"),
        ({"what": "all", "more": 1}, 422, "more"),
    ],
)
def test_a_retry_says_what_is_wrong_with_it(
    api: TestClient, body: Any, status: int, field: str | None
) -> None:
    error = error_of(
        api.post(f"{RUNS}/run-1/retry", json=body), status, "conflict" if status == 409 else "invalid"
    )
    assert [detail["field"] for detail in error["details"]] == ([field] if field else [])


def test_all_of_a_run_is_done_again(api: TestClient, dagster: Upstream) -> None:
    response = api.post(f"{RUNS}/run-2/retry", json={"what": "all"})
    assert response.status_code == 201
    sent = next(body for body in reversed(dagster.bodies) if "Launch" in body["query"])
    tags = {tag["key"]: tag["value"] for tag in sent["variables"]["params"]["executionMetadata"]["tags"]}
    assert tags["workbench/retry_of"] == "run-2"
    error_of(api.post(f"{RUNS}/nothing/retry", json={"what": "all"}), 404, "not_found")


def test_a_run_may_have_a_policy(api: TestClient, dagster: Upstream) -> None:
    retry = {"max_attempts": 3, "delay_seconds": 5, "backoff": "exponential"}
    assert api.post(RUNS, json={"steps": [{"command": "build"}], "retry": retry}).status_code == 201
    sent = next(body for body in reversed(dagster.bodies) if "Launch" in body["query"])
    tags = {tag["key"]: tag["value"] for tag in sent["variables"]["params"]["executionMetadata"]["tags"]}
    assert json.loads(tags["workbench/retry_policy"]) == {
        **retry,
        "max_delay_seconds": None,
        "what": "failed",
    }
    assert (tags["workbench/retry_attempt"], tags["workbench/retry_state"]) == ("1", "waiting")
    wrong = api.post(RUNS, json={"steps": [{"command": "build"}], "retry": {"max_attempts": 1}})
    assert [detail["field"] for detail in error_of(wrong, 422, "invalid")["details"]] == [
        "retry.max_attempts"
    ]


def test_a_run_is_previewed(api: TestClient, shop: Shop) -> None:
    ask = {"steps": [{"command": "build", "options": {"select": ["+b"]}}, {"command": "parse"}]}
    unknown = api.post(f"{RUNS}/preview", json=ask).json()
    assert (unknown["total"], unknown["items"]) == (None, [])
    assert "no manifest" in unknown["steps"][0]["reason"]
    nodes = [model(name, fqn=["shop", name]) for name in ("a", "c")]
    shop.know(*nodes, model("b", fqn=["shop", "b"], reads=["model.shop.a"]))
    found = api.post(f"{RUNS}/preview", json=ask, params={"limit": 1}).json()
    assert (found["environment"], found["total"], found["steps"][0]["by_type"]) == ("dev", 2, {"model": 2})
    assert [node["unique_id"] for node in found["items"]] == ["model.shop.a"]
    assert found["steps"][1]["reason"] == "dbt parse runs no nodes"
    page = api.post(f"{RUNS}/preview", json=ask, params={"limit": 1, "cursor": found["next_cursor"]}).json()
    assert [node["unique_id"] for node in page["items"]] == ["model.shop.b"]
    assert page["next_cursor"] is None
    wrong = {"steps": [{"command": "build", "options": {"select": ["nonsense:x"]}}]}
    error = error_of(api.post(f"{RUNS}/preview", json=wrong), 422, "invalid")
    assert [detail["field"] for detail in error["details"]] == ["steps.0.options.select"]
    error_of(api.post(f"{RUNS}/preview", json=ask, params={"step": 3}), 422, "invalid")
