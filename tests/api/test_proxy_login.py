"""Dagster's page behind the login: who gets in, who may change what, and what is noted of it."""

import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient
from httpx import Response
from hypothesis import HealthCheck, given, settings
from starlette.testclient import WebSocketDenialResponse
from starlette.websockets import WebSocketDisconnect

from api.dagster_page import sockets
from api.dagster_page.graphql import MUTATIONS
from api.kit.access import PAGE_COOKIE
from core.audit.models import AuditLog
from core.auth import api_tokens, people
from core.auth.actor import local_admin
from core.auth.passwords import PasswordRules
from core.auth.people import NewPerson
from core.auth.rights import Role, Scope
from core.kit.settings import Settings
from core.workspaces import members
from core.workspaces import service as workspaces
from tests.api.conftest import LOCAL, address_of, client_of, settings_of
from tests.api.shape import error_of, fields
from tests.api.test_dagster_graphql import DOCUMENTS, executed
from tests.api.upstream import Upstream, running
from tests.core.building import Shop, open_shop, shared_shop

SOCKET = "ws://127.0.0.1:8580/dagster/graphql"
PROTOCOL = ["graphql-ws"]
OPEN = {"origin": LOCAL}
PASSWORD = "seven purple trains"
NAVIGATE = {"accept": "text/html,*/*;q=0.8", "sec-fetch-mode": "navigate"}
ROLES = {
    "vera": {"shop": Role.VIEWER, "second": Role.VIEWER},
    "dora": {"shop": Role.DEVELOPER, "second": Role.ADMIN},
    "adam": {"shop": Role.ADMIN, "second": Role.ADMIN},
    "mixed": {"shop": Role.DEVELOPER, "second": Role.VIEWER},
    "half": {"shop": Role.ADMIN},
    "none": {},
}
READ, OPERATE, ADMINISTER = Scope.DAGSTER_READ, Scope.DAGSTER_OPERATE, Scope.DAGSTER_ADMINISTER
MAY = {
    "vera": {READ},
    "mixed": {READ},
    "dora": {READ, OPERATE},
    "adam": {READ, OPERATE, ADMINISTER},
    "root": {READ, OPERATE, ADMINISTER},
    "half": set(),
    "none": set(),
}


@dataclass
class House:
    """An installation with login, people of every role, and Dagster behind it."""

    shop: Shop
    settings: Settings
    upstream: Upstream

    def client(self, name: str | None) -> TestClient:
        """A browser in which this person is logged in; it knows the cookies only."""
        client = client_of(self.settings)
        if name is not None:
            answer = client.post("/auth/login", json={"username": name, "password": PASSWORD})
            assert answer.status_code == 200, answer.text
        return client

    def noted(self) -> list[AuditLog]:
        """The audit log of Dagster's page, oldest first."""
        tags = ("dagster.mutation", "access.refused", "credential.refused")
        with self.shop.db.session() as session:
            query = sa.select(AuditLog).where(AuditLog.tag.in_(tags)).order_by(AuditLog.id)
            return list(session.scalars(query))


def add_people(house: House) -> None:
    rules, admin = PasswordRules.of(house.settings), local_admin()
    with house.shop.db.session() as session:
        for name in (*ROLES, "root"):
            person = NewPerson(name, password=PASSWORD, is_instance_admin=name == "root")
            people.add(session, admin, rules, person)
            people.require(session, name).must_change_password = False
        for name, places in ROLES.items():
            for key, role in places.items():
                members.put(session, admin, workspaces.require(session, key), name, role)


@pytest.fixture(scope="module")
def house(postgres_url: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    with shared_shop(postgres_url, template, folder) as shop, running() as upstream:
        open_shop(shop.db, folder, "second")
        given = settings_of(address_of(shop), folder, upstream.url)
        found = House(shop, given.model_copy(update={"auth_enabled": True}), upstream)
        add_people(found)
        yield found


@pytest.fixture(scope="module")
def browsers(house: House) -> Iterator[dict[str | None, TestClient]]:
    """A browser for everybody, None for nobody."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(house.client(name)) for name in (*MAY, None)}


def ask(client: TestClient, query: str, **more: Any) -> Response:
    return client.post("/dagster/graphql", json={"query": query, **more})


# --- Who gets in.


def test_nobody_is_led_to_the_login_and_back(browsers: dict[str | None, TestClient]) -> None:
    for method in ("GET", "HEAD"):
        answer = browsers[None].request(
            method, "/dagster/runs?a=b&c=%20", headers=NAVIGATE, follow_redirects=False
        )
        assert answer.status_code == 303
        assert answer.headers["location"] == "/login?next=/dagster/runs%3Fa%3Db%26c%3D%2520"
        assert answer.headers["cache-control"] == "no-store"


def test_an_address_of_another_site_is_not_where_the_login_leads(
    browsers: dict[str | None, TestClient],
) -> None:
    answer = browsers[None].get("/dagster//evil.example/", headers=NAVIGATE, follow_redirects=False)
    assert answer.headers["location"] == "/login?next=/dagster//evil.example/"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/dagster/x.js"), ("POST", "/dagster/graphql"), ("POST", "/dagster/x"), ("OPTIONS", "/dagster")],
)
def test_nobody_gets_nothing_else(browsers: dict[str | None, TestClient], method: str, path: str) -> None:
    answer = browsers[None].request(method, path, headers={"accept": "*/*"})
    error_of(answer, 401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"
    posted = browsers[None].post(path, headers=NAVIGATE)
    error_of(posted, 401, "unauthenticated")


@pytest.mark.parametrize("value", ["", "x", "null", "é", "x" * 5000])
def test_a_cookie_that_is_none_of_ours(house: House, value: str) -> None:
    with client_of(house.settings) as client:
        headers = {"cookie": f"{PAGE_COOKIE}={value}".encode()}
        error_of(client.get("/dagster/x.js", headers=headers), 401, "unauthenticated")


def test_the_cookie_of_the_refresh_token_opens_nothing(house: House) -> None:
    with house.client("root") as client:
        token = client.cookies["workbench_refresh"]
        client.cookies.clear()
        error_of(client.get("/dagster/x", cookies={PAGE_COOKIE: token}), 401, "unauthenticated")


@pytest.mark.parametrize("name", sorted(MAY))
def test_who_sees_every_workspace_gets_the_page(browsers: dict[str | None, TestClient], name: str) -> None:
    answer = browsers[name].get("/dagster/x", headers=NAVIGATE)
    assert (answer.status_code == 200) is (READ in MAY[name])


@pytest.mark.parametrize("name", ["half", "none"])
def test_who_does_not_is_told_why_on_a_page_without_a_script(
    house: House, browsers: dict[str | None, TestClient], name: str
) -> None:
    before = len(house.noted())
    answer = browsers[name].get("/dagster/runs", headers=NAVIGATE)
    assert answer.status_code == 403
    assert answer.headers["content-type"].startswith("text/html")
    assert "Dagster&#x27;s page shows every workspace" in answer.text
    assert "second" not in answer.text
    assert "<script" not in answer.text
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert answer.headers.get_list("content-security-policy") == [policy]
    assert [(row.actor, row.tag) for row in house.noted()[before:]] == [(name, "access.refused")]


@pytest.mark.parametrize("name", ["half", "none"])
def test_others_get_the_reason_as_json(
    house: House, browsers: dict[str | None, TestClient], name: str
) -> None:
    for answer in (
        browsers[name].get("/dagster/x.js", headers={"accept": "*/*"}),
        ask(browsers[name], "{version}"),
        browsers[name].get("/dagster/graphql?query={version}"),
    ):
        error = error_of(answer, 403, "forbidden")
        assert "every workspace" in error["message"]
        assert "second" not in answer.text
        assert "scope" in fields(error)


def test_archiving_a_workspace_opens_its_runs_to_nobody(house: House) -> None:
    admin = local_admin()
    with house.client("half") as client:
        assert client.get("/dagster/x").status_code == 403
        with house.shop.db.session() as session:
            workspaces.archive(session, admin, workspaces.require(session, "second"))
        try:
            assert client.get("/dagster/x").status_code == 403
        finally:
            with house.shop.db.session() as session:
                workspaces.restore(session, admin, workspaces.require(session, "second"))


def test_a_session_that_ended_opens_nothing_more(house: House) -> None:
    with house.client("adam") as client:
        assert client.get("/dagster/x").status_code == 200
        cookie = client.cookies[PAGE_COOKIE]
        csrf = {"x-csrf-token": client.cookies["workbench_csrf"]}
        assert client.post("/auth/logout", headers=csrf).status_code == 204
        error_of(client.get("/dagster/x", cookies={PAGE_COOKIE: cookie}), 401, "unauthenticated")


def test_a_token_opens_it_without_a_cookie(house: House) -> None:
    with house.client("dora") as client:
        login = client.post("/auth/login", json={"username": "dora", "password": PASSWORD}).json()
        client.cookies.clear()
        bearer = {"authorization": f"Bearer {login['access_token']}"}
        assert client.get("/dagster/x", headers=bearer).status_code == 200
        assert client.post("/dagster/x", headers=bearer).status_code == 200
        with house.shop.db.session() as session:
            system = {"authorization": f"Bearer {api_tokens.issue_system_token(session)}"}
        error_of(client.get("/dagster/x", headers=system), 403, "forbidden")
        with house.shop.db.session() as session:
            api_tokens.revoke_system_token(session)
        error_of(client.get("/dagster/x", headers=system), 401, "unauthenticated")


# --- Who may change what.


@pytest.mark.parametrize("name", sorted(name for name in MAY if MAY[name]))
def test_each_mutation_is_for_those_who_hold_its_right_everywhere(
    house: House, browsers: dict[str | None, TestClient], name: str
) -> None:
    for field in [*MUTATIONS, "somethingNew"]:
        before, noted = len(house.upstream.bodies), len(house.noted())
        scope = MUTATIONS.get(field, ADMINISTER)
        variables = {"runId": "r1", "config": "secret"}
        query = f"mutation M {{ {field} }}"
        answer = ask(browsers[name], query, operationName="M", variables=variables)
        rows = house.noted()[noted:]
        if scope in MAY[name]:
            assert answer.status_code == 200, answer.text
            assert house.upstream.bodies[before:] == [
                {"query": query, "variables": variables, "operationName": "M"}
            ]
            assert [row.tag for row in rows] == ([] if scope == READ else ["dagster.mutation"])
        else:
            assert answer.status_code == 403
            assert len(house.upstream.bodies) == before
            assert [row.tag for row in rows] == ["access.refused"]
            assert field in rows[0].data["because"]
        for row in rows:
            assert row.actor == name
            assert "secret" not in json.dumps(row.data)
            if row.tag == "dagster.mutation":
                assert (row.subject, row.data) == ("r1", {"mutations": [field], "operation": "M"})


def test_a_refusal_has_our_shape_and_what_dagsters_page_shows(browsers: dict[str | None, TestClient]) -> None:
    answer = ask(browsers["mixed"], "mutation { launchRun { __typename } }")
    assert answer.status_code == 403
    body = answer.json()
    assert body["error"]["code"] == "forbidden"
    assert body["error"]["request_id"] == answer.headers["x-request-id"]
    assert {"field": "scope", "message": "dagster:operate"} in body["error"]["details"]
    assert body["data"] is None
    assert body["errors"] == [{"message": body["error"]["message"]}]
    assert "second" in body["errors"][0]["message"]
    assert "launchRun" in body["errors"][0]["message"]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(DOCUMENTS)
def test_no_document_lets_a_viewer_change_anything(
    house: House, browsers: dict[str | None, TestClient], text: str
) -> None:
    for name in (None, "A", "B"):
        del house.upstream.bodies[:]
        ask(browsers["vera"], text, operationName=name)
        for body in house.upstream.bodies:
            done = executed(body["query"], body.get("operationName"))
            assert {MUTATIONS.get(field, ADMINISTER) for field in done} <= {READ}


def test_queries_are_for_all_and_not_noted(house: House, browsers: dict[str | None, TestClient]) -> None:
    before = len(house.noted())
    assert ask(browsers["vera"], "{version}").status_code == 200
    asked = "query A {version} mutation B {launchRun}"
    assert ask(browsers["vera"], asked, operationName="A").status_code == 200
    assert ask(browsers["vera"], asked, operationName="B").status_code == 403
    assert ask(browsers["vera"], asked).status_code == 403
    assert [row.tag for row in house.noted()[before:]] == ["access.refused"] * 2


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"[]", "application/json"),
        (b'[{"query": "mutation {deleteRun}"}]', "application/json"),
        (b"{", "application/json"),
        (b'{"query": "{"}', "application/json"),
        (b'{"query": "\\ud800"}', "application/json"),
        (b'{"query": "mutation {deleteRun}"}', "text/plain"),
        (b"query=mutation", "application/x-www-form-urlencoded"),
        (b"", ""),
    ],
)
def test_what_cannot_be_read_never_reaches_dagster(
    house: House, browsers: dict[str | None, TestClient], content: bytes, kind: str
) -> None:
    before = len(house.upstream.bodies)
    answer = browsers["root"].post("/dagster/graphql", content=content, headers={"content-type": kind})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_request"
    assert answer.json()["errors"]
    assert len(house.upstream.bodies) == before


def test_other_ways_of_sending_are_judged_too(house: House, browsers: dict[str | None, TestClient]) -> None:
    mutation = "mutation{deleteRun}"
    as_text = {"content-type": "application/graphql"}
    for name, status in (("vera", 403), ("adam", 200)):
        client = browsers[name]
        for path in ("/dagster/graphql", "/dagster/graphql/", "/dagster//graphql", "/dagster/%67raphql"):
            assert client.post(path, content=mutation, headers=as_text).status_code == status
        assert client.post(f"/dagster/graphql?query={mutation}").status_code == status
        assert name == "vera" or house.upstream.bodies[-1]["query"] == mutation
    for client in (browsers["adam"], browsers["vera"]):
        error_of(client.get(f"/dagster/graphql?query={mutation}"), 403, "forbidden")


@pytest.mark.parametrize("name", sorted(name for name in MAY if MAY[name]))
def test_other_posts_are_changes(house: House, browsers: dict[str | None, TestClient], name: str) -> None:
    before = len(house.noted())
    answer = browsers[name].post("/dagster/report_asset_materialization/shop/orders", json={"x": "secret"})
    (row,) = house.noted()[before:]
    if OPERATE in MAY[name]:
        assert answer.status_code == 200
        assert row.tag == "dagster.mutation"
        assert row.data["mutations"] == ["report_asset_materialization"]
    else:
        error_of(answer, 403, "forbidden")
        assert row.tag == "access.refused"
    assert "secret" not in json.dumps(row.data)


def test_no_change_without_a_note(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise sa.exc.OperationalError("insert", {}, Exception("gone"))

    with house.client("adam") as client:
        before = len(house.upstream.bodies)
        monkeypatch.setattr("core.audit.service.record", broken)
        error_of(ask(client, "mutation { deleteRun }"), 503, "unavailable")
        assert len(house.upstream.bodies) == before


def test_dagster_never_sees_who_asks(house: House, browsers: dict[str | None, TestClient]) -> None:
    ask(browsers["dora"], "mutation { launchRun }")
    assert not {"cookie", "authorization"} & house.upstream.headers[-1]


# --- WebSockets.


@pytest.mark.parametrize(("name", "status"), [(None, 401), ("half", 403), ("none", 403)])
def test_who_may_not_see_the_page_opens_no_websocket(
    house: House, browsers: dict[str | None, TestClient], name: str | None, status: int
) -> None:
    before = len(house.noted())
    opened = browsers[name].websocket_connect(SOCKET, subprotocols=PROTOCOL, headers=OPEN)
    with pytest.raises(WebSocketDenialResponse) as refusal, opened:
        pass
    assert refusal.value.status_code == status
    assert [row.tag for row in house.noted()[before:]] == ([] if name is None else ["access.refused"])


@pytest.mark.parametrize("origin", [None, "https://evil.example", "null"])
def test_a_websocket_of_no_page_or_another_is_refused(
    browsers: dict[str | None, TestClient], origin: str | None
) -> None:
    headers = {} if origin is None else {"origin": origin}
    opened = browsers["root"].websocket_connect(SOCKET, subprotocols=PROTOCOL, headers=headers)
    with pytest.raises(WebSocketDisconnect), opened:
        pass


@pytest.mark.parametrize("name", sorted(name for name in MAY if MAY[name]))
def test_over_a_websocket_everybody_only_reads(browsers: dict[str | None, TestClient], name: str) -> None:
    opened = browsers[name].websocket_connect(SOCKET, subprotocols=PROTOCOL, headers=OPEN)
    with opened as socket:
        _, _, headers = socket.receive_json()
        assert not {"cookie", "authorization"} & set(headers)
        socket.send_json({"type": "start", "id": "1", "payload": {"query": "subscription {x}"}})
        assert socket.receive_json()["type"] == "start"
        socket.send_json({"type": "start", "id": "2", "payload": {"query": "mutation {launchRun}"}})
        assert socket.receive_json()["type"] == "error"


def closed_after(house: House, name: str, change: Any) -> int:
    with house.client(name) as client:
        opened = client.websocket_connect(SOCKET, subprotocols=PROTOCOL, headers=OPEN)
        with opened as socket:
            socket.receive_json()
            change(client)
            with pytest.raises(WebSocketDisconnect) as end:
                socket.receive_text()
            return end.value.code


def test_a_websocket_ends_with_the_session(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "CHECK_SECONDS", 0.1)

    def log_out(client: TestClient) -> None:
        client.post("/auth/logout", headers={"x-csrf-token": client.cookies["workbench_csrf"]})

    assert closed_after(house, "vera", log_out) == 1008


def test_a_websocket_ends_with_the_membership(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "CHECK_SECONDS", 0.1)
    admin = local_admin()

    def demote(_: TestClient) -> None:
        with house.shop.db.session() as session:
            members.remove(session, admin, workspaces.require(session, "second"), "mixed")

    assert closed_after(house, "mixed", demote) == 1008
    with house.shop.db.session() as session:
        members.put(session, admin, workspaces.require(session, "second"), "mixed", Role.VIEWER)


def test_a_database_that_is_away_ends_no_websocket(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sockets, "CHECK_SECONDS", 0.05)

    def broken(*_: object) -> None:
        raise sa.exc.OperationalError("select", {}, Exception("gone"))

    with house.client("root") as client:
        opened = client.websocket_connect(SOCKET, subprotocols=PROTOCOL, headers=OPEN)
        with opened as socket:
            socket.receive_json()
            monkeypatch.setattr("api.dagster_page.proxy.identify_page", broken)
            for number in range(5):
                socket.send_json({"type": "stop", "id": str(number)})
                assert socket.receive_json()["id"] == str(number)


def test_without_login_all_is_as_before(house: House, tmp_path: Path) -> None:
    given = house.settings.model_copy(update={"auth_enabled": False, "data_dir": tmp_path})
    before = len(house.noted())
    with client_of(given) as client:
        assert ask(client, "mutation { deleteRun }").status_code == 200
        assert client.post("/dagster/report_asset_check/x").status_code == 200
        with client.websocket_connect(SOCKET, subprotocols=PROTOCOL) as socket:
            socket.receive_json()
    assert [row.actor for row in house.noted()[before:]] == ["local admin"] * 2
