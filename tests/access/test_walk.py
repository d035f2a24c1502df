"""Every operation of the document, as everybody: the answers are those of table.md."""

import pytest

from core.auth.rights import Role
from tests.access.operations import OPERATIONS, Operation
from tests.access.table import COLUMNS
from tests.access.walk import Request, broken_request_of, kind_of, send, walk
from tests.access.world import PEOPLE, SHOP, World

WITH_BODY = [operation for operation in OPERATIONS if operation.takes_body]
IN_WORKSPACE = [operation for operation in OPERATIONS if operation.in_workspace]


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_an_operation_answers_everybody_as_the_table_says(world: World, operation: Operation) -> None:
    problems = [problem for column in COLUMNS for problem in walk(world, operation, column)]
    assert problems == []


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.label)
def test_a_body_is_not_even_read_for_those_who_may_not(world: World, operation: Operation) -> None:
    broken = [broken_request_of(operation)]
    assert [problem for column in COLUMNS for problem in walk(world, operation, column, broken)] == []


@pytest.mark.parametrize("operation", IN_WORKSPACE, ids=lambda operation: operation.label)
def test_a_workspace_of_others_and_one_that_does_not_exist_are_the_same(
    world: World, operation: Operation
) -> None:
    world.mend()
    bodies: list[str] = []
    for key in (SHOP, "none"):
        request = Request("", operation.url(workspace=key), operation.body())
        response = send(world, operation, request, world.bearer("outsider"))
        assert response.status_code == 404
        error = {**response.json()["error"], "request_id": ""}
        bodies.append(str(error).replace(repr(key), "KEY").replace(key, "KEY"))
    assert bodies[0] == bodies[1]


@pytest.mark.parametrize("column", ["viewer", "developer", "admin", "instance admin"])
def test_nobody_is_in_a_workspace_that_does_not_exist(world: World, column: str) -> None:
    world.mend()
    for operation in IN_WORKSPACE:
        request = Request("", operation.url(workspace="none"), operation.body())
        assert kind_of(send(world, operation, request, world.bearer(column))) == "404", operation.label


def test_the_walk_meets_everybody_and_enough() -> None:
    assert {str(role) for role in Role} < set(COLUMNS)
    assert set(COLUMNS) - {"nobody"} <= set(PEOPLE)
    assert len(OPERATIONS) >= 50
    assert len([operation for operation in OPERATIONS if operation.scope]) >= 50
