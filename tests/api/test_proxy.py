"""Dagster's page behind ours, against a real server in its place."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from api.dagster_page import proxy
from api.main import create_app
from core.kit.errors import Invalid
from tests.api.conftest import client_of, free_port, settings_of
from tests.api.shape import error_of
from tests.api.upstream import Upstream, running

SOCKET = "ws://127.0.0.1:8580/dagster/socket"


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def page(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    settings = settings_of("postgresql://127.0.0.1:1/none", tmp_path_factory.mktemp("data"), upstream.url)
    with client_of(settings) as client:
        yield client


def said(page: TestClient, path: str, method: str = "GET", **request: Any) -> dict[str, Any]:
    response = page.request(method, path, **request)
    assert response.status_code == 200, response.text
    found: dict[str, Any] = response.json()
    found["headers"] = {name.lower(): value for name, value in found["headers"]}
    return found


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("/dagster", ""),
        ("/dagster/", ""),
        ("/dagster/runs/a%2Fb%20c", ""),
        ("/dagster/x", "a=1&a=%20b&c"),
        ("/dagster/%C3%A9", "q=%C3%A9"),
    ],
)
def test_path_and_query_arrive_as_they_were_sent(page: TestClient, path: str, query: str) -> None:
    found = said(page, f"{path}?{query}" if query else path)
    assert (found["path"], found["query"], found["body"]) == (path, query, "")


def test_a_body_arrives_whole_and_headers_too(page: TestClient) -> None:
    body = b"x" * 300_000
    found = said(
        page,
        "/dagster/post",
        "POST",
        content=body,
        headers={"content-type": "a/b", "x-mine": "1", "cookie": "c=d"},
    )
    assert len(found["body"]) == len(body)
    headers = found["headers"]
    assert (headers["content-type"], headers["x-mine"], headers["cookie"]) == ("a/b", "1", "c=d")


def test_a_request_without_a_body_has_none(page: TestClient) -> None:
    headers = said(page, "/dagster/get")["headers"]
    assert not {"transfer-encoding", "content-length"} & set(headers)


def test_nothing_is_added_to_what_the_browser_asked(page: TestClient) -> None:
    page.get("/dagster/get")
    page.cookies.clear()  # what that answer set is the browser's to send again, not the proxy's
    plain = page.build_request("GET", "/dagster/get")
    for name in ("accept-encoding", "user-agent", "accept"):
        del plain.headers[name]
    assert {name for name, _ in page.send(plain).json()["headers"]} <= {"host", "connection"}
    page.cookies.clear()


def test_status_headers_and_cookies_come_back(page: TestClient) -> None:
    page.cookies.clear()
    response = page.get("/dagster/get?status=418")
    assert (response.status_code, response.headers["x-of-dagster"]) == (418, "yes")
    assert [value.split(";")[0] for value in response.headers.get_list("set-cookie")] == ["one=1", "two=2"]
    assert response.headers["x-request-id"]
    page.cookies.clear()


def test_a_redirect_is_the_browsers_to_follow(page: TestClient) -> None:
    response = page.get("/dagster/away", follow_redirects=False)
    assert (response.status_code, response.headers["location"]) == (302, "/dagster/elsewhere")


def test_an_answer_to_head_has_no_body(page: TestClient) -> None:
    response = page.head("/dagster/get")
    assert (response.status_code, response.content) == (200, b"")


def test_a_long_answer_comes_in_parts(upstream: Upstream, tmp_path: Path) -> None:
    # Over a real server: the test client itself would wait for the whole answer.
    port = free_port()
    app = create_app(settings_of("postgresql://127.0.0.1:1/none", tmp_path, upstream.url))
    server = uvicorn.Server(uvicorn.Config(app, "127.0.0.1", port, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    began = time.monotonic()
    with httpx.stream("GET", f"http://127.0.0.1:{port}/dagster/slow", trust_env=False) as response:
        parts = [(part, time.monotonic() - began) for part in response.iter_text()]
    server.should_exit = True
    thread.join(10)
    assert "".join(part for part, _ in parts) == "part 0\npart 1\npart 2\n"
    assert len(parts) == 3
    assert parts[0][1] < parts[-1][1] - 0.4


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_graphql_by_get_is_refused_for_any_image_could_ask_it(page: TestClient, method: str) -> None:
    response = page.request(
        method, "/dagster/graphql?query=mutation{terminateRun(runId:%22x%22){__typename}}"
    )
    assert response.status_code == 403
    assert page.get("/dagster/graphql", headers={"accept": "text/html"}).status_code == 200


@pytest.mark.parametrize("path", [b"/dagster/" + b"x" * 70_000, "/dagster/é".encode(), b"/dagster/\x01"])
def test_an_address_that_cannot_be_passed_on_is_invalid(path: bytes) -> None:
    scope = {"raw_path": path, "path": "/dagster/x", "query_string": b""}
    with pytest.raises(Invalid, match="The address is not valid"):
        proxy._url(httpx.URL("http://127.0.0.1:1/dagster"), scope)


def test_a_websocket_passes_both_ways_with_its_subprotocol(page: TestClient) -> None:
    with page.websocket_connect(f"{SOCKET}?a=%20b", subprotocols=["graphql-ws", "other"]) as socket:
        assert socket.accepted_subprotocol == "graphql-ws"
        assert socket.receive_json() == ["/dagster/socket", "a=%20b"]
        for text in ("hello", "é😀", "", "x" * 100_000):
            socket.send_text(text)
            assert socket.receive_text() == text
        socket.send_bytes(b"\x00\xff")
        assert socket.receive_bytes() == b"\x00\xff"


def test_a_websocket_that_dagster_closes_is_closed(page: TestClient) -> None:
    with page.websocket_connect(SOCKET) as socket:
        assert socket.accepted_subprotocol is None
        socket.receive_json()
        socket.send_text("bye")
        with pytest.raises(WebSocketDisconnect) as end:
            socket.receive_text()
    assert end.value.code == 1000


def test_a_websocket_that_dagster_refuses_is_refused(page: TestClient) -> None:
    with pytest.raises(WebSocketDisconnect), page.websocket_connect("ws://127.0.0.1:8580/dagster/nothing"):
        pass


def test_while_dagster_is_away_it_is_said_so(client: TestClient) -> None:
    for path in ("/dagster", "/dagster/runs", "/dagster/graphql"):
        assert (
            "Dagster does not answer" in error_of(client.post(path, json={}), 503, "unavailable")["message"]
        )
    with pytest.raises(WebSocketDisconnect) as refusal, client.websocket_connect(SOCKET):
        pass
    assert refusal.value.code == 1013


def test_without_an_address_it_is_said_what_sets_it(tmp_path: Path) -> None:
    settings = settings_of("postgresql://127.0.0.1:1/none", tmp_path).model_copy(update={"dagster_url": None})
    with client_of(settings) as client:
        assert "WORKBENCH_DAGSTER_URL" in error_of(client.get("/dagster/x"), 503, "unavailable")["hint"]
        with pytest.raises(WebSocketDenialResponse) as refusal, client.websocket_connect(SOCKET):
            pass
        assert refusal.value.status_code == 503
