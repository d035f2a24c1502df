"""What Dagster says when a part of it is gone, in our words."""

from typing import Any

import httpx
import pytest

from api.kit.dagster import DagsterEngine
from core.kit.errors import Conflict, Unavailable
from core.runs.ports import Launch

GONE = "The run's process is gone: it was killed, or the machine stopped."


def engine_that_says(data: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> DagsterEngine:
    monkeypatch.setattr(httpx.Client, "post", lambda *_, **__: httpx.Response(200, json={"data": data}))
    return DagsterEngine("http://127.0.0.1:1")


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("dagster._core.errors.DagsterUserCodeUnreachableError: gRPC UNAVAILABLE", Unavailable),
        ("Could not find Pipeline", Conflict),
    ],
)
def test_a_launch_without_a_code_server_is_for_later(
    said: str, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = engine_that_says({"launchRun": {"__typename": "PythonError", "message": said}}, monkeypatch)
    with pytest.raises(error):
        engine.launch(Launch(job_name="shop__dbt", config={}, tags={}))


def test_a_worker_that_is_gone_is_said_plainly(monkeypatch: pytest.MonkeyPatch) -> None:
    detected = f"Detected run worker status FAILED: '{GONE}'. Marking run 1-2 as failed."
    events = [
        {"__typename": "EngineEvent", "message": detected},
        {"__typename": "RunFailureEvent", "message": "This run has been marked as failed from outside."},
    ]
    log = {"events": events, "cursor": "", "hasMore": False}
    assert engine_that_says({"logsForRun": log}, monkeypatch).failure_message("1-2") == GONE


def test_the_first_cause_of_a_failed_step_says_more_than_what_is_around_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    causes = [{"message": "around it"}, {"message": "OSError: No space left on device\nmore"}]
    events = [
        {"__typename": "ExecutionStepFailureEvent", "error": {"message": "Error in op", "causes": causes}},
        {"__typename": "RunFailureEvent", "message": "Steps failed", "error": {"message": "Error in op"}},
    ]
    log = {"events": events, "cursor": "", "hasMore": False}
    said = engine_that_says({"logsForRun": log}, monkeypatch).failure_message("1-2")
    assert said == "OSError: No space left on device"


def test_a_log_that_dagster_cannot_read_is_not_no_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    log = {"__typename": "PythonError", "message": "server closed the connection"}
    said = engine_that_says({"logsForRun": log}, monkeypatch).failure_message("1-2")
    assert said is not None
    assert "not known" in said
    assert "server closed the connection" in said
