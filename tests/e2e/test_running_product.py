"""Runs through the API against real Dagster, real dbt, real DuckDB."""

import re
import signal
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from typing import Any, TypeVar

import httpx
import psutil
import pytest

from tests.e2e.conftest import WORKBENCH, Stack, wait_for

T = TypeVar("T")
WAIT = {"command": "run-operation", "options": {"macro": "wait", "args": {"seconds": 200}}}


@pytest.fixture(scope="session")
def built(stack: Stack) -> dict[str, Any]:
    """The small project after its first build."""
    run_id = stack.start("tiny", {"command": "build"}, {"command": "docs generate"})
    return stack.wait("tiny", run_id)


def dbt_of(run_id: str) -> list[psutil.Process]:
    """The dbt processes of a run, which are named after it."""
    name = f"dbt {run_id[:8]}"
    return [process for process in psutil.process_iter(["name"]) if process.info["name"] == name]


def start_waiting(stack: Stack) -> tuple[str, psutil.Process]:
    run_id = stack.start("tiny", WAIT, {"command": "build"})
    process = wait_for(lambda: dbt_of(run_id), "dbt to run")[0]
    wait_for(lambda: stack.get(f"/tiny/runs/{run_id}/log")["items"][2:], "the first lines of the log")
    return run_id, process


def test_a_run_fills_catalog_results_and_artifacts(stack: Stack, built: dict[str, Any]) -> None:
    assert built["status"] == "success", built
    assert [step["status"] for step in built["steps"]] == ["success", "success"]
    assert built["node_counts"] == {"success": 4, "pass": 4}
    node = stack.get("/tiny/models/model.tiny.orders")
    assert (node["last_status"], node["last_run_id"]) == ("success", built["run_id"])
    assert node["columns_known"] == "complete"
    assert [column["name"] for column in node["columns"]] == ["order_id", "customer", "amount"]
    assert node["tests"] == {"total": 2, "passed": 2, "failed": 0, "warned": 0, "unknown": 0}
    artifacts = stack.get(f"/tiny/runs/{built['run_id']}/artifacts")["items"]
    assert {(item["step"], item["name"]) for item in artifacts} >= {
        (1, "run_results.json"),
        (2, "catalog.json"),
    }


def test_dagster_has_the_run_its_assets_and_checks(stack: Stack, built: dict[str, Any]) -> None:
    run = stack.graphql(
        f'{{ runOrError(runId: "{built["run_id"]}") {{ ... on Run {{ status tags {{ key value }} }} }} }}'
    )
    tags = {tag["key"]: tag["value"] for tag in run["runOrError"]["tags"]}
    assert run["runOrError"]["status"] == "SUCCESS"
    assert tags["workbench/workspace"] == "tiny"
    assert tags["workbench/actor"] == "local admin"
    assert tags["workbench/command"] == "dbt build && dbt docs generate"
    key = '{path: ["tiny", "tiny", "orders"]}'
    asset = stack.graphql(
        f"{{ assetOrError(assetKey: {key}) {{ ... on Asset {{ assetMaterializations {{ runId }} }} }} }}"
    )
    assert built["run_id"] in {item["runId"] for item in asset["assetOrError"]["assetMaterializations"]}


def test_the_log_stream_resumes_from_any_line_and_ends_with_the_status(
    stack: Stack, built: dict[str, Any]
) -> None:
    run_id = built["run_id"]
    everything = list(stack.events("tiny", run_id))
    numbers = [data["line"] for kind, data in everything if kind == "line"]
    assert numbers == list(range(1, len(numbers) + 1))
    assert everything[-1] == ("end", {"status": "success", "status_message": None})
    rest = [data["line"] for kind, data in stack.events("tiny", run_id, **{"from": 7}) if kind == "line"]
    assert rest == numbers[6:]


def test_a_running_log_is_streamed_and_cancel_stops_dbt(stack: Stack, built: dict[str, Any]) -> None:
    run_id, dbt = start_waiting(stack)
    first = next(data for kind, data in stack.events("tiny", run_id) if kind == "line")
    assert first["text"].startswith("dbt run-operation wait")
    answer = stack.client.post(f"/api/workspaces/tiny/runs/{run_id}/cancel")
    assert answer.status_code == 200, answer.text
    run = stack.wait("tiny", run_id, 40)
    assert run["status"] == "cancelled"
    assert [step["status"] for step in run["steps"]] == ["cancelled", "not_run"]
    assert not dbt.is_running()
    again = stack.client.post(f"/api/workspaces/tiny/runs/{run_id}/cancel")
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")


def test_two_runs_on_one_duckdb_file_wait_for_each_other(stack: Stack, built: dict[str, Any]) -> None:
    first = stack.start("tiny", {"command": "build"})
    second = stack.start("tiny", {"command": "build"})
    runs = [stack.wait("tiny", run_id) for run_id in (first, second)]
    assert [run["status"] for run in runs] == ["success", "success"]
    assert runs[0]["finished_at"] <= runs[1]["started_at"]


def test_a_killed_worker_ends_the_run_as_failed_and_takes_dbt_with_it(
    stack: Stack, built: dict[str, Any]
) -> None:
    run_id, dbt = start_waiting(stack)
    nursery = dbt.parent()
    assert nursery is not None
    worker = nursery.parent()
    assert worker is not None
    assert worker.name() == f"run {run_id[:8]}"
    worker.send_signal(signal.SIGKILL)
    run = stack.wait("tiny", run_id, 90)
    assert run["status"] == "failed"
    assert run["status_message"]
    assert [step["status"] for step in run["steps"]] == ["unknown", "not_run"]
    wait_for(lambda: not dbt.is_running(), "dbt to go with its worker", 20)
    assert stack.wait("tiny", stack.start("tiny", {"command": "compile"}))["status"] == "success"


def test_a_new_model_reaches_dagster_without_a_restart(stack: Stack, built: dict[str, Any]) -> None:
    (stack.folder / "tiny" / "models" / "fresh.sql").write_text("select 1 as one")
    assert stack.wait("tiny", stack.start("tiny", {"command": "run"}))["status"] == "success"
    assert stack.get("/tiny/models/model.tiny.fresh")["last_status"] == "success"
    query = '{ assetNodeOrError(assetKey: {path: ["tiny", "tiny", "fresh"]}) { __typename } }'
    wait_for(lambda: stack.graphql(query)["assetNodeOrError"]["__typename"] == "AssetNode", "the reload")


def test_a_broken_project_says_why_and_the_others_go_on(stack: Stack) -> None:
    states = {item["key"]: item for item in stack.get("")["items"]}
    assert {key: item["state"] for key, item in states.items()} == {
        "broken": "broken",
        "city_bikes": "ready",
        "tiny": "ready",
    }
    assert "nobody_knows" in states["broken"]["state_message"]


def test_a_mended_project_is_ready_after_parse(stack: Stack) -> None:
    (stack.folder / "broken" / "models" / "orders.sql").write_text(
        "select 1 as order_id, 'ada' as customer, 2 as amount"
    )
    assert stack.wait("broken", stack.start("broken", {"command": "parse"}))["status"] == "success"
    after = stack.get("/broken")
    assert (after["state"], after["state_message"]) == ("ready", None)
    assert after["node_counts"]["model"] == 3


def test_a_second_start_on_the_same_data_names_the_running_one(stack: Stack) -> None:
    command = [str(WORKBENCH), "up", "--data", str(stack.data), "--port", "1"]
    second = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    said = second.stdout + second.stderr
    assert second.returncode != 0
    assert str(stack.process.pid) in said
    assert stack.address in said
    assert "Traceback" not in said


def test_dagsters_page_is_behind_ours_and_guarded(stack: Stack) -> None:
    page = stack.client.get("/dagster/runs")
    assert page.status_code == 200
    assert "/dagster" in page.text
    foreign = stack.client.post(
        "/dagster/graphql", json={"query": "{version}"}, headers={"origin": "http://evil.example"}
    )
    assert foreign.status_code == 403


def answers(processes: Iterable[psutil.Process], question: Callable[[psutil.Process], T]) -> Iterator[T]:
    """What each of them answers that has not ended meanwhile."""
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            yield question(process)


def test_nothing_listens_beyond_loopback(stack: Stack) -> None:
    parts = [psutil.Process(stack.process.pid), *psutil.Process(stack.process.pid).children(recursive=True)]
    connections = [item for some in answers(parts, psutil.Process.net_connections) for item in some]
    open_ports = [item.laddr for item in connections if item.status == psutil.CONN_LISTEN]
    assert open_ports
    assert {address.ip for address in open_ports if address} <= {"127.0.0.1", "::1"}


def test_no_secret_on_any_command_line(stack: Stack) -> None:
    parts = psutil.Process(stack.process.pid).children(recursive=True)
    lines = [" ".join(words) for words in answers(parts, psutil.Process.cmdline)]
    assert [line for line in lines if "orchestration.daemon" in line]
    assert not [line for line in lines if "postgresql" in line and "://" in line]


def test_no_secret_on_a_command_line_nor_in_a_log(stack: Stack, built: dict[str, Any]) -> None:
    secrets = {
        word
        for path in (stack.data / "postgres.json", *(stack.data / "keys").glob("*.json"))
        for word in re.findall(r'"([A-Za-z0-9_-]{24,})"', path.read_text())
    }
    assert len(secrets) >= 4
    lines = [" ".join(process.info["cmdline"] or []) for process in psutil.process_iter(["cmdline"])]
    logs = {path.name: path.read_text(errors="replace") for path in (stack.data / "logs").iterdir()}
    logs["up.log"] = stack.output()
    assert {"api.log", "code-server.log"} <= set(logs)
    for secret in secrets:
        assert not [line for line in lines if secret in line]
        assert not [name for name, text in logs.items() if secret in text]


def test_health_says_ready(stack: Stack) -> None:
    answer = httpx.get(f"{stack.address}/health/ready", trust_env=False)
    assert answer.status_code == 200
    assert {check["name"]: check["status"] for check in answer.json()["checks"]} == {
        "database": "ok",
        "dagster": "ok",
        "code_location": "ok",
        "disk_space": "ok",
    }
