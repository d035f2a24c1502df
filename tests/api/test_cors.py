"""Pages of other origins: none by default, listed ones with a token only."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import client_of, settings_of

TOOLS, OTHER = "https://tools.example.org", "https://other.example.org"


@pytest.fixture
def shared(tmp_path: Path) -> Iterator[TestClient]:
    settings = settings_of("postgresql://127.0.0.1:1/none", tmp_path)
    with client_of(settings.model_copy(update={"cors_origins": TOOLS, "auth_enabled": True})) as client:
        yield client


def preflight(client: TestClient, origin: str) -> dict[str, str]:
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type",
        "sec-fetch-site": "cross-site",
        "sec-fetch-mode": "cors",
    }
    return dict(client.options("/api/workspaces/shop/runs", headers=headers).headers)


def test_nobody_by_default(client: TestClient) -> None:
    assert not [name for name in preflight(client, TOOLS) if name.startswith("access-control")]


def test_a_listed_origin_is_told_what_it_may_send(shared: TestClient) -> None:
    headers = preflight(shared, TOOLS)
    assert headers["access-control-allow-origin"] == TOOLS
    assert "authorization" in headers["access-control-allow-headers"].lower()
    assert "POST" in headers["access-control-allow-methods"]
    assert "access-control-allow-credentials" not in headers


def test_another_is_not(shared: TestClient) -> None:
    assert "access-control-allow-origin" not in preflight(shared, OTHER)
    assert "access-control-allow-origin" not in shared.get("/api/roles", headers={"origin": OTHER}).headers


def test_a_listed_one_reads_refusals_too(shared: TestClient) -> None:
    answer = shared.get("/api/roles", headers={"origin": TOOLS, "sec-fetch-site": "cross-site"})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == TOOLS
    assert "access-control-allow-credentials" not in answer.headers
