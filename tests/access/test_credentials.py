"""No operation is open to a credential that is no good."""

from collections.abc import Callable, Mapping
from datetime import timedelta

import pytest

from core.auth import keys
from core.kit import clock
from tests.access.credentials import ENDED, FORGED, SWAPPED, WHO, login, signed
from tests.access.operations import OPERATIONS
from tests.access.table import PUBLIC
from tests.access.walk import broken_request_of, check_refusal, requests_of, send
from tests.access.world import PASSWORD, PEOPLE, World, header, page_token, raw_header
from tests.api.shape import error_of

CLOSED = [operation for operation in OPERATIONS if operation.scope]
ALL = {**FORGED, **SWAPPED, **ENDED}


def refused_everywhere(world: World, headers: Mapping[str, str]) -> None:
    """Every operation that needs a scope is answered by 401."""
    for operation in CLOSED:
        response = send(world, operation, requests_of(operation)[0], headers)
        assert response.status_code == 401, (operation.label, response.text)
        check_refusal(response, "401", operation.scope or "", operation)


def test_a_token_made_as_these_are_is_good_when_nothing_is_wrong_with_it(world: World) -> None:
    world.mend()
    for token in (signed(world), login(world, "sam").access_token, world.personal.text, world.service.text):
        assert world.client.get("/api/workspaces", headers=header(token)).status_code == 200


@pytest.mark.parametrize("name", ALL)
def test_no_operation_is_open_to(world: World, name: str) -> None:
    world.mend()
    make: Callable[[World], str] = ALL[name]
    token = make(world)
    refused_everywhere(world, raw_header("authorization", f"Bearer {token}"))


@pytest.mark.parametrize("name", ["garbage", "expired", "logged out", "API token, revoked"])
def test_no_body_is_even_read_for(world: World, name: str) -> None:
    world.mend()
    headers = header(ALL[name](world))
    for operation in CLOSED:
        if operation.takes_body:
            response = send(world, operation, broken_request_of(operation), headers)
            assert response.status_code == 401, (operation.label, response.text)


@pytest.mark.parametrize("scheme", ["Basic", "Token", "Bearer:", "DPoP", ""])
def test_no_operation_is_open_under_another_scheme(world: World, scheme: str) -> None:
    world.mend()
    refused_everywhere(world, {"authorization": f"{scheme} {signed(world)}"})


def test_no_operation_takes_a_token_elsewhere_than_in_its_header(world: World) -> None:
    world.mend()
    token = signed(world)
    cookies = "; ".join(
        f"{name}={token}" for name in ("authorization", "access_token", "workbench_page", "workbench_refresh")
    )
    refused_everywhere(world, {"cookie": cookies, "x-authorization": f"Bearer {token}"})
    refused_everywhere(world, {"cookie": f"workbench_page={page_token(PEOPLE[WHO])}"})
    answer = world.client.get("/api/workspaces", params={"access_token": token, "token": token})
    error_of(answer, 401, "unauthenticated")


@pytest.mark.parametrize("name", ["expired", "alg none", "garbage"])
def test_public_routes_stay_open_to_a_bad_credential(world: World, name: str) -> None:
    world.mend()
    headers = header(ALL[name](world))
    for operation in OPERATIONS:
        if operation.scope is None:
            (request, *_) = requests_of(operation)
            assert send(world, operation, request, headers).status_code in PUBLIC[operation.label]


@pytest.mark.parametrize("name", ["an access token", "an API token", "a token of Dagster's page", "nothing"])
def test_only_a_refresh_token_refreshes(world: World, name: str) -> None:
    world.mend()
    tokens = {
        "an access token": signed(world),
        "an API token": world.personal.text,
        "a token of Dagster's page": page_token(PEOPLE[WHO]),
        "nothing": "",
    }
    answer = world.client.post("/auth/refresh", json={"refresh_token": tokens[name]})
    assert answer.status_code == (422 if len(tokens[name]) > 200 else 401)


@pytest.mark.parametrize("column", ["sam", "viewer"])
def test_whoever_was_deactivated_cannot_log_in_or_refresh(world: World, column: str) -> None:
    world.mend()
    issued = login(world, column)
    path = f"/api/admin/users/{PEOPLE[column].name}"
    world.client.patch(path, json={"is_active": False}, headers=world.bearer(WHO))
    answer = world.client.post("/auth/refresh", json={"refresh_token": issued.refresh_token})
    error_of(answer, 401, "unauthenticated")
    body = {"username": PEOPLE[column].name, "password": PASSWORD}
    error_of(world.client.post("/auth/login", json=body), 401, "unauthenticated")


def test_keys_are_rotated_without_ending_sessions_and_forgotten_when_no_token_can_be_alive(
    world: World,
) -> None:
    world.mend()
    settings = world.state.settings
    old = signed(world, {"exp": clock.now() + timedelta(days=1)})

    def status(token: str) -> int:
        return world.client.get("/auth/me", headers=header(token)).status_code

    keys.rotate(settings)
    assert (status(old), status(signed(world))) == (200, 200)
    soon = clock.now() + timedelta(minutes=settings.access_token_minutes / 2)
    keys.rotate(settings, now=soon)
    assert status(old) == 200, "a token of the first key can still be alive"
    late = soon + timedelta(minutes=settings.access_token_minutes + 1)
    keys.rotate(settings, now=late)
    assert status(old) == 401
    refused_everywhere(world, header(old))
    assert status(signed(world)) == 200
