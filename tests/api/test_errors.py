"""Every error in the one shape, whoever raises it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.orm.exc import StaleDataError

from api.kit.state import get_state
from api.main import create_app
from core.kit import errors
from core.kit.database import make_engine
from core.kit.settings import Settings
from tests.api.conftest import LOCAL, client_of, settings_of
from tests.api.shape import error_of, fields

SHOP = "/api/workspaces/shop"
DOCUMENT = create_app(
    Settings.model_construct(database_url=None, data_dir=Path(), dagster_url=None)
).openapi()
ROUTES = [(method, path) for path, methods in DOCUMENT["paths"].items() for method in methods]
FILLED = {
    "workspace": "nobody",
    "unique_id": "model.shop.orders",
    "run_id": "run-1",
    "step": "1",
    "name": "manifest.json",
    "username": "ann",
    "environment": "dev",
    "variable": "REGION",
    "token_id": "1",
    "session_id": "none",
    "drop_id": "1",
    "channel_id": "1",
    "rule_id": "1",
    "delivery_id": "00000000-0000-4000-8000-000000003001",
    "job": "nightly",
    "trigger_id": "1",
    "call_id": "1",
    "snapshot_id": "1",
    "other_id": "1",
    "field": "owner",
    "column": "id",
}


def filled(path: str) -> str:
    return re.sub(r"{(\w+)}", lambda match: FILLED[match[1]], path)


@pytest.mark.parametrize(
    "path",
    ["/api", "/api/", "/api/unknown", "/api/workspaces/shop/nothing", "/auth/login", f"{LOCAL}//api/unknown"],
)
def test_an_unknown_path_is_not_found(client: TestClient, path: str) -> None:
    error = error_of(client.get(path, headers={"accept": "text/html"}), 404, "not_found")
    assert "There is nothing at" in error["message"]


def test_a_wrong_method_names_the_right_ones(client: TestClient) -> None:
    response = client.delete("/api/workspaces")
    error_of(response, 405, "method_not_allowed")
    assert "GET" in response.headers["allow"]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        (f"{SHOP}/models?limit=0", "limit"),
        (f"{SHOP}/models?limit=201", "limit"),
        (f"{SHOP}/models?limit=x", "limit"),
        (f"{SHOP}/models?sort=colour", "sort"),
        (f"{SHOP}/models?cursor=nonsense", "cursor"),
        (f"{SHOP}/models?q={'x' * 2001}", "q"),
        (f"{SHOP}/models/model.shop.orders/lineage?up=11", "up"),
        (f"{SHOP}/models/{'x' * 1001}", "unique_id"),
        (f"{SHOP}/runs?status=done", "status.0"),
        (f"{SHOP}/runs?created_after=yesterday", "created_after"),
        (f"{SHOP}/runs?created_after=2026-01-01T00:00:00", "created_after"),
        (f"{SHOP}/runs/r/nodes?sort=colour", "sort"),
        (f"{SHOP}/runs/r/nodes?limit=201", "limit"),
        (f"{SHOP}/runs/r/timeline?step=0", "step"),
        (f"{SHOP}/runs/r/log?from=0", "from"),
        (f"{SHOP}/runs/r/log?level=loud", "level"),
        (f"{SHOP}/runs/r/artifacts/0/x", "step"),
    ],
)
def test_a_wrong_parameter_is_named(client: TestClient, path: str, field: str) -> None:
    assert fields(error_of(client.get(path), 422, "invalid")) == [field]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"{", "1"),
        (b"", ""),
        (b"[]", ""),
        (b"{}", "steps"),
        (b'{"steps": [], "target": "x"}', "target"),
        (b'{"steps": [{"command": "build", "flags": []}]}', "steps.0.flags"),
        (b'{"steps": [{"command": 5}]}', "steps.0.command"),
        (b'{"steps": [{"command": "\\ud800"}]}', "steps.0.command"),
        (b'{"\\ud800": 1, "steps": []}', ""),
        (b'{"steps": [{"command": "build", "options": {"\\ud800": 1}}]}', "steps.0.options.\ufffd"),
        (b'{"steps": [{"command": "build", "options": {"vars": {"a": NaN}}}]}', "steps.0.options.vars"),
        (b'{"steps": [{"command": "build", "options": {"vars": {"a": "\\u0000"}}}]}', "steps.0.options.vars"),
        (b'{"steps": [{"command": "build", "options": {"select": ["\\ud800"]}}]}', "steps.0.options.select"),
    ],
)
def test_a_wrong_body_is_named_and_writes_nothing(client: TestClient, body: bytes, field: str) -> None:
    response = client.post(f"{SHOP}/runs", content=body, headers={"content-type": "application/json"})
    assert fields(error_of(response, 422, "invalid")) == [field]


def test_a_body_nested_too_deep_is_an_error_of_the_request(client: TestClient) -> None:
    deep = '{"steps": [{"command": "build", "options": {"vars": ' + '{"a":' * 900 + "1" + "}" * 900 + "}}]}"
    response = client.post(f"{SHOP}/runs", content=deep, headers={"content-type": "application/json"})
    assert 400 <= response.status_code < 500
    response = client.post(
        f"{SHOP}/runs", content="[" * 100_000, headers={"content-type": "application/json"}
    )
    error_of(response, 400, "bad_request")


@pytest.mark.parametrize(
    "path",
    [
        f"{SHOP}/models/%00",
        "/api/workspaces/%00",
        f"{SHOP}/models?q=%00",
        f"{SHOP}/models?tag=%00",
        "/%00",
        "/dagster/%00",
    ],
)
def test_nul_in_an_address_is_refused(client: TestClient, path: str) -> None:
    error_of(client.get(path), 422, "invalid")


def test_every_answer_has_a_request_id_of_its_own(client: TestClient) -> None:
    ids = {client.get("/health").headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3
    assert all(re.fullmatch("[0-9a-f]{32}", name) for name in ids)


@pytest.fixture
def failing(own_client: TestClient) -> Iterator[Any]:
    """Have every request fail with an error of the test's choice."""
    problem: list[Exception] = []

    def fail() -> None:
        raise problem[0]

    app: Any = own_client.app
    app.dependency_overrides[get_state] = fail
    yield lambda error: (problem.append(error), own_client.get("/config"))[1]
    app.dependency_overrides.clear()


@pytest.mark.parametrize(
    ("kind", "status", "code"),
    [
        (errors.NotFound, 404, "not_found"),
        (errors.Forbidden, 403, "forbidden"),
        (errors.Conflict, 409, "conflict"),
        (errors.Invalid, 422, "invalid"),
        (errors.Busy, 423, "busy"),
        (errors.Unavailable, 503, "unavailable"),
        (errors.WorkbenchError, 500, "error"),
    ],
)
def test_errors_of_the_domain_have_their_status(
    failing: Any, kind: type[errors.WorkbenchError], status: int, code: str
) -> None:
    error = error_of(
        failing(kind("No.", hint="Try.", details=[errors.FieldError("f", "is\0odd\ud800")])), status, code
    )
    assert (error["message"], error["hint"]) == ("No.", "Try.")
    assert error["details"] == [{"field": "f", "message": "is\ufffdodd\ufffd"}]


def test_what_nobody_expected_is_internal_and_says_nothing_of_the_inside(failing: Any) -> None:
    error = error_of(failing(KeyError("secret")), 500, "internal")
    assert "secret" not in str(error)


def test_a_pool_without_free_connections_is_unavailable(failing: Any) -> None:
    error_of(failing(PoolExhausted("QueuePool limit")), 503, "unavailable")


def test_a_row_that_somebody_deleted_meanwhile_is_a_conflict(failing: Any) -> None:
    error_of(failing(StaleDataError("expected to update 1 row")), 409, "conflict")


def test_a_database_that_is_down_is_unavailable(tmp_path: Path) -> None:
    settings = settings_of("postgresql://127.0.0.1:1/none", tmp_path)
    with client_of(settings) as client:
        for path in ("/api/workspaces", f"{SHOP}/overview", f"{SHOP}/models/x"):
            error = error_of(client.get(path), 503, "unavailable")
            assert "database does not answer" in error["message"]
        assert client.get("/health").status_code == 200


def test_a_database_that_goes_away_and_returns_is_survived(own_client: TestClient, database_url: str) -> None:
    assert own_client.get("/api/workspaces").status_code == 200
    engine = make_engine(database_url, pool_size=1)
    with engine.connect() as connection:
        end = (
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        connection.execute(sa.text(end))
    engine.dispose()
    assert own_client.get("/api/workspaces").status_code == 200


BODIES: dict[str, dict[str, Any]] = {
    "/jobs/{job}/runs": {},
    "/runs": {"steps": [{"command": "build"}]},
    "/runs/cancel": {"run_ids": ["run-1"]},
    "/members/{username}": {"role": "viewer"},
    "/overrides/{field}": {"value": "ann"},
    "/tokens": {"name": "ci", "scopes": ["run:read"]},
}
WITH_WORKSPACE = [(method, path) for method, path in ROUTES if "{workspace}" in path]


@pytest.mark.parametrize(("method", "path"), WITH_WORKSPACE)
def test_every_route_answers_not_found_for_an_unknown_workspace(
    client: TestClient, method: str, path: str
) -> None:
    takes_body = DOCUMENT["paths"][path][method].get("requestBody")
    body = next((body for end, body in BODIES.items() if path.endswith(end)), {}) if takes_body else None
    error = error_of(client.request(method, filled(path), json=body), 404, "not_found")
    assert "no workspace 'nobody'" in error["message"]
    assert error["hint"]


def test_the_walk_has_met_the_routes_there_are() -> None:
    assert len(WITH_WORKSPACE) >= 16
    assert {path.split("/")[1] for _, path in ROUTES} == {"api", "auth", "health", "config"}


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_every_documented_error_has_the_one_shape(method: str, path: str) -> None:
    answers = DOCUMENT["paths"][path][method]["responses"]
    problems = {status: answer for status, answer in answers.items() if status >= "400"}
    for status, answer in problems.items():
        name = answer["content"]["application/json"]["schema"]["$ref"].rsplit("/", 1)[1]
        assert name == ("ReadinessOut" if path == "/health/ready" else "ErrorOut"), status
    assert "{workspace}" not in path or {"404", "422", "503"} <= set(problems)


def test_errors_are_the_same_under_another_name_of_this_machine(client: TestClient) -> None:
    for host in ("localhost:8580", "[::1]:8580", "LOCALHOST"):
        error_of(client.get("/api/unknown", headers={"host": host}), 404, "not_found")
    assert str(client.base_url).rstrip("/") == LOCAL
