import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from deploy.local import runs
from deploy.local.runs import FIRST_BUILD, RunsClient, build_demo_once, cancel_active


class FakeApi:
    """The few addresses that the supervisor asks, over runs in memory."""

    def __init__(self) -> None:
        self.tokens: set[str | None] = set()
        self.runs: dict[str, str] = {}
        self.requests: list[tuple[str, str, Any]] = []
        self.accept = True
        self.after_cancel = "cancelled"

    def answer(self, method: str, path: str, query: dict[str, list[str]], body: Any) -> tuple[int, Any]:
        self.requests.append((method, path, body))
        if path == "/api/workspaces":
            return 200, {"items": [{"key": "demo"}]}
        if path.endswith("/cancel"):
            self.runs[path.split("/")[-2]] = self.after_cancel
            return 200, {}
        if method == "POST":
            return self._create()
        if path.endswith("/runs"):
            wanted = query.get("status", [None])[0]
            items = [{"run_id": i, "status": s} for i, s in self.runs.items() if wanted in (None, s)]
            return 200, {"items": items}
        run_id = path.rsplit("/", 1)[-1]
        return 200, {"run_id": run_id, "status": self.runs[run_id], "status_message": "3 of 3"}

    def _create(self) -> tuple[int, Any]:
        if not self.accept:
            return 422, {"error": {}}
        self.runs["new"] = "success"
        return 201, {"run_id": "new", "status": "queued"}


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture
def client(api: FakeApi, monkeypatch: pytest.MonkeyPatch) -> Iterator[RunsClient]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            api.tokens.add(self.headers.get("Authorization"))
            parts = urlsplit(self.path)
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            status, content = api.answer(self.command, parts.path, parse_qs(parts.query), body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        do_POST = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None: ...

    monkeypatch.setattr(runs, "PAUSE", 0.02)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield RunsClient(server.server_address[1])
    server.shutdown()
    server.server_close()


def test_the_demo_is_built_once(api: FakeApi, client: RunsClient) -> None:
    said: list[str] = []
    build_demo_once(client, "demo", "http://here", said.append)
    assert said[0] == "Building the demo project: http://here/w/demo/runs/new"
    assert said[1].startswith("The demo project's first build: success after")
    assert ("POST", "/api/workspaces/demo/runs", {"steps": FIRST_BUILD}) in api.requests
    build_demo_once(client, "demo", "http://here", said.append)
    assert len(said) == 2


def test_a_refused_build_is_said(api: FakeApi, client: RunsClient) -> None:
    api.accept = False
    said: list[str] = []
    build_demo_once(client, "demo", "http://here", said.append)
    assert said == ["The demo project could not be built; start a run from the web app."]


def test_active_runs_are_cancelled_and_queued_ones_stay(api: FakeApi, client: RunsClient) -> None:
    api.runs = {"a": "running", "b": "starting", "c": "queued", "d": "success"}
    said: list[str] = []
    cancel_active(client, 5, said.append)
    assert said == ["Cancelling 2 active runs."]
    assert api.runs == {"a": "cancelled", "b": "cancelled", "c": "queued", "d": "success"}


def test_a_run_that_does_not_end_is_not_waited_for_for_ever(api: FakeApi, client: RunsClient) -> None:
    api.runs, api.after_cancel = {"a": "running"}, "cancelling"
    said: list[str] = []
    cancel_active(client, 0.2, said.append)
    assert said[-1] == "Not ended within 0 s: a."


def test_an_api_that_is_gone_holds_nothing_up() -> None:
    client = RunsClient(1)
    cancel_active(client, 5, pytest.fail)
    build_demo_once(client, "demo", "http://here", pytest.fail)


def test_with_a_token_every_request_shows_it(api: FakeApi, client: RunsClient) -> None:
    cancel_active(client, 1, pytest.fail)
    assert api.tokens == {None}
    api.tokens.clear()
    asking = RunsClient(client._port, "dbtwb_svc_x")
    build_demo_once(asking, "demo", "http://here", lambda _: None)
    cancel_active(asking, 1, pytest.fail)
    assert api.tokens == {"Bearer dbtwb_svc_x"}
