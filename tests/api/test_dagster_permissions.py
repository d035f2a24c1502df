"""Dagster's buttons offer what would be let pass, and say why where they do not."""

import json
import re

from dagster._core.workspace.permissions import Permissions
from dagster_graphql.schema import create_schema

from api.dagster_page.permissions import OPERATE, OPERATE_FIELDS, truthful
from core.auth.rights import Scope

ANSWER = {
    "data": {
        "unscopedPermissions": [
            {"permission": "launch_pipeline_execution", "value": True, "disabledReason": None},
            {"permission": "wipe_assets", "value": True, "disabledReason": None},
            {"permission": "of_a_later_dagster", "value": True},
            {"permission": "reload_workspace", "value": False, "disabledReason": "Dagster's own"},
        ],
        "runOrError": {
            "id": "run-1",
            "hasTerminatePermission": True,
            "hasDeletePermission": True,
            "hasSomethingElse": True,
            "stats": [{"hasReExecutePermission": True}],
        },
    }
}


def told(*lacking: Scope) -> dict[str, bool]:
    content = json.loads(truthful(json.dumps(ANSWER).encode(), lacking))["data"]
    run = content["runOrError"]
    fields = {name: value for name, value in run.items() if name.startswith("has")} | run["stats"][0]
    return fields | {item["permission"]: item["value"] for item in content["unscopedPermissions"]}


def test_a_viewer_is_offered_nothing_that_changes_anything() -> None:
    assert {
        name for name, value in told(Scope.DAGSTER_OPERATE, Scope.DAGSTER_ADMINISTER).items() if value
    } == {"hasSomethingElse"}


def test_a_developer_is_offered_what_developers_may() -> None:
    assert {name for name, value in told(Scope.DAGSTER_ADMINISTER).items() if value} == {
        "hasSomethingElse",
        "hasTerminatePermission",
        "hasReExecutePermission",
        "launch_pipeline_execution",
    }


def test_the_reason_is_said_and_dagsters_own_stays() -> None:
    answer = json.loads(truthful(json.dumps(ANSWER).encode(), [Scope.DAGSTER_OPERATE]))
    first, second, _, last = answer["data"]["unscopedPermissions"]
    assert "needs dagster:operate in every workspace" in first["disabledReason"]
    assert second["disabledReason"] is None
    assert last["disabledReason"] == "Dagster's own"


def test_other_answers_are_left_as_they_are() -> None:
    for answer in (b'{"data": {"x":   1}}', b"no JSON, permission", b""):
        assert truthful(answer, [Scope.DAGSTER_OPERATE]) == answer
    whole = json.dumps(ANSWER).encode()
    assert truthful(whole, []) is whole


def test_the_names_are_those_of_the_dagster_that_is_installed() -> None:
    assert {permission.value for permission in Permissions} >= OPERATE
    fields = set(re.findall(r"\bhas\w+Permission\b", str(create_schema())))
    assert fields >= OPERATE_FIELDS
