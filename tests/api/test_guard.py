"""What a page of another site may not do to a server without login."""

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from tests.api.shape import error_of

HERE = {"host": "127.0.0.1:8580"}


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8580",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "0.0.0.0:8580",
        "testserver",
        "",
    ],
)
def test_a_foreign_name_is_refused(client: TestClient, host: str) -> None:
    for path in ("/health", "/api/workspaces", "/", "/dagster/"):
        error = error_of(client.get(path, headers={"host": host}), 403, "forbidden")
        assert "local name" in error["message"]


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8580", "localhost", "localhost:9000", "[::1]:8580", "[::1]", "LocalHost:1"]
)
def test_a_local_name_is_served(client: TestClient, host: str) -> None:
    assert client.get("/health", headers={"host": host}).status_code == 200


FOREIGN = [
    "https://evil.example",
    "http://127.0.0.1:3000",
    "http://localhost:8580",
    "null",
    "http://[::1",
    "",
    "http://127.0.0.1:8580.evil.example",
]


@pytest.mark.parametrize("origin", FOREIGN)
@pytest.mark.parametrize("path", ["/api/workspaces/shop/runs", "/dagster/graphql", "/anything"])
def test_a_change_from_another_page_is_refused(client: TestClient, origin: str, path: str) -> None:
    error_of(client.post(path, headers={**HERE, "origin": origin}), 403, "forbidden")


def test_a_change_from_our_own_page_or_from_no_page_passes(client: TestClient) -> None:
    for headers in (
        HERE,
        {**HERE, "origin": "http://127.0.0.1:8580"},
        {"host": "localhost:1", "origin": "http://LOCALHOST:1"},
    ):
        response = client.post("/api/workspaces/shop/runs", json={"steps": []}, headers=headers)
        error_of(response, 422, "invalid")


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_a_resource_in_another_sites_page_is_refused(client: TestClient, site: str) -> None:
    headers = {**HERE, "sec-fetch-site": site, "sec-fetch-mode": "no-cors"}
    for path in ("/dagster/graphql?query=mutation{x}", "/api/workspaces"):
        error_of(client.get(path, headers=headers), 403, "forbidden")


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"},
        {"sec-fetch-site": "same-origin"},
        {"sec-fetch-site": "none"},
    ],
)
def test_a_link_from_another_site_may_be_followed(client: TestClient, headers: dict[str, str]) -> None:
    assert client.get("/health", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.example"}, {"host": "evil.example"}, {"origin": "null"}]
)
def test_a_websocket_of_another_page_is_refused(client: TestClient, headers: dict[str, str]) -> None:
    with (
        pytest.raises(WebSocketDisconnect) as refusal,
        client.websocket_connect("ws://127.0.0.1:8580/dagster/graphql", headers=headers),
    ):
        pass
    assert refusal.value.code == 1008
