"""No text in a body or a query breaks the application: it is taken, or refused by a 4xx."""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from tests.access.operations import OPERATIONS, Operation
from tests.access.world import World

TEXTS: Final = [
    "",
    " ",
    "\0",
    "a\0b",
    "\ud800",
    "\u202e",
    "\U0001f993",
    "' or '1'='1",
    "%",
    "../../secret",
    "x" * 20_000,
    "9" * 400,
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
]
WITH_BODY = [operation for operation in OPERATIONS if operation.takes_body]
WITH_QUERY = [operation for operation in OPERATIONS if operation.parameters("query")]
JSON: Final = {"content-type": "application/json"}


def bodies(operation: Operation) -> Iterator[Any]:
    """The good body with each of its fields, asked for or not, replaced by each text."""
    good = operation.body()
    schema = operation.raw["requestBody"]["content"]["application/json"]["schema"]
    names = _properties(operation, schema)
    for name in names:
        for text in TEXTS:
            yield {**(good or {}), name: text}
        for odd in (None, -1, 2**70, 1e308, True, TEXTS, {text: text for text in TEXTS}):
            yield {**(good or {}), name: odd}
    yield from ([], "", 5, None, {"\0": 1}, {"\ud800": 1}, [[[]]])


def _properties(operation: Operation, schema: Mapping[str, Any]) -> list[str]:
    schemas = [schema, *schema.get("anyOf", ())]
    found: list[str] = []
    for item in schemas:
        if "$ref" in item:
            name = item["$ref"].rsplit("/", 1)[1]
            found += operation.document["components"]["schemas"][name].get("properties", {})
    return found


@pytest.mark.parametrize("operation", WITH_BODY, ids=lambda operation: operation.label)
def test_no_text_in_a_body_breaks_an_operation(world: World, operation: Operation) -> None:
    world.mend()
    problems: list[str] = []
    for body in bodies(operation):
        content = json.dumps(body)
        response = world.client.request(
            operation.method,
            operation.url(),
            content=content,
            headers={**world.bearer("instance admin"), **JSON},
        )
        if response.is_success:
            world.mend()
        if response.status_code >= 500:
            problems.append(f"{response.status_code} for {content[:200]}: {response.text[:200]}")
    assert problems == []


@pytest.mark.parametrize("operation", WITH_QUERY, ids=lambda operation: operation.label)
def test_no_text_in_a_query_breaks_an_operation(world: World, operation: Operation) -> None:
    world.mend()
    mine = world.bearer("instance admin")
    for name in (item["name"] for item in operation.parameters("query")):
        for text in TEXTS:
            value = text.encode("utf-8", "surrogatepass")
            response = world.client.request(
                operation.method, operation.url(), params={name: value}, headers=mine
            )
            assert response.status_code < 500, (name, text[:50], response.text[:300])
