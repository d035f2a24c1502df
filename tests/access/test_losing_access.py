"""What is taken away is gone with the next request, whatever token was given before."""

from typing import Any

import pytest
import sqlalchemy as sa

from core.auth.models import User
from core.auth.rights import Role
from tests.access.operations import OPERATIONS, Operation
from tests.access.table import COLUMNS, expected
from tests.access.walk import check_refusal, kind_of, requests_of, send
from tests.access.world import PEOPLE, SHOP, World, header
from tests.api.shape import error_of

CLOSED = [operation for operation in OPERATIONS if operation.scope]
IN_SHOP = [operation for operation in CLOSED if operation.in_workspace]
MEMBERS = f"/api/workspaces/{SHOP}/members"


def answers(world: World, operations: list[Operation], headers: Any, home: str = SHOP) -> dict[str, str]:
    """What each operation says, by its label; what it changes is mended."""
    found: dict[str, str] = {}
    for operation in operations:
        request = requests_of(operation, home)[-1]
        response = send(world, operation, request, headers)
        found[operation.label] = kind_of(response)
    return found


def of_table(column: str, operations: list[Operation]) -> dict[str, str]:
    return {
        operation.label: expected(column, operation.scope or "", in_workspace=operation.in_workspace)
        for operation in operations
    }


def put(world: World, name: str, role: str) -> None:
    answer = world.client.put(f"{MEMBERS}/{name}", json={"role": role}, headers=world.bearer("admin"))
    assert answer.status_code == 200


@pytest.mark.parametrize("before", ["developer", "admin"])
def test_a_demoted_member_is_refused_at_once(world: World, before: str) -> None:
    world.mend()
    put(world, "sam", before)
    mine = world.bearer("sam")
    rename = {"description": "new"}
    wanted = 200 if before == "admin" else 403
    assert world.client.patch(f"/api/workspaces/{SHOP}", json=rename, headers=mine).status_code == wanted
    steps = {"steps": [{"command": "build"}]}
    assert world.client.post(f"/api/workspaces/{SHOP}/runs", json=steps, headers=mine).status_code == 201
    put(world, "sam", "viewer")
    assert answers(world, IN_SHOP, mine) == of_table("viewer", IN_SHOP)


def test_a_removed_member_finds_no_workspace_at_once(world: World) -> None:
    world.mend()
    mine = world.bearer("sam")
    assert world.client.get(f"/api/workspaces/{SHOP}", headers=mine).status_code == 200
    answer = world.client.delete(f"{MEMBERS}/sam", headers=world.bearer("admin"))
    assert answer.status_code == 204
    assert answers(world, IN_SHOP, mine) == of_table("outsider", IN_SHOP)
    assert world.client.get("/api/workspaces", headers=mine).json()["items"] == []
    assert world.client.get("/auth/me", headers=mine).json()["memberships"] == []


def test_somebody_who_is_no_instance_admin_any_more_is_what_they_are_a_member_as(world: World) -> None:
    world.mend()
    mine = world.bearer("another instance admin")
    assert world.client.get("/api/admin/users", headers=mine).status_code == 200
    path = f"/api/admin/users/{PEOPLE['another instance admin'].name}"
    answer = world.client.patch(
        path, json={"is_instance_admin": False}, headers=world.bearer("instance admin")
    )
    assert answer.status_code == 200
    put(world, PEOPLE["another instance admin"].name, "viewer")
    assert answers(world, CLOSED, mine) == of_table("viewer", CLOSED)


@pytest.mark.parametrize("column", COLUMNS[1:])
def test_whoever_has_to_change_the_password_can_do_nothing_else(world: World, column: str) -> None:
    world.mend()
    with world.state.db.session() as session:
        mine = User.id == PEOPLE[column].number
        session.execute(sa.update(User).where(mine).values(must_change_password=True))
    for operation in CLOSED:
        if operation.label == "POST /auth/password":
            continue  # it ends what is tested here: the other tests ask it
        response = send(world, operation, requests_of(operation)[0], world.bearer(column))
        if operation.scope == "account:read":
            assert response.status_code == 200, operation.label
        else:
            error_of(response, 403, "password_change_required")


# Tokens of people -----------------------------------------------------------------------------------


def test_a_personal_token_does_what_it_was_narrowed_to_and_no_more(world: World) -> None:
    token = world.add_token(("catalog:read",), owner="admin")
    world.mend()
    for operation in CLOSED:
        response = send(world, operation, requests_of(operation)[0], header(token.text))
        if operation.scope == "catalog:read":
            assert kind_of(response) == "ok", operation.label
        else:
            details = error_of(response, 403, "forbidden")["details"]
            assert {"field": "scope", "message": operation.scope} in details, operation.label


def test_a_personal_token_narrowed_to_another_workspace_finds_this_one_nowhere(world: World) -> None:
    token = world.add_token(world.personal.scopes, owner="admin of both", workspace="other")
    world.mend()
    assert set(answers(world, IN_SHOP, header(token.text)).values()) == {"404"}
    listed = world.client.get("/api/workspaces", headers=header(token.text)).json()["items"]
    assert [item["key"] for item in listed] == ["other"]
    assert world.client.get("/api/workspaces/other/models", headers=header(token.text)).status_code == 200


def test_a_narrowed_token_of_an_instance_admin_is_admin_of_one_workspace_only(world: World) -> None:
    token = world.add_token(world.personal.scopes, owner="instance admin", workspace="other")
    world.mend()
    assert set(answers(world, IN_SHOP, header(token.text)).values()) == {"404"}
    for path in ("/api/admin/users", "/api/admin/audit", "/api/admin/audit/export"):
        error_of(world.client.get(path, headers=header(token.text)), 403, "forbidden")


def test_a_personal_token_falls_with_the_role_of_its_owner(world: World) -> None:
    token = world.add_token(("run:start", "run:read"), owner="sam")
    world.mend()
    runs = f"/api/workspaces/{SHOP}/runs"
    put(world, "sam", "developer")
    steps = {"steps": [{"command": "build"}]}
    assert world.client.post(runs, json=steps, headers=header(token.text)).status_code == 201
    put(world, "sam", "viewer")
    error_of(world.client.post(runs, json=steps, headers=header(token.text)), 403, "forbidden")
    assert world.client.get(runs, headers=header(token.text)).status_code == 200
    world.client.delete(f"{MEMBERS}/sam", headers=world.bearer("admin"))
    error_of(world.client.get(runs, headers=header(token.text)), 404, "not_found")


def test_nobody_can_give_a_token_what_they_do_not_hold(world: World) -> None:
    world.mend()
    for column in ("viewer", "developer", "admin"):
        for scope in world.personal.scopes:
            body = {"name": "x", "scopes": [scope], "workspace": SHOP, "expires_in_days": 1}
            answer = world.client.post("/auth/tokens", json=body, headers=world.bearer(column))
            held = expected(column, scope, in_workspace=False) == "ok"
            assert answer.status_code == (201 if held else 403), (column, scope, answer.text)


# Service tokens --------------------------------------------------------------------------------------


def test_a_service_token_of_another_workspace_finds_this_one_nowhere(world: World) -> None:
    token = world.add_token(world.service.scopes, workspace="other")
    world.mend()
    assert set(answers(world, IN_SHOP, header(token.text)).values()) == {"404"}
    beyond = [o for o in CLOSED if expected("admin", o.scope or "", in_workspace=False) == "403"]
    for operation in beyond:
        if not operation.in_workspace:
            response = send(world, operation, requests_of(operation)[0], header(token.text))
            error_of(response, 403, "forbidden")


def test_a_service_token_outlives_whoever_made_it_but_not_its_workspace_scope(world: World) -> None:
    world.mend()
    body = {"name": "ci", "scopes": ["run:read"], "expires_in_days": 1}
    path = f"/api/workspaces/{SHOP}/tokens"
    made = world.client.post(path, json=body, headers=world.bearer("admin")).json()
    ada = f"/api/admin/users/{PEOPLE['admin'].name}"
    assert world.client.delete(ada, headers=world.bearer("instance admin")).status_code == 204
    mine = header(made["token"])
    assert world.client.get(f"/api/workspaces/{SHOP}/runs", headers=mine).status_code == 200
    error_of(world.client.get(path, headers=mine), 403, "forbidden")


# Any token -------------------------------------------------------------------------------------------

FORBIDDEN = tuple(
    sorted({str(operation.scope) for operation in CLOSED} | {"workspace:manage", "user:manage"})
)


@pytest.mark.parametrize("kind", ["personal", "service", "a row with every scope"])
def test_no_token_reaches_what_only_people_may(world: World, kind: str, not_for_tokens: Any) -> None:
    tokens = {
        "personal": world.personal,
        "service": world.service,
        "a row with every scope": world.add_token(FORBIDDEN, owner="instance admin"),
    }
    world.mend()
    for operation in CLOSED:
        if operation.scope in not_for_tokens:
            for request in requests_of(operation):
                response = send(world, operation, request, header(tokens[kind].text))
                check_refusal_of_token(response, operation)


def check_refusal_of_token(response: Any, operation: Operation) -> None:
    details = error_of(response, 403, "forbidden")["details"]
    assert {"field": "scope", "message": operation.scope} in details, operation.label


@pytest.mark.parametrize("path", ["/auth/tokens", f"/api/workspaces/{SHOP}/tokens"])
def test_no_token_can_be_made_with_such_a_scope(world: World, path: str, not_for_tokens: Any) -> None:
    world.mend()
    for scope in (*not_for_tokens, "everything", "*", ""):
        body = {"name": "x", "scopes": [scope], "expires_in_days": 1}
        answer = world.client.post(path, json=body, headers=world.bearer("instance admin"))
        error_of(answer, 422, "invalid")


def test_a_refusal_of_a_token_of_the_wrong_role_names_the_role(world: World) -> None:
    token = world.add_token(("workspace:edit",), owner="viewer")
    world.mend()
    operation = next(o for o in CLOSED if o.scope == "workspace:edit")
    check_refusal(
        send(world, operation, requests_of(operation)[0], header(token.text)),
        "403",
        "workspace:edit",
        operation,
    )


def test_roles_are_those_of_the_table() -> None:
    assert [str(role) for role in Role] == ["viewer", "developer", "admin"]
