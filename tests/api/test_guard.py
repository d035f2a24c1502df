"""What a page of another site may not do, and whom a server without login answers."""

from typing import Any

import pytest
from fastapi.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from api.kit.guard import LOOPBACK_ONLY, Rules, refusal
from core.kit.settings import Settings
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


# --- The rules of each kind of installation.

TOOLS = "https://tools.example.org"
OUTSIDE = ("192.0.2.1", 8580)


def rules(**values: object) -> Rules:
    return Rules.of(Settings.model_validate(values))


WITHOUT = rules()
OPEN = rules(WORKBENCH_OPEN_WITHOUT_LOGIN=True)
WITH = rules(AUTH_ENABLED=True, WORKBENCH_CORS_ORIGINS=TOOLS)


def scope(
    path: str = "/api/x",
    method: str = "GET",
    kind: str = "http",
    server: tuple[str, int | None] | None = ("127.0.0.1", 8580),
    **headers: str,
) -> dict[str, Any]:
    given = {"host": "127.0.0.1:8580", **headers}
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in given.items()]
    return {"type": kind, "path": path, "method": method, "server": server, "headers": pairs}


@pytest.mark.parametrize(
    "server",
    [OUTSIDE, ("10.0.0.1", 80), ("2001:db8::1", 80), ("::ffff:10.0.0.1", 80), ("somewhere", 80), ("", 80)],
)
def test_without_login_nothing_is_answered_from_outside(server: tuple[str, int]) -> None:
    for path in ("/", "/health", "/api/workspaces", "/dagster/graphql"):
        assert refusal(scope(path, server=server), WITHOUT) == LOOPBACK_ONLY
        assert refusal(scope(path, server=server), OPEN) is None
        assert refusal(scope(path, server=server), WITH) is None
    assert refusal(scope(kind="websocket", server=server), WITHOUT) == LOOPBACK_ONLY


@pytest.mark.parametrize(
    "server", [("127.0.0.2", 1), ("::1", 1), ("::ffff:127.0.0.1", 1), ("/run/x.sock", None), None]
)
def test_without_login_loopback_and_sockets_are_answered(server: tuple[str, int | None] | None) -> None:
    assert refusal(scope(server=server), WITHOUT) is None


def test_with_login_any_name_is_answered() -> None:
    named = scope(host="workbench.example.org")
    assert refusal(named, WITHOUT)
    assert refusal(named, WITH) is None
    assert refusal(named, OPEN) is None


@pytest.mark.parametrize("these", [WITH, OPEN])
def test_with_login_too_changes_come_from_our_own_pages_only(these: Rules) -> None:
    own = {"host": "workbench.example.org", "origin": "https://workbench.example.org"}
    foreign = {"host": "workbench.example.org", "origin": "https://evil.example"}
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert refusal(scope(method=method, **own), these) is None
        assert refusal(scope(method=method, **foreign), these)
    assert refusal(scope(kind="websocket", **foreign), these)
    cross = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "no-cors"}
    assert refusal(scope(**cross), these)


CORS = {"origin": TOOLS, "sec_fetch_site": "cross-site", "sec_fetch_mode": "cors"}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE", "OPTIONS"])
def test_a_listed_origin_may_ask_with_a_token(method: str) -> None:
    for path in ("/api/workspaces", "/auth/login"):
        assert refusal(scope(path, method, authorization="Bearer x", **CORS), WITH) is None
        assert refusal(scope(path, method, authorization="Bearer x", **CORS), OPEN)


@pytest.mark.parametrize("path", ["/dagster/graphql", "/", "/apix", "/health", "/auth"])
def test_but_not_elsewhere(path: str) -> None:
    assert refusal(scope(path, "POST", authorization="Bearer x", **CORS), WITH)


def test_and_never_with_a_cookie() -> None:
    assert refusal(scope("/auth/refresh", "POST", cookie="workbench_refresh=x", **CORS), WITH)
    assert refusal(scope(method="POST", authorization="Bearer x", cookie="a=b", **CORS), WITH)


def test_nor_over_a_websocket_nor_from_a_name_that_is_only_like_it() -> None:
    assert refusal(scope(kind="websocket", authorization="Bearer x", **CORS), WITH)
    for origin in (f"{TOOLS}.evil.example", TOOLS.replace("https", "http"), f"{TOOLS}:444", "null"):
        assert refusal(scope(method="POST", **{**CORS, "origin": origin}), WITH)
