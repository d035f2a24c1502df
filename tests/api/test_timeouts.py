"""What takes too long is answered in its place; streams go on. Over real sockets."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress

import httpx
import pytest
import uvicorn
from fastapi import FastAPI, Request, WebSocket
from fastapi.responses import StreamingResponse
from websockets.sync.client import connect

from api.kit import http
from api.kit.errors import RequestId, install
from api.kit.http import BoundedHttp
from api.kit.timeouts import RequestTimes
from tests.api.conftest import free_port

SECONDS = 0.4
KEEP_ALIVE = 2


@contextmanager
def serving(app: FastAPI) -> Iterator[str]:
    port = free_port()
    config = uvicorn.Config(
        app, "127.0.0.1", port, log_level="critical", http=BoundedHttp, timeout_keep_alive=KEEP_ALIVE
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="module")
def done() -> list[str]:
    return []


@pytest.fixture(scope="module")
def at(done: list[str]) -> Iterator[str]:
    app = FastAPI()
    app.add_middleware(RequestTimes, SECONDS)
    app.add_middleware(RequestId)
    install(app)

    @app.get("/slow")
    def slow() -> str:
        time.sleep(SECONDS * 2)
        done.append("slow")
        return "late"

    @app.post("/body")
    async def body(request: Request) -> int:
        return len(await request.body())

    @app.get("/stream")
    def stream() -> StreamingResponse:
        async def parts() -> AsyncIterator[str]:
            for _ in range(4):
                yield "x"
                await asyncio.sleep(SECONDS / 2)

        return StreamingResponse(parts())

    @app.websocket("/socket")
    async def talk(websocket: WebSocket) -> None:
        await asyncio.sleep(SECONDS * 1.5)
        await websocket.accept()
        await websocket.send_text("late")
        await websocket.close()

    with serving(app) as address:
        yield address


def opened(at: str) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", int(at.rsplit(":", 1)[1])), timeout=10)
    connection.settimeout(10)
    return connection


def read_all(connection: socket.socket) -> bytes:
    parts = []
    while part := connection.recv(65_536):
        parts.append(part)
    return b"".join(parts)


def is_closed(connection: socket.socket) -> bool:
    try:
        connection.sendall(b"y")
        return connection.recv(1) == b""
    except ConnectionError:
        return True


def test_an_answer_that_does_not_begin_is_given_up_and_the_work_goes_on(at: str, done: list[str]) -> None:
    began = time.monotonic()
    answer = httpx.get(f"{at}/slow", trust_env=False)
    assert time.monotonic() - began < SECONDS * 1.7
    assert answer.status_code == 503
    error = answer.json()["error"]
    assert error["code"] == "unavailable"
    assert "no answer within 0.4 seconds" in error["message"]
    assert error["request_id"] == answer.headers["x-request-id"]
    time.sleep(SECONDS * 1.5)
    assert done == ["slow"]
    assert httpx.post(f"{at}/body", content=b"12345", trust_env=False).json() == 5


def test_a_body_that_does_not_arrive_is_given_up(at: str) -> None:
    with opened(at) as connection:
        connection.sendall(b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\n12345")
        head, _, body = read_all(connection).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 408 ")
    assert json.loads(body)["error"]["code"] == "too_slow"


def test_a_body_in_pieces_has_the_whole_time_and_then_the_answer_has_it(at: str) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(3):
            yield b"x"
            time.sleep(SECONDS / 4)

    assert httpx.post(f"{at}/body", content=pieces(), trust_env=False).json() == 3


def test_a_stream_goes_on_once_it_has_begun(at: str) -> None:
    began = time.monotonic()
    assert httpx.get(f"{at}/stream", trust_env=False).text == "xxxx"
    assert time.monotonic() - began > SECONDS


def test_a_websocket_is_not_touched(at: str) -> None:
    with connect(at.replace("http", "ws") + "/socket", proxy=None) as talk:
        assert talk.recv() == "late"


# --- The head of a request.


def test_a_head_without_end_is_refused(at: str) -> None:
    with opened(at) as connection:
        connection.sendall(b"GET /stream HTTP/1.1\r\nhost: x\r\nx: ")
        answered = False
        with suppress(ConnectionError):  # it may be closed while we are still sending
            for _ in range(40):
                connection.sendall(b"y" * 8192)
                time.sleep(0.005)
        with suppress(ConnectionError):
            answered = read_all(connection).startswith(b"HTTP/1.1 431 ")
        assert answered or is_closed(connection)


def test_a_head_that_comes_slowly_is_refused(at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "HEAD_SECONDS", 0.3)
    with opened(at) as connection:
        connection.sendall(b"GET /stream HTTP/1.1\r\nhost: x\r\n")
        assert read_all(connection).startswith(b"HTTP/1.1 408 ")
    with opened(at) as connection:
        assert read_all(connection).startswith(b"HTTP/1.1 408 ")


def test_a_second_request_on_a_connection_has_its_own_time(at: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "HEAD_SECONDS", 0.3)
    with httpx.Client(base_url=at, trust_env=False) as client:
        for _ in range(3):
            assert client.post("/body", content=b"x" * 200_000).json() == 200_000
            time.sleep(0.2)


def test_large_heads_within_the_limit_pass(at: str) -> None:
    headers = {f"x-{number}": "y" * 1000 for number in range(50)}
    assert httpx.post(f"{at}/body", content=b"1", headers=headers, trust_env=False).json() == 1


@pytest.mark.parametrize("more", [b"a", b""])
def test_a_body_that_goes_on_after_its_answer_ends_in_time(
    at: str, monkeypatch: pytest.MonkeyPatch, more: bytes
) -> None:
    monkeypatch.setattr(http, "REST_SECONDS", 0.3)
    with opened(at) as connection:
        connection.sendall(b"POST /nothing HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\na")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 404 ")
        began = time.monotonic()
        connection.sendall(more)
        answer = read_all(connection)
        assert b"HTTP/1.1" not in answer
        assert time.monotonic() - began < KEEP_ALIVE + 2


def test_a_body_that_ends_after_its_answer_leaves_the_connection_open(
    at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "REST_SECONDS", 0.3)
    with opened(at) as connection:
        connection.sendall(b"POST /nothing HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\na")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 404 ")
        for part in (b"b", b"c"):
            connection.sendall(part)
            time.sleep(0.1)
        time.sleep(0.4)
        connection.sendall(b"POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\na")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 ")
