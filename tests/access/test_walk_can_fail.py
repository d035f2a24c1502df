"""The walk finds routes whose author forgot something; otherwise it would prove nothing."""

from collections.abc import Callable
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.testclient import TestClient

from api.kit import access
from api.kit.access import Require, describe, get_actor
from api.main import create_app
from core.auth.actor import local_admin
from core.auth.rights import Scope
from tests.access.operations import METHODS, OPERATIONS, Operation, operations_of
from tests.access.table import COLUMNS
from tests.access.test_table import hidden_routes, misfit
from tests.access.walk import broken_request_of, requests_of, walk
from tests.access.world import World, settings_with_login
from tests.api.conftest import LOCAL

PATH = "/api/workspaces/{workspace}/later"


def later(_workspace: str) -> str:
    return "something"


def open_to_all(router: APIRouter) -> None:
    router.get(PATH)(lambda workspace: workspace)


def open_to_those_logged_in(router: APIRouter) -> None:
    router.get(PATH, dependencies=[Depends(get_actor)])(lambda workspace: workspace)


def promised_only(router: APIRouter) -> None:
    router.post(PATH, openapi_extra={"x-scope": "run:start"})(lambda workspace: workspace)


def checked_elsewhere(router: APIRouter) -> None:
    """The workspace comes by another name, so that the scope is asked for in none."""
    router.get("/api/places/{place}", dependencies=[Depends(Require(Scope.CATALOG_READ))])(
        lambda place: place
    )


def weaker_than_promised(router: APIRouter) -> None:
    weak = Depends(Require(Scope.RUN_READ))
    found = router.post(PATH, dependencies=[weak], openapi_extra={"x-scope": "run:start"})
    found(lambda workspace: workspace)


def body_first(router: APIRouter) -> None:
    """The rights are looked at in the function, so a body that is no good is complained of before."""

    async def start(workspace: str, actor: Annotated[Any, Depends(get_actor)], body: dict[str, int]) -> None:
        actor.require(Scope.RUN_START, workspace)

    router.post(PATH, openapi_extra={"x-scope": "run:start"})(start)


def problems_with(world: World, add: Callable[[APIRouter], None]) -> list[str]:
    """What the walk says of the added route, which comes before that of the web app."""
    router = APIRouter()
    add(router)
    describe(router)
    alone = FastAPI()
    alone.include_router(router)
    (operation,) = operations_of(alone.openapi())
    app = create_app(settings_with_login(world.shop))
    app.include_router(router)
    app.router.routes.insert(0, app.router.routes.pop())
    with TestClient(app, base_url=LOCAL, raise_server_exceptions=False) as client:
        another = World(client, world.shop, world.other)
        misfits = [found for found in [misfit(operation)] if found]
        ways = [*requests_of(operation), broken_request_of(operation)]
        return misfits + [found for column in COLUMNS for found in walk(another, operation, column, ways)]


@pytest.mark.parametrize("add", [open_to_all, open_to_those_logged_in])
def test_a_route_that_says_nothing_of_a_scope_is_found(
    world: World, add: Callable[[APIRouter], None]
) -> None:
    assert any("needs no scope" in problem for problem in problems_with(world, add))


@pytest.mark.parametrize("add", [promised_only, checked_elsewhere, body_first])
def test_a_route_that_does_not_keep_what_it_says_is_found(
    world: World, add: Callable[[APIRouter], None]
) -> None:
    problems = problems_with(world, add)
    assert any("as viewer" in problem for problem in problems), problems


def test_a_route_whose_scope_is_too_weak_for_what_it_does_is_found(world: World) -> None:
    assert any("must not need run:read" in problem for problem in problems_with(world, weaker_than_promised))


def test_a_good_route_is_none_of_these(world: World) -> None:
    def good(router: APIRouter) -> None:
        router.get(PATH, dependencies=[Depends(Require(Scope.RUN_READ))])(lambda workspace: workspace)

    assert problems_with(world, good) == []


def test_a_door_that_lets_everybody_in_is_found(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(access, "identify", lambda _connection: local_admin())
    operation = next(found for found in OPERATIONS if found.scope == "run:read")
    assert walk(world, operation, "outsider")


def test_a_change_under_a_scope_for_reading_is_found() -> None:
    for method in METHODS - {"get", "head", "options"}:
        assert misfit(Operation(method.upper(), PATH, {"x-scope": "catalog:read"}, {}))
    assert misfit(Operation("GET", PATH, {"x-scope": "user:manage"}, {}))
    assert misfit(Operation("GET", PATH, {"x-scope": "catalog:read"}, {})) is None


def test_a_route_left_out_of_the_document_is_found(world: World) -> None:
    app = create_app(settings_with_login(world.shop))
    app.add_api_route("/api/hidden", later, include_in_schema=False)
    assert "GET /api/hidden" in hidden_routes(app, set())
