"""Dagster's page behind ours, against a real server in its place."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient
from starlette.testclient import WebSocketDenialResponse, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from api.dagster_page import proxy, sockets
from api.main import create_app
from core.kit.errors import Invalid
from tests.api.conftest import client_of, free_port, settings_of
from tests.api.shape import error_of
from tests.api.upstream import Upstream, running
from tests.core.building import fresh_database

SOCKET = "ws://127.0.0.1:8580/dagster/graphql"
PROTOCOL = ["graphql-ws"]


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with running() as found:
        yield found


@pytest.fixture(scope="module")
def page(
    upstream: Upstream, postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[TestClient]:
    with fresh_database(postgres_url, template) as url:
        settings = settings_of(url, tmp_path_factory.mktemp("data"), upstream.url)
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


@pytest.mark.parametrize(
    "path",
    [
        "/dagster/x/../graphql",
        "/dagster/graphql/.",
        "/dagster/graphql/x/..",
        "/dagster/%2e%2e/health",
        "/dagster/x/%2e%2e/graphql",
        "/dagster/..%2fgraphql",
        "/dagster/x%5c..%5cgraphql",
    ],
)
def test_an_address_with_segments_of_dots_is_not_passed_on(path: str) -> None:
    # Clients shorten such paths before they send them: given to the application as they would arrive.
    with pytest.raises(Invalid, match="The address is not valid"):
        proxy._check_path({"path": unquote(path)})


def test_a_body_arrives_whole_and_headers_too(page: TestClient) -> None:
    body = b"x" * 300_000
    found = said(
        page,
        "/dagster/post",
        "POST",
        content=body,
        headers={"content-type": "a/b", "x-mine": "1"},
    )
    assert len(found["body"]) == len(body)
    headers = found["headers"]
    assert (headers["content-type"], headers["x-mine"]) == ("a/b", "1")


def test_what_shows_who_asks_stays_here(page: TestClient) -> None:
    headers = {"Authorization": "Bearer x", "Cookie": "workbench_page=y; other=z", "Proxy-Authorization": "z"}
    found = said(page, "/dagster/get", headers=headers)["headers"]
    assert not {"authorization", "cookie", "proxy-authorization"} & set(found)


def test_a_request_without_a_body_has_none(page: TestClient) -> None:
    headers = said(page, "/dagster/get")["headers"]
    assert not {"transfer-encoding", "content-length"} & set(headers)


def test_nothing_is_added_to_what_the_browser_asked(page: TestClient) -> None:
    page.get("/dagster/get")
    plain = page.build_request("GET", "/dagster/get")
    for name in ("accept-encoding", "user-agent", "accept"):
        del plain.headers[name]
    assert {name for name, _ in page.send(plain).json()["headers"]} <= {"host", "connection"}


def test_status_and_headers_come_back_but_no_cookie(page: TestClient) -> None:
    response = page.get("/dagster/get?status=418")
    assert (response.status_code, response.headers["x-of-dagster"]) == (418, "yes")
    assert "set-cookie" not in response.headers
    assert len(response.headers.get_list("server")) == 0
    assert response.headers["x-request-id"]
    assert response.headers["x-frame-options"] == "DENY"


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


def test_a_websocket_passes_both_ways(page: TestClient) -> None:
    with page.websocket_connect(f"{SOCKET}?a=%20b", subprotocols=["other", *PROTOCOL]) as socket:
        assert socket.accepted_subprotocol == "graphql-ws"
        path, query, headers = socket.receive_json()
        assert (path, query) == ("/dagster/graphql", "")
        assert not {"cookie", "authorization"} & set(headers)
        for text in ("hello", "é😀", "", "x" * 100_000):
            start = {"type": "start", "id": "1", "payload": {"query": "{version}", "variables": {"a": text}}}
            socket.send_json(start)
            assert socket.receive_json()["payload"]["variables"] == {"a": text}


def test_a_change_over_a_websocket_is_refused_and_the_connection_goes_on(page: TestClient) -> None:
    with page.websocket_connect(SOCKET, subprotocols=PROTOCOL) as socket:
        socket.receive_json()
        payload = {"query": "query A {version} mutation B {deleteRun}", "operationName": "A"}
        socket.send_json({"type": "start", "id": "9", "payload": payload})
        refusal = {
            "type": "error",
            "id": "9",
            "payload": {"message": "Changes are not made over this connection."},
        }
        assert socket.receive_json() == refusal
        for text in ("nothing", "[]", '{"type": "complete"}', '{"type": "start", "id": "\\ud800"}'):
            socket.send_text(text)
            assert socket.receive_json()["type"] == "error"
        socket.send_json({"type": "stop", "id": "9"})
        assert socket.receive_json() == {"type": "stop", "id": "9"}


def ended(socket: WebSocketTestSession) -> int:
    with pytest.raises(WebSocketDisconnect) as end:
        socket.receive_text()
    return end.value.code


def test_frames_that_are_no_messages_end_it(page: TestClient) -> None:
    for send, code in (
        (lambda socket: socket.send_bytes(b"{}"), 1003),
        (lambda socket: socket.send_text("x" * (sockets.LARGEST_MESSAGE + 1)), 1009),
    ):
        with page.websocket_connect(SOCKET, subprotocols=PROTOCOL) as socket:
            socket.receive_json()
            send(socket)
            assert ended(socket) == code


def test_a_websocket_that_dagster_closes_is_closed(page: TestClient) -> None:
    with page.websocket_connect(SOCKET, subprotocols=PROTOCOL) as socket:
        socket.receive_json()
        socket.send_json({"type": "connection_terminate"})
        assert ended(socket) == 1000


@pytest.mark.parametrize(
    ("path", "protocols"),
    [
        ("/dagster/nothing", PROTOCOL),
        ("/dagster/graphql", ["graphql-transport-ws"]),
        ("/dagster/graphql", []),
    ],
)
def test_other_websockets_are_refused(page: TestClient, path: str, protocols: list[str]) -> None:
    address = f"ws://127.0.0.1:8580{path}"
    with pytest.raises(WebSocketDenialResponse), page.websocket_connect(address, subprotocols=protocols):
        pass


def test_while_dagster_is_away_it_is_said_so(client: TestClient) -> None:
    for path in ("/dagster", "/dagster/runs", "/dagster/graphql"):
        asked = {"query": "{version}"}
        said = error_of(client.post(path, json=asked), 503, "unavailable")["message"]
        assert "Dagster does not answer" in said
    opened = client.websocket_connect(SOCKET, subprotocols=PROTOCOL)
    with pytest.raises(WebSocketDisconnect) as refusal, opened:
        pass
    assert refusal.value.code == 1013


def test_without_an_address_it_is_said_what_sets_it(tmp_path: Path) -> None:
    settings = settings_of("postgresql://127.0.0.1:1/none", tmp_path).model_copy(update={"dagster_url": None})
    with client_of(settings) as client:
        assert "WORKBENCH_DAGSTER_URL" in error_of(client.get("/dagster/x"), 503, "unavailable")["hint"]
        opened = client.websocket_connect(SOCKET, subprotocols=PROTOCOL)
        with pytest.raises(WebSocketDenialResponse) as refusal, opened:
            pass
        assert refusal.value.status_code == 503
