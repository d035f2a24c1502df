from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from core import __version__
from tests.api.conftest import client_of, settings_of


def test_the_process_lives_whatever_else_is_down(tmp_path: Path) -> None:
    with client_of(settings_of("postgresql://127.0.0.1:1/none", tmp_path)) as client:
        assert client.get("/health").json() == {"status": "ok", "version": __version__}
        response = client.get("/health/ready")
    assert response.status_code == 503
    failed = {check["name"] for check in response.json()["checks"] if check["status"] == "failed"}
    assert failed == {"database", "dagster", "code_location"}


def test_the_failing_parts_are_named(client: TestClient) -> None:
    response = client.get("/health/ready")
    body = response.json()
    assert (response.status_code, body["status"]) == (503, "not_ready")
    checks = {check["name"]: check for check in body["checks"]}
    assert (checks["database"]["status"], checks["database"]["message"]) == ("ok", None)
    assert "Dagster does not answer" in checks["dagster"]["message"]
    assert all(check["seconds"] >= 0 for check in checks.values())


def test_the_public_configuration_holds_nothing_secret(client: TestClient) -> None:
    response = client.get("/config")
    rules = {f"require_{kind}": False for kind in ("uppercase", "lowercase", "digit", "symbol")}
    assert response.json() == {
        "version": __version__,
        "auth_enabled": False,
        "metadata_edits": True,
        "dagster_path": "/dagster",
        "password_rules": {"min_length": 12, **rules},
    }
    assert "postgres" not in response.text


@pytest.mark.parametrize(
    ("path", "holds"), [("/docs", "swagger"), ("/redoc", "redoc"), ("/openapi.json", '"openapi"')]
)
def test_the_documentation_answers(client: TestClient, path: str, holds: str) -> None:
    response = client.get(path)
    assert response.status_code == 200
    assert holds in response.text
