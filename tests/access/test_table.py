"""table.md and the code agree, and the document and the routes are what it speaks of."""

from typing import Any

import pytest
from fastapi.routing import iter_route_contexts

from api.main import create_app
from core.auth.actor import Actor, Kind, Place
from core.auth.rights import BY_SCOPE, INSTANCE_SCOPES, PERSON_SCOPES, TOKEN_SCOPES, Role, Scope
from core.kit.settings import Settings
from tests.access.operations import OPERATIONS, Operation
from tests.access.table import COLUMNS, EXCEPTIONS, NOT_FOR_TOKENS, PUBLIC, SCOPES, UNDOCUMENTED

READING = ("read", "list", "read-all")
PLACE = "shop"


def actor(column: str) -> Actor:
    """Somebody of a column."""
    where = {"outsider": ("other", Role.ADMIN)}.get(column)
    if column in set(Role):
        where = (PLACE, Role(column))
    places = {where[0]: Place(1, *where)} if where else {}
    return Actor(column, Kind.PERSON, everywhere=column == "instance admin", places=places)


def test_every_scope_has_a_row_and_every_row_is_a_scope() -> None:
    assert set(SCOPES) == {str(scope) for scope in Scope} == {str(scope) for scope in BY_SCOPE}


@pytest.mark.parametrize("column", COLUMNS[1:])
@pytest.mark.parametrize("scope", Scope)
def test_the_code_gives_what_the_table_says(scope: Scope, column: str) -> None:
    asked = None if scope in PERSON_SCOPES | INSTANCE_SCOPES else PLACE
    assert actor(column).may(scope, asked) == (SCOPES[scope][column] == "ok")
    assert SCOPES[scope]["nobody"] == "401"


def test_the_table_names_the_scopes_that_no_token_carries() -> None:
    assert {str(scope) for scope in Scope} - NOT_FOR_TOKENS == {str(scope) for scope in TOKEN_SCOPES}


def test_the_public_routes_are_those_of_the_table() -> None:
    assert {operation.label for operation in OPERATIONS if operation.scope is None} == set(PUBLIC)


def test_every_scope_of_the_document_is_one_of_the_table() -> None:
    assert {operation.scope for operation in OPERATIONS} - {None} <= set(SCOPES)


def test_the_routes_outside_the_document_are_those_of_the_table() -> None:
    documented = {operation.label for operation in OPERATIONS}
    app = create_app(Settings.model_construct(auth_enabled=True))
    assert set(hidden_routes(app, documented)) == set(UNDOCUMENTED)


def hidden_routes(app: Any, documented: set[str]) -> list[str]:
    """Routes that the document does not show; HEAD goes with GET, OPTIONS with any."""
    found: list[str] = []
    for route in iter_route_contexts(app.routes):
        assert route.path is not None, f"{route!r} is not walked by these tests"
        path = route.path.replace(":path}", "}")
        methods = getattr(route, "methods", None) or {"WEBSOCKET"}
        found += [f"{method} {path}" for method in methods if method not in UNSPOKEN]
    return [label for label in found if label not in documented]


UNSPOKEN = frozenset({"HEAD", "OPTIONS"})


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_what_changes_something_needs_more_than_a_scope_for_reading(operation: Operation) -> None:
    assert misfit(operation) is None


def misfit(operation: Operation) -> str | None:
    """Why a method and its scope do not go together, or None."""
    if operation.scope is None or EXCEPTIONS.get(operation.label) == operation.scope:
        return None
    reads = operation.scope.split(":")[1] in READING
    if operation.changes == reads:
        return f"{operation.label} must not need {operation.scope}, or be an exception of table.md"
    return None


def test_every_exception_of_the_table_is_a_route() -> None:
    scopes = {operation.label: operation.scope for operation in OPERATIONS}
    assert {label: scopes.get(label) for label in EXCEPTIONS} == EXCEPTIONS
