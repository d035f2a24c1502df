from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from core.audit.models import AuditLog
from core.kit.database import Database
from tests.api.shape import error_of, fields
from tests.core.building import Shop, open_shop

RUNS = "/api/workspaces/shop/runs"


@pytest.fixture
def shop(db: Database, tmp_path: Any) -> Shop:
    return open_shop(db, tmp_path)


def audited(shop: Shop) -> list[AuditLog]:
    with shop.db.session() as session:
        return list(session.scalars(sa.select(AuditLog).where(AuditLog.tag.startswith("run."))))


def test_a_run_that_dagster_cannot_take_is_unavailable_and_audited(
    own_client: TestClient, shop: Shop
) -> None:
    steps = [{"command": "build", "options": {"select": ["+orders"], "vars": {"day": "é"}}}]
    response = own_client.post(RUNS, json={"steps": steps, "environment": "prod"})
    error_of(response, 503, "unavailable")
    (row,) = audited(shop)
    assert (row.actor, row.tag, row.workspace_id) == ("local admin", "run.requested", shop.workspace_id)
    assert row.request_id == response.headers["x-request-id"]
    assert row.data == {
        "command": 'dbt build --select +orders --vars \'{"day": "é"}\'',
        "environment": "prod",
    }


@pytest.mark.parametrize(
    ("body", "named", "said"),
    [
        ({"steps": []}, ["steps"], "between 1 and 20"),
        ({"steps": [{"command": "build"}] * 21}, ["steps"], "between 1 and 20"),
        ({"steps": [{"command": "drop"}]}, ["steps.0.command"], "'drop' is not a dbt command"),
        ({"steps": [{"command": "x" * 101}]}, ["steps.0.command"], "at most 100"),
        (
            {"steps": [{"command": "build", "options": {"project_dir": "/"}}]},
            ["steps.0.options.project_dir"],
            "not a flag",
        ),
        (
            {"steps": [{"command": "build", "options": {"select": ["--profiles-dir=/"]}}]},
            ["steps.0.options.select"],
            "begins with '-'",
        ),
        (
            {"steps": [{"command": "build", "options": {"threads": 0}}]},
            ["steps.0.options.threads"],
            "from 1 to 256",
        ),
        ({"steps": [{"command": "build"}], "environment": "moon"}, ["environment"], "it has: dev, prod"),
        ({"steps": [{"command": "build"}], "target": "prod"}, ["target"], "Extra inputs"),
        ({"steps": [{"command": "build", "args": []}]}, ["steps.0.args"], "Extra inputs"),
    ],
)
def test_a_wrong_request_is_named_and_not_audited(
    own_client: TestClient, shop: Shop, body: Any, named: list[str], said: str
) -> None:
    error = error_of(own_client.post(RUNS, json=body), 422, "invalid")
    assert fields(error) == named
    assert said in error["details"][0]["message"]
    assert audited(shop) == []


def test_cancelling_needs_dagster(own_client: TestClient, shop: Shop) -> None:
    error_of(own_client.post(f"{RUNS}/run-1/cancel"), 503, "unavailable")
    assert audited(shop) == []
