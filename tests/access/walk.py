"""Asks one operation as somebody, and says what is wrong with the answer."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from httpx import Response

from core.auth.rights import BY_SCOPE, Level, Scope
from tests.access.operations import UNREAL, Operation
from tests.access.table import PUBLIC, expected
from tests.access.world import OTHER, SHOP, World
from tests.api.shape import error_of

BROKEN: Final = b'{"'
NO_MEMBER: Final = "There is no workspace "
JSON: Final = {"content-type": "application/json"}


@dataclass(frozen=True)
class Request:
    """A way to ask an operation."""

    how: str
    url: str
    body: Any = None
    broken: bool = False


def requests_of(operation: Operation, home: str = SHOP) -> list[Request]:
    """As well as can be, and with ids that do not exist."""
    body = operation.body(home)
    found = [Request("well", operation.url(), body)]
    if operation.ids or {item["name"] for item in operation.parameters("path")} - {"workspace"}:
        found.append(Request("with ids that do not exist", operation.url(**UNREAL), body))
    return found


def broken_request_of(operation: Operation) -> Request:
    """With a body that is no JSON."""
    return Request("with a broken body", operation.url(), broken=True)


def send(world: World, operation: Operation, request: Request, headers: Mapping[str, str]) -> Response:
    """Ask, without a cookie that an earlier answer may have left."""
    world.client.cookies.clear()
    if request.broken:
        return world.client.request(
            operation.method, request.url, content=BROKEN, headers={**headers, **JSON}
        )
    return world.client.request(operation.method, request.url, json=request.body, headers=dict(headers))


def kind_of(response: Response) -> str:
    """What an answer is, in the words of the table."""
    if response.status_code in {401, 403}:
        return str(response.status_code)
    if response.status_code == 404 and response.json()["error"]["message"].startswith(NO_MEMBER):
        return "404"
    return "ok"


def walk(
    world: World, operation: Operation, column: str, requests: Sequence[Request] | None = None
) -> list[str]:
    """Every way in which the answers to somebody of a column differ from the table."""
    if operation.scope is None and operation.label not in PUBLIC:
        return [f"{operation.label} needs no scope, and is no public route of table.md"]
    home = OTHER if column == "outsider" else SHOP
    world.mend()
    return [
        f"{operation.label} {request.how} as {column}: {problem}"
        for request in requests or requests_of(operation, home)
        for problem in _problems(world, operation, request, column)
    ]


def _problems(world: World, operation: Operation, request: Request, column: str) -> list[str]:
    response = send(world, operation, request, world.bearer(column))
    if operation.changes:
        world.mend()
    if response.status_code >= 500 and operation.label != "GET /health/ready":
        return [f"{response.status_code}: {response.text[:300]}"]
    if operation.scope is None:
        return _public_problems(operation, request, column, response)
    wanted = expected(column, operation.scope, in_workspace=operation.in_workspace)
    found = kind_of(response)
    if found != wanted:
        return [f"{wanted} expected, {response.status_code} came: {response.text[:300]}"]
    if wanted != "ok":
        check_refusal(response, wanted, operation.scope, operation)
    return []


def _public_problems(operation: Operation, request: Request, column: str, response: Response) -> list[str]:
    allowed = PUBLIC[operation.label] | ({422} if request.broken else set())
    if response.status_code in allowed:
        return []
    return [f"one of {sorted(allowed)} expected, {response.status_code} came to {column}"]


def check_refusal(response: Response, kind: str, scope: str, operation: Operation) -> None:
    """A refusal says in the one shape what would be needed."""
    if kind == "401":
        error_of(response, 401, "unauthenticated")
        assert response.headers["www-authenticate"] == "Bearer"
    elif kind == "404":
        error_of(response, 404, "not_found")
    else:
        details = error_of(response, 403, "forbidden")["details"]
        named = {detail["field"]: detail["message"] for detail in details}
        level = BY_SCOPE[Scope(scope)].level
        assert named["scope"] == scope, named
        assert named["role"] == level, named
        if operation.in_workspace and level != Level.INSTANCE_ADMIN:
            assert named["workspace"] == SHOP, named
            assert named["held"] in {"viewer", "developer"}, named
