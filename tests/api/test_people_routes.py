"""Users, members, workspaces, tokens and the audit log over HTTP, as their admins use them."""

import csv
import io
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from core.audit import reading
from core.audit.reading import AuditFilter
from core.auth import api_tokens, first_admin
from core.kit.settings import Settings
from tests.api.conftest import client_of
from tests.api.shape import error_of, fields

TINY = Path(__file__).parents[1] / "projects" / "tiny"
PASSWORD = "seven purple trains"


class House:
    """An installation with login, and whoever is asked for."""

    def __init__(self, client: TestClient) -> None:
        self.client = client
        self.state = client.app.state.workbench
        self.heads: dict[str, dict[str, str]] = {}

    def head(self, name: str) -> dict[str, str]:
        if name not in self.heads:
            body = {"username": name, "password": PASSWORD, "delivery": "body"}
            token = self.client.post("/auth/login", json=body).json()["access_token"]
            self.heads[name] = {"authorization": f"Bearer {token}"}
        return self.heads[name]

    def ask(self, who: str, method: str, path: str, /, **body: Any) -> Any:
        return self.client.request(method, path, headers=self.head(who), json=body or None)

    def ok(self, who: str, method: str, path: str, /, **body: Any) -> Any:
        response = self.ask(who, method, path, **body)
        assert response.is_success, response.text
        return response.json() if response.content else None

    def rows(self, **wanted: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.client.get(
            "/api/admin/audit", headers=self.head("admin"), params=wanted
        ).json()["items"]
        return items


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[House]:
    values = {
        "DATABASE_URL": database_url,
        "WORKBENCH_DATA": tmp_path,
        "AUTH_ENABLED": "true",
        "ADMIN_PASSWORD": PASSWORD,
    }
    settings = Settings.model_validate(values)
    with client_of(settings) as client:
        state = client.app.state.workbench
        with state.db.session() as session:
            first_admin.ensure(session, settings)
        house = House(client)
        for key in ("shop", "bank"):
            house.ok("admin", "POST", "/api/workspaces", key=key, name=key.title())
        for name in ("ann", "bob"):
            house.ok("admin", "POST", "/api/admin/users", username=name, password=PASSWORD)
        house.ok("admin", "PUT", "/api/workspaces/shop/members/ann", role="admin")
        yield house


def test_an_admin_of_a_workspace_decides_who_is_a_member(house: House) -> None:
    added = house.ok("ann", "PUT", "/api/workspaces/shop/members/bob", role="viewer")
    assert (added["username"], added["role"]) == ("bob", "viewer")
    listed = house.ok("bob", "GET", "/api/workspaces/shop/members")
    assert [(item["username"], item["role"]) for item in listed["items"]] == [
        ("ann", "admin"),
        ("bob", "viewer"),
    ]
    refused = error_of(
        house.ask("bob", "PUT", "/api/workspaces/shop/members/bob", role="admin"), 403, "forbidden"
    )
    assert refused["message"] == "This needs the role admin in the workspace shop; yours there is viewer."
    assert {item["field"]: item["message"] for item in refused["details"]} == {
        "scope": "member:manage",
        "workspace": "shop",
        "role": "admin",
        "held": "viewer",
    }
    house.ok("ann", "PUT", "/api/workspaces/shop/members/bob", role="developer")
    (change,) = house.rows(tag="member.set", actor="ann", q="developer")
    assert (change["before"], change["after"]) == ({"role": "viewer"}, {"role": "developer"})
    house.ok("ann", "DELETE", "/api/workspaces/shop/members/bob")
    error_of(house.ask("bob", "GET", "/api/workspaces/shop"), 404, "not_found")
    error_of(house.ask("ann", "DELETE", "/api/workspaces/shop/members/bob"), 404, "not_found")
    error_of(house.ask("ann", "PUT", "/api/workspaces/shop/members/zoe", role="viewer"), 404, "not_found")
    error = error_of(
        house.ask("ann", "PUT", "/api/workspaces/shop/members/bob", role="owner"), 422, "invalid"
    )
    assert fields(error) == ["role"]


def test_one_sees_only_workspaces_that_one_is_a_member_of(house: House) -> None:
    assert [item["key"] for item in house.ok("ann", "GET", "/api/workspaces")["items"]] == ["shop"]
    assert [item["key"] for item in house.ok("admin", "GET", "/api/workspaces")["items"]] == ["bank", "shop"]
    unknown = error_of(house.ask("ann", "GET", "/api/workspaces/nothing"), 404, "not_found")
    foreign = error_of(house.ask("ann", "GET", "/api/workspaces/bank"), 404, "not_found")
    assert foreign["message"].replace("bank", "nothing") == unknown["message"]
    assert foreign["hint"] == unknown["hint"]
    (row,) = house.rows(actor="ann", tag="access.refused", workspace="bank")
    assert row["data"]["path"] == "/api/workspaces/bank"


def test_a_workspace_is_changed_archived_and_restored(house: House) -> None:
    changed = house.ok("ann", "PATCH", "/api/workspaces/shop", name="The Shop", description="All of it")
    assert (changed["name"], changed["description"], changed["role"]) == ("The Shop", "All of it", "admin")
    assert fields(error_of(house.ask("ann", "PATCH", "/api/workspaces/shop", name=" "), 422, "invalid")) == [
        "name"
    ]
    error_of(house.ask("ann", "POST", "/api/workspaces/shop/archive"), 403, "forbidden")
    assert house.ok("admin", "POST", "/api/workspaces/shop/archive")["archived_at"]
    assert house.ok("ann", "GET", "/api/workspaces")["items"] == []
    assert [w["key"] for w in house.ok("ann", "GET", "/api/workspaces?archived=true")["items"]] == ["shop"]
    assert house.ok("ann", "GET", "/api/workspaces/shop/overview")
    error_of(house.ask("ann", "PATCH", "/api/workspaces/shop", name="x"), 409, "conflict")
    run = house.ask("ann", "POST", "/api/workspaces/shop/runs", steps=[{"command": "build"}])
    assert "archived" in error_of(run, 409, "conflict")["message"]
    again = house.ask("admin", "POST", "/api/workspaces", key="shop", name="Shop")
    assert "archived" in error_of(again, 409, "conflict")["message"]
    assert house.ok("admin", "POST", "/api/workspaces/shop/restore")["archived_at"] is None
    assert [row["tag"] for row in house.rows(subject="shop", tag="workspace.*")] == [
        "workspace.restored",
        "workspace.archived",
        "workspace.changed",
        "workspace.added",
    ]


def test_a_workspace_without_a_project_says_so(house: House) -> None:
    shop = house.ok("ann", "GET", "/api/workspaces/shop")
    assert (shop["has_project"], shop["state"]) == (False, "new")
    run = house.ask("ann", "POST", "/api/workspaces/shop/runs", steps=[{"command": "build"}])
    assert "has no dbt project" in error_of(run, 409, "conflict")["message"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"key": "Shop", "name": "x"}, 422, "key"),
        ({"key": "../x", "name": "x"}, 422, "key"),
        ({"key": "", "name": "x"}, 422, "key"),
        ({"key": "new", "name": " "}, 422, "name"),
        ({"key": "bank", "name": "x"}, 409, "key"),
        ({"key": "new", "name": "x", "project_dir": "relative"}, 422, "project_dir"),
        ({"key": "new", "name": "x", "project_dir": "/"}, 422, "project_dir"),
        ({"key": "new", "name": "x", "project_dir": "/nowhere/at/all"}, 422, "project_dir"),
        ({"key": "new", "name": "x", "project_dir": "/\0"}, 422, "project_dir"),
    ],
)
def test_a_workspace_that_cannot_be_is_refused_by_field(
    house: House, body: dict[str, Any], status: int, field: str
) -> None:
    response = house.ask("admin", "POST", "/api/workspaces", **body)
    assert fields(error_of(response, status, {422: "invalid", 409: "conflict"}[status])) == [field]
    assert len(house.ok("admin", "GET", "/api/workspaces")["items"]) == 2


def test_a_workspace_with_a_project_is_parsed(house: House) -> None:
    body = {"key": "tiny_one", "name": "Tiny", "project_dir": str(TINY)}
    assert house.ok("admin", "POST", "/api/workspaces", **body)["state"] == "new"
    found = house.ok("admin", "GET", "/api/workspaces/tiny_one")
    assert found["state"] == "ready", found["state_message"]
    assert found["node_counts"]["model"] > 0
    assert found["project_dir"] == str(TINY)
    house.ok("admin", "PUT", "/api/workspaces/tiny_one/members/bob", role="viewer")
    assert house.ok("bob", "GET", "/api/workspaces/tiny_one")["project_dir"] is None
    twice = house.ask("admin", "POST", "/api/workspaces", **{**body, "key": "tiny_two"})
    assert fields(error_of(twice, 409, "conflict")) == ["project_dir"]


def test_a_token_of_ones_own_does_what_it_was_made_for(house: House) -> None:
    made = house.ok(
        "ann", "POST", "/auth/tokens", name="ci", scopes=["run:read", "workspace:read"], expires_in_days=30
    )
    assert made["token"].startswith("dbtwb_pat_")
    head = {"authorization": f"Bearer {made['token']}"}
    assert house.client.get("/api/workspaces/shop", headers=head).status_code == 200
    refused = error_of(house.client.get("/api/workspaces/shop/models", headers=head), 403, "forbidden")
    assert "does not carry the scope catalog:read" in refused["message"]
    never = error_of(house.client.get("/auth/tokens", headers=head), 403, "forbidden")
    assert "No API token may do this" in never["message"]
    (item,) = house.ok("ann", "GET", "/auth/tokens")["items"]
    assert made["token"] not in json.dumps(item)
    assert (item["name"], item["last_used_address"], item["is_expired"]) == ("ci", "testclient", False)
    assert made["token"].startswith(item["prefix"])
    assert item["last_used_at"]
    error_of(house.ask("bob", "DELETE", f"/auth/tokens/{item['id']}"), 404, "not_found")
    house.ok("ann", "DELETE", f"/auth/tokens/{item['id']}")
    error_of(house.client.get("/api/workspaces/shop", headers=head), 401, "unauthenticated")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "", "scopes": ["run:read"]}, "name"),
        ({"name": "x", "scopes": []}, "scopes"),
        ({"name": "x", "scopes": ["everything"]}, "scopes"),
        ({"name": "x", "scopes": ["user:manage"]}, "scopes"),
        ({"name": "x", "scopes": ["run:read"], "expires_in_days": 0}, "expires_in_days"),
        ({"name": "x", "scopes": ["run:read"], "expires_in_days": 366}, "expires_in_days"),
    ],
)
def test_a_token_that_cannot_be_is_refused_by_field(house: House, body: dict[str, Any], field: str) -> None:
    for path in ("/auth/tokens", "/api/workspaces/shop/tokens"):
        assert fields(error_of(house.ask("ann", "POST", path, **body), 422, "invalid")) == [field]


def test_nobody_gives_a_token_more_than_they_hold(house: House) -> None:
    house.ok("ann", "PUT", "/api/workspaces/shop/members/bob", role="viewer")
    for scope in ("run:start", "audit:read", "audit:read-all"):
        error_of(house.ask("bob", "POST", "/auth/tokens", name="x", scopes=[scope]), 403, "forbidden")
    error_of(
        house.ask("bob", "POST", "/auth/tokens", name="x", scopes=["run:read"], workspace="bank"),
        404,
        "not_found",
    )


def test_a_service_token_belongs_to_its_workspace(house: House) -> None:
    made = house.ok(
        "ann",
        "POST",
        "/api/workspaces/shop/tokens",
        name="nightly",
        scopes=["workspace:read", "workspace:list"],
    )
    assert made["token"].startswith("dbtwb_svc_")
    head = {"authorization": f"Bearer {made['token']}"}
    listed = house.client.get("/api/workspaces", headers=head).json()["items"]
    assert [item["key"] for item in listed] == ["shop"]
    error_of(house.client.get("/api/workspaces/bank", headers=head), 404, "not_found")
    house.ok("admin", "DELETE", "/api/admin/users/ann")
    assert house.client.get("/api/workspaces/shop", headers=head).status_code == 200
    error_of(
        house.ask("admin", "DELETE", f"/api/workspaces/bank/tokens/{made['item']['id']}"), 404, "not_found"
    )
    house.ok("admin", "DELETE", f"/api/workspaces/shop/tokens/{made['item']['id']}")
    error_of(house.client.get("/api/workspaces/shop", headers=head), 401, "unauthenticated")
    beyond = house.ask("admin", "POST", "/api/workspaces/shop/tokens", name="x", scopes=["audit:read-all"])
    assert fields(error_of(beyond, 422, "invalid")) == ["scopes"]


def test_the_products_own_token_is_shown_nowhere_and_replaced(house: House) -> None:
    with house.state.db.session() as session:
        first = api_tokens.issue_system_token(session)
    with house.state.db.session() as session:
        second = api_tokens.issue_system_token(session)
    assert (
        house.client.get("/api/workspaces", headers={"authorization": f"Bearer {second}"}).json()["total"]
        == 2
    )
    error_of(
        house.client.get("/api/workspaces", headers={"authorization": f"Bearer {first}"}),
        401,
        "unauthenticated",
    )
    error_of(
        house.client.get("/api/admin/users", headers={"authorization": f"Bearer {second}"}), 403, "forbidden"
    )
    assert house.ok("admin", "GET", "/api/workspaces/shop/tokens")["items"] == []


def test_people_are_managed_by_the_instance_admin(house: House) -> None:
    page = house.ok("admin", "GET", "/api/admin/users?limit=2")
    assert [item["username"] for item in page["items"]] == ["admin", "ann"]
    rest = house.ok("admin", "GET", f"/api/admin/users?limit=2&cursor={page['next_cursor']}")
    assert ([item["username"] for item in rest["items"]], rest["next_cursor"], rest["total"]) == (
        ["bob"],
        None,
        3,
    )
    assert house.ok("admin", "GET", "/api/admin/users?q=NN")["items"][0]["memberships"] == [
        {"workspace": "shop", "role": "admin"}
    ]
    assert house.ok("admin", "GET", "/api/admin/users?q=%25")["items"] == []
    house.head("ann")
    assert house.ok("admin", "PATCH", "/api/admin/users/ann", is_active=False)["is_active"] is False
    error_of(house.ask("ann", "GET", "/auth/me"), 401, "unauthenticated")
    assert [u["username"] for u in house.ok("admin", "GET", "/api/admin/users?active=false")["items"]] == [
        "ann"
    ]
    house.head("bob")
    house.ok("admin", "POST", "/api/admin/users/bob/sign-out")
    error_of(house.ask("bob", "GET", "/auth/me"), 401, "unauthenticated")
    reset = house.ok("admin", "POST", "/api/admin/users/bob/reset-password")
    assert reset["password"]
    assert reset["user"]["must_change_password"]
    house.ok("admin", "DELETE", "/api/admin/users/bob")
    error_of(house.ask("admin", "GET", "/api/admin/users/bob"), 404, "not_found")
    last = house.ask("admin", "PATCH", "/api/admin/users/admin", is_instance_admin=False)
    assert "No active instance admin" in error_of(last, 409, "conflict")["message"]


def test_the_audit_log_tells_who_what_from_where(house: House) -> None:
    row = house.rows(tag="user.added", subject="ann")[0]
    assert (row["actor"], row["address"], row["before"]) == ("admin", "testclient", None)
    assert row["after"]["username"] == "ann"
    assert PASSWORD not in json.dumps(house.rows(limit="200"))
    assert len(row["request_id"]) == 32
    house.ok("ann", "PATCH", "/api/workspaces/shop", description="x")
    mine = house.ok("ann", "GET", "/api/workspaces/shop/audit?limit=1")
    assert (mine["items"][0]["tag"], mine["items"][0]["after"]) == ("workspace.changed", {"description": "x"})
    older = house.ok("ann", "GET", f"/api/workspaces/shop/audit?cursor={mine['next_cursor']}")
    assert {item["workspace"] for item in older["items"]} == {"shop"}
    assert older["total"] == mine["total"] == len(older["items"]) + 1
    assert house.ok("ann", "GET", "/api/workspaces/shop/audit/facets")["actors"] == ["admin", "ann"]
    assert "login.succeeded" in house.ok("admin", "GET", "/api/admin/audit/facets")["tags"]
    assert house.rows(**{"from": "2999-01-01T00:00:00Z"}) == []
    assert house.rows(q="%") == house.rows(q="no such text") == []
    wrong = house.ask("admin", "GET", "/api/admin/audit?from=yesterday&cursor=x")
    assert fields(error_of(wrong, 422, "invalid")) == ["from"]


def test_the_audit_log_is_exported_and_that_is_noted_too(house: House) -> None:
    house.ok("ann", "PATCH", "/api/workspaces/shop", description="=cmd()", name="two\nlines")
    lines = house.ask("ann", "GET", "/api/workspaces/shop/audit/export")
    assert lines.headers["content-type"].startswith("application/x-ndjson")
    assert 'filename="audit-shop-' in lines.headers["content-disposition"]
    rows = [json.loads(line) for line in lines.text.splitlines()]
    assert [row["id"] for row in rows] == sorted(row["id"] for row in rows)
    assert {row["workspace"] for row in rows} == {"shop"}
    assert rows[-1]["tag"] == "audit.exported"
    table = house.ask("admin", "GET", "/api/admin/audit/export?format=csv&workspace=shop")
    read = list(csv.DictReader(io.StringIO(table.text)))
    assert [row["tag"] for row in read[:-1]] == [row["tag"] for row in rows]
    assert not any(cell.startswith("=") for row in read for cell in row.values())
    error_of(house.ask("ann", "GET", "/api/workspaces/shop/audit/export?format=xml"), 422, "invalid")


def test_roles_are_explained_by_the_table_that_the_code_goes_by(house: House) -> None:
    roles = house.ok("bob", "GET", "/api/roles")
    assert [level["key"] for level in roles["levels"]] == [
        "person",
        "viewer",
        "developer",
        "admin",
        "instance_admin",
    ]
    right = next(right for right in roles["rights"] if right["scope"] == "run:start")
    assert (right["level"], right["tokens"]) == ("developer", True)


def test_who_is_added_and_removed_at_once_is_one_or_the_other(house: House) -> None:
    def change(number: int) -> int:
        path = "/api/workspaces/shop/members/bob"
        if number % 2:
            return house.ask("admin", "PUT", path, role="viewer").status_code
        return house.ask("admin", "DELETE", path).status_code

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(change, range(60)))
    assert found <= {200, 204, 404}


def test_an_export_that_nobody_reads_holds_no_connection(house: House) -> None:
    db = house.state.db
    for kind in ("jsonl", "csv"):
        lines = reading.export(db, AuditFilter(), kind, {})
        assert [next(lines), next(lines)]
        assert db.engine.pool.checkedout() == 0
