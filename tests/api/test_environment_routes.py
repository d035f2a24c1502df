import json
import logging
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from core.audit.models import AuditLog
from core.kit import clock
from core.runs.models import RunStep
from core.runs.ports import EngineRun, Launch, RunStatus
from core.workspaces.models import Workspace
from tests.api.conftest import address_of, client_of, settings_of
from tests.api.shape import error_of, fields
from tests.core.building import Shop, open_shop

ENVIRONMENTS = "/api/workspaces/shop/environments"
DEV = f"{ENVIRONMENTS}/dev"
SECRET = "hunter22-of-the-warehouse"
POSTGRES = "type: postgres\nhost: db\npassword: \"{{ env_var('PG_SECRET') }}\"\n"
PROFILES = "shop: {target: dev, outputs: {dev: {type: duckdb}, prod: {type: duckdb}}}"


@pytest.fixture
def shop(db: Any, tmp_path: Path) -> Shop:
    """A shop with a project that can be read."""
    shop = open_shop(db, tmp_path)
    project = tmp_path / "project"
    project.mkdir()
    (project / "dbt_project.yml").write_text("name: shop\nprofile: shop\n")
    (project / "profiles.yml").write_text(PROFILES)
    with db.session() as session:
        workspace = session.get_one(Workspace, shop.workspace_id)
        workspace.project_dir = workspace.profiles_dir = str(project)
    return shop


def test_the_list_says_what_there_is_and_what_can_be_chosen(own_client: TestClient, shop: Shop) -> None:
    body = own_client.get(ENVIRONMENTS).json()
    assert [item["key"] for item in body["items"]] == ["dev", "prod"]
    assert (body["repository_targets"], body["repository_problem"]) == (["dev", "prod"], None)
    dev = body["items"][0]
    assert dev["is_default"]
    assert dev["is_runnable"]
    assert (dev["adapter_type"], dev["adapter_missing"], dev["variables"], dev["secrets"]) == (
        "duckdb",
        False,
        0,
        0,
    )
    assert dev["dbt"]["is_in_house"]
    assert "duckdb" in dev["dbt"]["adapters"]
    assert dev["instance_retention_days"] == 365
    assert dev["last_test"] is None


def test_a_profile_that_cannot_be_read_is_said(own_client: TestClient, shop: Shop) -> None:
    (shop.folder / "project" / "profiles.yml").write_text("[")
    body = own_client.get(ENVIRONMENTS).json()
    assert body["repository_targets"] == []
    assert "not valid YAML" in body["repository_problem"]
    error = error_of(own_client.post(ENVIRONMENTS, json={"key": "ci", "dbt_target": "dev"}), 422, "invalid")
    assert "not valid YAML" in error["message"]


def test_one_is_made_changed_archived_and_deleted(own_client: TestClient, shop: Shop) -> None:
    made = own_client.post(ENVIRONMENTS, json={"key": "pg", "profile_yaml": POSTGRES, "threads": 4})
    assert made.status_code == 201
    body = made.json()
    assert (body["dbt_target"], body["adapter_type"], body["is_runnable"]) == ("pg", "postgres", True)
    assert (body["in_profile"], body["has_own_profile"], body["threads"]) == (False, True, 4)
    changed = own_client.patch(f"{ENVIRONMENTS}/pg", json={"threads": None, "defer_to": "prod"}).json()
    assert (changed["threads"], changed["defer_to"], changed["profile_yaml"]) == (
        None,
        "prod",
        body["profile_yaml"],
    )
    archived = own_client.patch(f"{ENVIRONMENTS}/pg", json={"archived": True}).json()
    assert archived["archived_at"] is not None
    assert not archived["is_runnable"]
    assert own_client.delete(f"{ENVIRONMENTS}/pg").status_code == 204
    error_of(own_client.get(f"{ENVIRONMENTS}/pg"), 404, "not_found")
    in_workspace = own_client.get("/api/workspaces/shop").json()["environments"]
    assert [item["key"] for item in in_workspace] == ["dev", "prod"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"threads": 0}, "threads"),
        ({"threads": "x"}, "threads"),
        ({"retention_days": 40_000}, "retention_days"),
        ({"name": " "}, "name"),
        ({"name": "a\0"}, "name"),
        ({"dbt_target": "moon"}, "dbt_target"),
        ({"defer_to": "dev"}, "defer_to"),
        ({"profile_yaml": "type: postgres\npassword: x1"}, "profile_yaml"),
        ({"dbt_executable": "/bin/sh"}, "dbt_executable"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_wrong_field_is_named(own_client: TestClient, shop: Shop, body: Any, field: str) -> None:
    assert fields(error_of(own_client.patch(DEV, json=body), 422, "invalid")) == [field]


def test_a_dbt_is_allowed_by_the_settings_only(own_client: TestClient, shop: Shop) -> None:
    error = error_of(own_client.patch(DEV, json={"dbt_executable": "/opt/venv"}), 422, "invalid")
    assert "DBT_EXECUTABLES_ALLOWED" in error["details"][0]["message"]


def test_a_dbt_of_ones_own_is_asked_and_what_it_said_is_shown(shop: Shop) -> None:
    dbt = shop.folder / "venv" / "bin" / "dbt"
    dbt.parent.mkdir(parents=True)
    dbt.write_text("#!/bin/sh\nprintf 'installed: 1.9.4\\nPlugins:\\n  - postgres: 1.9.0\\n'\n")
    dbt.chmod(0o755)
    settings = settings_of(address_of(shop), shop.folder)
    settings = settings.model_copy(update={"dbt_executables_allowed": str(shop.folder)})
    with client_of(settings) as client:
        answer = client.patch(DEV, json={"dbt_executable": str(shop.folder / "venv")})
        assert answer.status_code == 200, answer.json()
        assert answer.json()["adapter_missing"] is True
        check = client.get(f"{DEV}/check").json()
        assert (check["dbt"]["version"], check["dbt"]["is_in_house"]) == ("1.9.4", False)
        assert check["adapters"] == {"installed": ["postgres"], "needed": "duckdb", "missing": True}
        dbt.unlink()
        assert client.get(f"{DEV}/check").json()["dbt"]["version"] == "1.9.4"
        assert client.patch(DEV, json={"dbt_executable": None}).json()["dbt"]["is_in_house"]


def test_the_check_says_which_variables_are_missing(own_client: TestClient, shop: Shop) -> None:
    own_client.patch(DEV, json={"profile_yaml": POSTGRES})
    assert own_client.get(f"{DEV}/check").json()["variables_missing"] == ["PG_SECRET"]
    own_client.put(f"{DEV}/variables/PG_SECRET", json={"value": SECRET, "secret": True})
    assert own_client.get(f"{DEV}/check").json()["variables_missing"] == []


def test_a_secret_comes_back_in_no_answer_no_log_and_no_audit(
    own_client: TestClient, shop: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    answers = [
        own_client.put(f"{DEV}/variables/PG_SECRET", json={"value": SECRET, "secret": True}),
        own_client.put(f"{DEV}/variables/REGION", json={"value": "north"}),
        own_client.put(f"{DEV}/variables/PATH", json={"value": SECRET, "secret": True}),
        own_client.put(f"{DEV}/variables/X", json={"value": SECRET, "secret": "perhaps"}),
        own_client.put(f"{DEV}/variables/X", json={"value": {"a": SECRET}, "secret": True}),
        own_client.get(f"{DEV}/variables"),
        own_client.get(DEV),
        own_client.get(ENVIRONMENTS),
        own_client.get(f"{DEV}/check"),
        own_client.get("/api/workspaces/shop/audit"),
        own_client.delete(f"{DEV}/variables/PG_SECRET"),
    ]
    assert [answer.status_code for answer in answers] == [
        200,
        200,
        422,
        422,
        422,
        200,
        200,
        200,
        200,
        200,
        204,
    ]
    assert not [answer.text for answer in answers if SECRET in answer.text]
    listed = {item["name"]: item for item in answers[5].json()["items"]}
    assert listed["REGION"]["value"] == "north"
    assert (listed["PG_SECRET"]["value"], listed["PG_SECRET"]["is_secret"]) == (None, True)
    assert listed["PG_SECRET"]["updated_by"] == "local admin"
    assert (answers[6].json()["variables"], answers[6].json()["secrets"]) == (1, 1)
    assert SECRET not in caplog.text
    with shop.db.session() as session:
        rows = list(session.scalars(sa.select(AuditLog).where(AuditLog.tag.startswith("environment."))))
    assert [(row.tag, row.subject) for row in rows] == [
        ("environment.variable_set", "dev/PG_SECRET"),
        ("environment.variable_set", "dev/REGION"),
        ("environment.variable_removed", "dev/PG_SECRET"),
    ]
    assert SECRET not in json.dumps([[row.before, row.after, row.data] for row in rows])


def test_a_secret_whose_key_is_lost_says_so(own_client: TestClient, shop: Shop) -> None:
    own_client.put(f"{DEV}/variables/PG_SECRET", json={"value": SECRET, "secret": True})
    (shop.folder / "encryption" / "keys.json").unlink()
    (item,) = own_client.get(f"{DEV}/variables").json()["items"]
    assert (item["is_secret"], item["is_readable"]) == (True, False)


@pytest.mark.parametrize(
    ("name", "body", "field"),
    [
        ("LD_PRELOAD", {"value": "x"}, "name"),
        ("DBT_TARGET_PATH", {"value": "x"}, "name"),
        ("a-b", {"value": "x"}, "name"),
        ("TOKEN", {"value": "abc", "secret": True}, "value"),
        ("TOKEN", {"value": "x" * 70_000}, "value"),
        ("TOKEN", {"value": "a\0b"}, "value"),
        ("TOKEN", {}, "value"),
    ],
)
def test_a_wrong_variable_is_named(
    own_client: TestClient, shop: Shop, name: str, body: Any, field: str
) -> None:
    assert fields(error_of(own_client.put(f"{DEV}/variables/{name}", json=body), 422, "invalid")) == [field]


def test_what_is_of_another_workspace_is_not_found(own_client: TestClient, shop: Shop) -> None:
    open_shop(shop.db, shop.folder, "other")
    own_client.post(ENVIRONMENTS, json={"key": "ours", "profile_yaml": "type: duckdb"})
    theirs = "/api/workspaces/other/environments/ours"
    for answer in (
        own_client.get(theirs),
        own_client.patch(theirs, json={"name": "Mine"}),
        own_client.delete(theirs),
        own_client.get(f"{theirs}/check"),
        own_client.post(f"{theirs}/test"),
        own_client.get(f"{theirs}/variables"),
        own_client.put(f"{theirs}/variables/A", json={"value": "1"}),
        own_client.delete(f"{theirs}/variables/A"),
    ):
        error_of(answer, 404, "not_found")


def test_an_archived_workspace_is_only_read(own_client: TestClient, shop: Shop) -> None:
    own_client.post("/api/workspaces/shop/archive")
    assert own_client.get(ENVIRONMENTS).status_code == 200
    error_of(own_client.patch(DEV, json={"threads": 1}), 409, "conflict")
    error_of(
        own_client.post(ENVIRONMENTS, json={"key": "x", "profile_yaml": "type: duckdb"}), 409, "conflict"
    )
    error_of(own_client.put(f"{DEV}/variables/A", json={"value": "1"}), 409, "conflict")
    error_of(own_client.delete(f"{DEV}/variables/A"), 409, "conflict")
    error_of(own_client.post(f"{DEV}/test"), 409, "conflict")


# Testing the connection


@pytest.fixture
def launched(own_client: TestClient, monkeypatch: pytest.MonkeyPatch) -> list[Launch]:
    """What was given to Dagster, which takes it."""
    seen: list[Launch] = []

    def launch(given: Launch) -> EngineRun:
        seen.append(given)
        return EngineRun(
            "run-7", given.job_name, RunStatus.QUEUED, clock.now(), tags=given.tags, config=given.config
        )

    app: Any = own_client.app
    monkeypatch.setattr(app.state.workbench.engine, "launch", launch)
    return seen


def test_a_test_is_a_run_of_dbt_debug_and_how_it_ended_is_shown(
    own_client: TestClient, shop: Shop, launched: list[Launch]
) -> None:
    answer = own_client.post(f"{ENVIRONMENTS}/prod/test")
    assert answer.status_code == 202, answer.json()
    assert answer.json()["run_id"] == "run-7"
    (given,) = launched
    assert given.config["ops"]["shop__dbt_command"]["config"] == {
        "environment": "prod",
        "steps": [{"command": "debug", "options": {}}],
    }
    test = own_client.get(f"{ENVIRONMENTS}/prod").json()["last_test"]
    assert (test["run_id"], test["status"], test["message"]) == ("run-7", None, None)
    with shop.db.session() as session:
        session.add(
            RunStep(
                run_id="run-7",
                step=1,
                workspace_id=shop.workspace_id,
                command="dbt debug",
                status="failed",
                message="Connection refused",
                started_at=sa.func.now(),
            )
        )
    items = own_client.get(ENVIRONMENTS).json()["items"]
    shown = {item["key"]: item["last_test"] for item in items}
    assert shown["dev"] is None
    assert (shown["prod"]["status"], shown["prod"]["message"]) == ("failed", "Connection refused")


def test_nothing_can_be_tested_where_nothing_can_run(
    own_client: TestClient, shop: Shop, launched: list[Launch]
) -> None:
    own_client.patch(f"{ENVIRONMENTS}/prod", json={"archived": True})
    error_of(own_client.post(f"{ENVIRONMENTS}/prod/test"), 422, "invalid")
    error_of(own_client.post(f"{ENVIRONMENTS}/moon/test"), 404, "not_found")
    assert launched == []
