"""Bodies that are too large, and a code server that is gone."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from api.kit.limits import LARGEST_BODY
from tests.api.conftest import client_of, settings_of
from tests.api.shape import error_of

RUNS = "/api/workspaces/shop/runs"


def test_a_body_that_is_too_large_is_refused_at_once(client: TestClient) -> None:
    for path in (RUNS, "/dagster/graphql"):
        error_of(client.post(path, content=b"x" * (LARGEST_BODY + 1)), 413, "too_large")


def test_a_body_that_does_not_tell_its_length_is_counted(client: TestClient) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(LARGEST_BODY // 100_000 + 1):
            yield b"x" * 100_000

    headers = {"content-type": "application/json"}
    error_of(client.post(RUNS, content=pieces(), headers=headers), 413, "too_large")


def test_a_large_body_that_is_allowed_is_read(client: TestClient) -> None:
    body = b'{"steps": [], "x": "' + b"y" * (LARGEST_BODY // 2) + b'"}'
    answer = client.post(RUNS, content=body, headers={"content-type": "application/json"})
    error_of(answer, 422, "invalid")


@pytest.mark.parametrize("listening", [True, False])
def test_readiness_asks_the_code_server_itself(database_url: str, tmp_path: Path, *, listening: bool) -> None:
    path = tmp_path / "code.sock"
    settings = settings_of(database_url, tmp_path).model_copy(update={"code_socket": str(path)})
    with socket.socket(socket.AF_UNIX) as server, client_of(settings) as client:
        server.bind(str(path))
        if listening:
            server.listen()
        checks = {check["name"]: check for check in client.get("/health/ready").json()["checks"]}
    gone = checks["code_location"]["message"] == "The code server does not answer."
    assert gone is not listening
