"""Who asks, and whether they may, costs one query."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from fastapi.testclient import TestClient

from tests.access.operations import OPERATIONS, Operation
from tests.access.world import World, header
from tests.api.conftest import address_of, client_of, settings_of
from tests.api.upstream import Upstream

# Where nobody logs in there is no account, and these say so before they look for anything.
OF_AN_ACCOUNT = {"account:read", "account:manage"}
GETS = [
    operation
    for operation in OPERATIONS
    if operation.method == "GET" and operation.scope and operation.scope not in OF_AN_ACCOUNT
]


@pytest.fixture(scope="module")
def without_login(world: World, dagster: Upstream) -> Iterator[TestClient]:
    with client_of(settings_of(address_of(world.shop), world.shop.folder, dagster.url)) as client:
        yield client


@contextmanager
def counted(client: TestClient) -> Iterator[list[str]]:
    """The statements that an application sends meanwhile."""
    app: Any = client.app
    state = app.state.workbench
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        found.append(statement)

    for engine in (state.db.engine, state.identifier.engine):
        sa.event.listen(engine, "before_cursor_execute", note)
    yield found
    for engine in (state.db.engine, state.identifier.engine):
        sa.event.remove(engine, "before_cursor_execute", note)


def queries(client: TestClient, operation: Operation, headers: dict[str, str]) -> tuple[int, int]:
    with counted(client) as found:
        status = client.get(operation.url(), headers=headers).status_code
    return status, len(found)


@pytest.mark.parametrize("operation", GETS, ids=lambda operation: operation.label)
def test_login_costs_one_query_at_most(world: World, without_login: TestClient, operation: Operation) -> None:
    world.mend()
    plain_status, plain = queries(without_login, operation, {})
    callers = {
        "session": world.bearer("instance admin"),
        "a member's session": world.bearer("admin"),
        "personal token": header(world.personal.text),
        "service token": header(world.service.text),
    }
    compared = 0
    for caller, headers in callers.items():
        status, count = queries(world.client, operation, headers)
        if status != 403:
            assert status == plain_status, caller
            assert count - plain <= 1, caller
            assert count >= 1, caller
            compared += 1
    assert compared


def test_a_refusal_at_the_door_costs_one_query_and_what_it_writes(world: World) -> None:
    world.mend()
    with counted(world.client) as found:
        assert world.client.get("/api/admin/users", headers=world.bearer("viewer")).status_code == 403
    selects = [statement for statement in found if not statement.lstrip().lower().startswith("insert")]
    assert len(selects) == 1
