"""Dagster's page: its door. What passes behind it is tested with the proxy."""

from collections.abc import Iterator

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.access.credentials import FORGED, SWAPPED, login, signed
from tests.access.serving import serving
from tests.access.table import UNDOCUMENTED, expected
from tests.access.world import PEOPLE, World, header, page_token, raw_header, settings_with_login
from tests.api.shape import error_of
from tests.api.upstream import Upstream

# Who is what in every workspace, which is what the page asks for.
EVERYWHERE = {
    "outsider": "outsider",
    "viewer": "viewer of both",
    "developer": "developer of both",
    "admin": "admin of both",
    "instance admin": "instance admin",
}
ADDRESSES = ["/dagster", "/dagster/", "/dagster/runs", "/dagster/a/../b", "/dagster/graphql"]
MUTATIONS = {
    "dagster:operate": "mutation { launchRun(executionParams: {}) { __typename } }",
    "dagster:administer": 'mutation { deleteRun(runId: "x") { __typename } }',
}
GRAPHQL = "/dagster/graphql"


def cookie(column: str) -> dict[str, str]:
    return {"cookie": f"workbench_page={page_token(PEOPLE[column])}"}


@pytest.mark.parametrize("label", UNDOCUMENTED)
def test_routes_outside_the_document_answer_nobody_as_the_table_says(world: World, label: str) -> None:
    method, path = label.split(" ")
    if method != "WEBSOCKET":
        world.client.cookies.clear()
        response = world.client.request(method, path.replace("{path}", "anything"))
        assert response.status_code in UNDOCUMENTED[label]
        if response.status_code == 401:
            error_of(response, 401, "unauthenticated")


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "OPTIONS"])
@pytest.mark.parametrize("path", ADDRESSES)
def test_the_page_is_closed_to_nobody_and_to_whoever_may_not_see_everything(
    world: World, method: str, path: str
) -> None:
    world.mend()
    assert world.client.request(method, path).status_code == 401
    for column in ("outsider", "viewer", "developer", "admin"):
        for headers in (world.bearer(column), cookie(column)):
            assert world.client.request(method, path, headers=headers).status_code == 403, column


def test_a_page_of_a_browser_is_sent_to_the_login(world: World) -> None:
    headers = {"accept": "text/html", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}
    response = world.client.get("/dagster/runs", headers=headers, follow_redirects=False)
    assert response.status_code in {302, 303, 307}
    assert response.headers["location"].startswith("/login")


@pytest.mark.parametrize("name", [*FORGED, *SWAPPED])
def test_the_page_is_closed_to_credentials_that_are_no_good(world: World, name: str) -> None:
    world.mend()
    token = {**FORGED, **SWAPPED}[name](world)
    bearer = raw_header("authorization", f"Bearer {token}")
    assert world.client.get("/dagster/runs", headers=bearer).status_code == 401
    if name != "a token of Dagster's page":
        as_cookie = raw_header("cookie", f"workbench_page={token}")
        assert world.client.get("/dagster/runs", headers=as_cookie).status_code == 401


def test_the_page_takes_no_access_token_and_no_api_token_as_its_cookie(world: World) -> None:
    world.mend()
    for token in (signed(world), world.personal.text, login(world, "sam").refresh_token):
        world.client.cookies.clear()
        headers = {"cookie": f"workbench_page={token}"}
        assert world.client.get("/dagster/runs", headers=headers).status_code == 401


@pytest.mark.parametrize("column", EVERYWHERE)
def test_who_sees_every_workspace_opens_the_page_and_changes_what_the_table_says(
    world: World, column: str
) -> None:
    world.mend()
    who = EVERYWHERE[column]
    for headers in (world.bearer(who), cookie(who)):
        seen = world.client.get("/dagster/runs", headers=headers).status_code
        assert seen == (200 if expected(column, "dagster:read", in_workspace=False) == "ok" else 403)
        for scope, query in MUTATIONS.items():
            response = world.client.post(GRAPHQL, json={"query": query, "variables": {}}, headers=headers)
            wanted = expected(column, scope, in_workspace=False)
            assert response.status_code == (200 if wanted == "ok" else 403), (scope, response.text)


def test_the_cookie_of_the_page_opens_nothing_else(world: World) -> None:
    world.mend()
    for path in ("/api/workspaces", "/auth/me", "/auth/sessions"):
        error_of(world.client.get(path, headers=cookie("instance admin")), 401, "unauthenticated")


def test_the_page_closes_with_the_session(world: World) -> None:
    world.mend()
    issued = login(world, "another instance admin")
    headers = {"cookie": f"workbench_page={issued.page_token}"}
    assert world.client.get("/dagster/runs", headers=headers).status_code == 200
    world.client.post("/auth/logout", json={"refresh_token": issued.refresh_token})
    assert world.client.get("/dagster/runs", headers=headers).status_code == 401


# WebSocket -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(world: World, dagster: Upstream) -> Iterator[str]:
    with serving(settings_with_login(world.shop, dagster.url)) as found:
        yield found


def shake_hands(address: str, headers: dict[str, str]) -> int:
    """The status that the handshake is answered with."""
    try:
        with connect(
            f"ws://{address}/dagster/graphql",
            additional_headers=headers,
            subprotocols=["graphql-ws"],
            origin=f"http://{address}",
            open_timeout=5,
            proxy=None,
        ):
            return 101
    except InvalidStatus as refused:
        return refused.response.status_code
    except ConnectionClosed:
        return 0


@pytest.mark.parametrize("column", ["nobody", "outsider", "viewer", "developer", "admin"])
def test_a_socket_is_refused_at_the_handshake(world: World, address: str, column: str) -> None:
    world.mend()
    for headers in (world.bearer(column), {} if column == "nobody" else cookie(column)):
        assert shake_hands(address, headers) in {401, 403}


@pytest.mark.parametrize("column", ["viewer of both", "instance admin"])
def test_a_socket_is_opened_by_who_sees_every_workspace(world: World, address: str, column: str) -> None:
    world.mend()
    assert [shake_hands(address, headers) for headers in (world.bearer(column), cookie(column))] == [101, 101]


@pytest.mark.parametrize("name", ["expired", "alg none", "another key, our kid", "garbage"])
def test_a_socket_is_refused_to_a_credential_that_is_no_good(world: World, address: str, name: str) -> None:
    world.mend()
    token = FORGED[name](world)
    assert shake_hands(address, header(token)) in {401, 403}
    assert shake_hands(address, {"cookie": f"workbench_page={token}"}) in {401, 403}
