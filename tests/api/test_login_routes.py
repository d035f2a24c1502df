"""Logging in over HTTP: cookies, the proof against forged requests, one's own account."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from api.kit import refusals
from core.auth import people
from core.auth.actor import local_admin
from core.auth.people import NewPerson
from core.kit.settings import Settings
from tests.api.conftest import client_of
from tests.api.shape import error_of, fields

ANN, ADMIN, PASSWORD = "ann", "chief", "seven purple trains"


@pytest.fixture
def house(database_url: str, tmp_path: Path) -> Iterator[TestClient]:
    """An installation with login, an instance admin and ann."""
    values = {"DATABASE_URL": database_url, "WORKBENCH_DATA": tmp_path, "AUTH_ENABLED": "true"}
    with client_of(Settings.model_validate(values)) as client:
        state = client.app.state.workbench
        with state.db.session() as session:
            for name in (ANN, ADMIN):
                person = NewPerson(name, password=PASSWORD, is_instance_admin=name == ADMIN)
                people.add(session, local_admin(), state.password_rules, person)
        yield client


def login(client: TestClient, name: str = ANN, password: str = PASSWORD, **body: str) -> Response:
    return client.post("/auth/login", json={"username": name, "password": password, **body})


def bearer(response: Response) -> dict[str, str]:
    return {"authorization": f"Bearer {response.json()['access_token']}"}


def test_a_browser_gets_cookies_that_only_our_pages_can_use(house: TestClient) -> None:
    response = login(house)
    assert response.status_code == 200
    assert response.json()["refresh_token"] is None
    cookies = {line.split("=", 1)[0]: line for line in response.headers.get_list("set-cookie")}
    assert set(cookies) == {"workbench_refresh", "workbench_csrf", "workbench_page"}
    for name, path, hidden in (
        ("workbench_refresh", "/auth", True),
        ("workbench_page", "/dagster", True),
        ("workbench_csrf", "/", False),
    ):
        assert f"Path={path};" in cookies[name] + ";"
        assert "SameSite=strict" in cookies[name]
        assert ("HttpOnly" in cookies[name]) == hidden
        assert "Secure" not in cookies[name]
        assert "Domain" not in cookies[name]


def test_cookies_are_marked_secure_behind_https(house: TestClient) -> None:
    response = house.post("https://127.0.0.1:8580/auth/login", json={"username": ANN, "password": PASSWORD})
    assert all("Secure" in line for line in response.headers.get_list("set-cookie"))


def test_a_browser_carries_on_with_cookie_and_proof(house: TestClient) -> None:
    first = login(house)
    error_of(house.post("/auth/refresh"), 403, "forbidden")
    error_of(house.post("/auth/refresh", headers={"x-csrf-token": "0" * 64}), 403, "forbidden")
    second = house.post("/auth/refresh", headers={"x-csrf-token": first.json()["csrf_token"]})
    assert second.status_code == 200
    assert second.json()["csrf_token"] != first.json()["csrf_token"]
    assert house.get("/auth/me", headers=bearer(second)).json()["username"] == ANN
    assert house.get("/auth/me", headers=bearer(first)).json()["username"] == ANN
    proof = {"x-csrf-token": second.json()["csrf_token"]}
    assert house.post("/auth/logout", headers=proof).status_code == 204
    assert not house.cookies
    error_of(house.get("/auth/me", headers=bearer(second)), 401, "unauthenticated")
    error_of(house.post("/auth/refresh"), 401, "unauthenticated")


def test_a_program_carries_its_refresh_token_in_the_body(house: TestClient) -> None:
    first = login(house, delivery="body")
    assert not house.cookies
    token = first.json()["refresh_token"]
    second = house.post("/auth/refresh", json={"refresh_token": token})
    assert second.json()["refresh_token"] not in {None, token}
    assert not house.cookies
    error_of(house.post("/auth/refresh", json={"refresh_token": token}), 401, "unauthenticated")
    error_of(house.get("/auth/me", headers=bearer(second)), 401, "unauthenticated")


def test_a_refusal_takes_the_cookies_back(house: TestClient) -> None:
    first = login(house)
    stolen = dict(house.cookies)
    proof = {"x-csrf-token": first.json()["csrf_token"]}
    assert house.post("/auth/refresh", headers=proof).status_code == 200
    house.cookies.clear()
    house.cookies.update(stolen)
    response = house.post("/auth/refresh", headers=proof)
    error_of(response, 401, "unauthenticated")
    assert len(response.headers.get_list("set-cookie")) == 3
    assert all("Max-Age=0" in line for line in response.headers.get_list("set-cookie"))


def test_too_many_failures_say_when_to_come_back(house: TestClient) -> None:
    for _ in range(5):
        response = login(house, password="wrong")
        error_of(response, 401, "unauthenticated")
        assert response.headers["www-authenticate"] == "Bearer"
    response = login(house)
    error_of(response, 429, "too_many")
    assert 0 < int(response.headers["retry-after"]) <= 900


@pytest.mark.parametrize(
    "body",
    [{}, {"username": "ann"}, {"username": 1, "password": "x"}, {"username": "a", "password": "x", "x": 1}],
)
def test_a_wrong_login_body_is_an_error_of_the_request(house: TestClient, body: dict[str, object]) -> None:
    response = house.post("/auth/login", json=body)
    error_of(response, 422, "invalid")
    assert "seven" not in response.text


def test_one_sees_who_one_is_and_changes_it(house: TestClient) -> None:
    head = bearer(login(house))
    me = house.get("/auth/me", headers=head).json()
    assert (me["kind"], me["memberships"], me["auth_enabled"]) == ("person", [], True)
    assert me["scopes"] == ["account:manage", "account:read", "plugin:read", "workspace:list"]
    changed = house.patch("/auth/me", headers=head, json={"full_name": "Ann B.", "email": "a@b.example"})
    assert (changed.json()["full_name"], changed.json()["email"]) == ("Ann B.", "a@b.example")
    assert fields(error_of(house.patch("/auth/me", headers=head, json={"email": "x"}), 422, "invalid")) == [
        "email"
    ]
    error_of(house.patch("/auth/me", headers=head, json={"is_instance_admin": True}), 422, "invalid")
    error_of(house.post("/auth/switch-workspace", headers=head, json={"workspace": "shop"}), 404, "not_found")


def test_one_ends_ones_other_sessions(house: TestClient) -> None:
    here, there, third = (bearer(login(house)) for _ in range(3))
    listed = house.get("/auth/sessions", headers=here).json()["items"]
    assert len(listed) == 3
    assert [item["is_current"] for item in listed].count(True) == 1
    mine = next(item for item in listed if item["is_current"])
    other = next(
        item for item in house.get("/auth/sessions", headers=there).json()["items"] if item["is_current"]
    )
    assert (mine["user_agent"], mine["address"]) == ("testclient", "testclient")
    assert house.delete(f"/auth/sessions/{other['id']}", headers=here).status_code == 204
    error_of(house.get("/auth/me", headers=there), 401, "unauthenticated")
    error_of(house.delete(f"/auth/sessions/{other['id']}", headers=here), 404, "not_found")
    chief = bearer(login(house, ADMIN))
    error_of(house.delete(f"/auth/sessions/{mine['id']}", headers=chief), 404, "not_found")
    assert house.delete("/auth/sessions", headers=here).status_code == 204
    error_of(house.get("/auth/me", headers=third), 401, "unauthenticated")
    assert house.get("/auth/me", headers=here).status_code == 200


def test_a_password_is_changed_by_who_knows_it(house: TestClient) -> None:
    head = bearer(login(house))
    body = {"current_password": PASSWORD, "new_password": "short"}
    error = error_of(house.post("/auth/password", headers=head, json=body), 422, "invalid")
    assert fields(error) == ["new_password"]
    assert "at least 12 characters" in error["message"]
    body["new_password"] = "eight purple trains"
    assert house.post("/auth/password", headers=head, json=body).status_code == 204
    error_of(login(house), 401, "unauthenticated")
    assert login(house, password="eight purple trains").status_code == 200


def test_whoever_got_a_password_has_to_change_it_first(house: TestClient) -> None:
    chief = bearer(login(house, ADMIN))
    made = house.post("/api/admin/users", headers=chief, json={"username": "new"}).json()
    assert made["user"]["must_change_password"]
    head = bearer(login(house, "new", made["password"]))
    for path in ("/api/workspaces", "/api/plugins"):
        error_of(house.get(path, headers=head), 403, "password_change_required")
    for method, path, sent in (
        ("POST", "/auth/tokens", {"name": "mine", "scopes": ["account:read"]}),
        ("PATCH", "/auth/me", {"email": "me@example.org"}),
    ):  # what is left in an account before its owner comes would stay there
        error_of(house.request(method, path, headers=head, json=sent), 403, "password_change_required")
    assert house.get("/auth/me", headers=head).json()["must_change_password"] is True
    body = {"current_password": made["password"], "new_password": "nine purple trains"}
    assert house.post("/auth/password", headers=head, json=body).status_code == 204
    assert house.get("/api/workspaces", headers=head).status_code == 200


def test_a_strangers_request_is_not_even_read(house: TestClient) -> None:
    for path in ("/api/workspaces", "/api/nothing/at/all", "/auth/sessions"):
        response = house.post(path, content=b"{" * 4_000_000)
        error_of(response, 401, "unauthenticated")
        assert response.headers["www-authenticate"] == "Bearer"


def test_what_is_wrong_inside_is_told_to_those_who_are_logged_in(house: TestClient) -> None:
    assert {check["message"] for check in house.get("/health/ready").json()["checks"]} == {None}
    known = house.get("/health/ready", headers=bearer(login(house))).json()
    assert any(check["message"] for check in known["checks"])


def test_without_login_there_is_one_local_admin(own_client: TestClient) -> None:
    me = own_client.get("/auth/me").json()
    assert (me["kind"], me["username"], me["is_instance_admin"]) == ("local", "local admin", True)
    error_of(login(own_client), 409, "conflict")
    error_of(own_client.post("/auth/refresh"), 409, "conflict")
    assert own_client.post("/auth/logout").status_code == 204
    for path in ("/auth/sessions", "/auth/tokens"):
        assert "login is off" in error_of(own_client.get(path), 409, "conflict")["message"]


def tags(client: TestClient) -> list[str]:
    chief = bearer(login(client, ADMIN))
    return [item["tag"] for item in client.get("/api/admin/audit", headers=chief).json()["items"]]


def test_a_bad_credential_is_noted_once_a_minute_and_an_expired_one_not(
    house: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refusals, "_noted", {})
    good = bearer(login(house))["authorization"]
    tokens = house.app.state.workbench.identifier._tokens
    with monkeypatch.context() as past:
        past.setattr(tokens, "seconds", -60)
        expired = {"authorization": f"Bearer {tokens.make(1, 'any', 'any')}"}
    assert "expired" in error_of(house.get("/auth/me", headers=expired), 401, "unauthenticated")["message"]
    assert "credential.refused" not in tags(house)
    for _ in range(3):
        error_of(house.get("/auth/me", headers={"authorization": good + "x"}), 401, "unauthenticated")
    assert tags(house).count("credential.refused") == 1
    monkeypatch.setattr(refusals, "NOTED_EVERY_SECONDS", 0.0)
    house.get("/auth/me", headers={"authorization": "Bearer dbtwb_pat_none"})
    assert tags(house).count("credential.refused") == 2
