"""What a document asks of Dagster. The oracle is graphql-core itself: what it runs, we must have seen."""

import json
from contextlib import suppress
from typing import Any

import pytest
from dagster_graphql.schema import create_schema
from graphql import build_schema, execute, parse
from hypothesis import given, settings
from hypothesis import strategies as st

from api.dagster_page.graphql import (
    MUTATIONS,
    REMEMBERED,
    UNKNOWN,
    GraphqlRequest,
    UnreadableError,
    _read_remembered,
    asked,
    id_of,
    read_http,
    read_message,
)
from core.auth.rights import Scope

READ, OPERATE, ADMINISTER = Scope.DAGSTER_READ, Scope.DAGSTER_OPERATE, Scope.DAGSTER_ADMINISTER
JSON = "application/json"


def test_every_mutation_of_the_installed_dagster_is_in_the_table() -> None:
    known = set(create_schema().graphql_schema.mutation_type.fields)
    assert known - set(MUTATIONS) == set()
    assert set(MUTATIONS) - known <= {"__typename", "launchPipelineExecution", "launchPipelineReexecution"}


@pytest.mark.parametrize(
    ("text", "name", "scope"),
    [
        ("{ version }", None, READ),
        ("query A { version }", "A", READ),
        ("subscription { x }", None, READ),
        ("mutation { logTelemetry(action: 1) { __typename } }", None, READ),
        ("mutation { launchRun { __typename } }", None, OPERATE),
        ("mutation { harmless: wipeAssets { __typename } }", None, ADMINISTER),
        ("mutation { logTelemetry launchRun deleteRun }", None, ADMINISTER),
        ("mutation { somethingNew }", None, UNKNOWN),
        ("query A { version } mutation B { launchRun }", "A", READ),
        ("query A { version } mutation B { launchRun }", "B", OPERATE),
        ("query A { version } mutation B { launchRun }", None, OPERATE),
        ("query A { version } mutation B { launchRun }", "C", OPERATE),
        ("query A { version } mutation B { launchRun }", "", OPERATE),
        ("query A { version } mutation A { deleteRun }", "A", ADMINISTER),
        ("mutation { ...F } fragment F on Mutation { terminateRun }", None, OPERATE),
        ("mutation { ...F } fragment F on M { ...G } fragment G on M { ...F deleteRun }", None, ADMINISTER),
        (
            "mutation { ...F } fragment F on M { x: logTelemetry } fragment F on M { deleteRun }",
            None,
            ADMINISTER,
        ),
        ("mutation { ... on Mutation { ... @include(if: false) { deleteRun } } }", None, ADMINISTER),
        ("mutation { ...Missing }", None, UNKNOWN),
        ("# mutation { deleteRun }\n{ version }", None, READ),
        ('{ x(text: "mutation { deleteRun }") }', None, READ),
        ("query mutation { deleteRun }", None, READ),
        ("mutation($a: Int) @x { deleteRun }", None, ADMINISTER),
        ("\ufeffmutation { deleteRun }", None, ADMINISTER),
    ],
)
def test_what_a_document_needs(text: str, name: str | None, scope: Scope) -> None:
    assert asked(text, name).scope == scope


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "{",
        "mutation",
        "fragment F on X { y }",
        "type Query { x: Int }",
        "{ a" * 5000 + "}" * 5000,
        "{ " + "a " * 60_000 + "}",
        "[" * 100_000,
        "{ a(b: " + "[" * 5000 + "]" * 5000 + ") }",
        "\0",
    ],
)
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        asked(text)


def test_what_is_remembered_is_bounded() -> None:
    for number in range(REMEMBERED + 50):
        asked(f"{{ a{number} }}")
    asked("{ " + "a" * 60_000 + " }")
    assert _read_remembered.cache_info().currsize <= REMEMBERED


# --- Any document at all.

NAMES = [*MUTATIONS, "somethingNew", "version"]
FIELDS = sorted({*NAMES} - {"__typename"})
SCHEMA = build_schema(
    "type Query { version: Int } schema { query: Query mutation: Mutation }"
    f" type Mutation {{ {' '.join(f'{name}: Int' for name in FIELDS)} }}"
)
OPERATION_NAMES = st.sampled_from(["A", "B", "C"])
FRAGMENT_NAMES = st.sampled_from(["F", "G", "H"])
ALIASES = st.sampled_from(["", "version: ", "logTelemetry: ", "x: "])
DIRECTIVES = st.sampled_from(["", " @include(if: true)", " @skip(if: false)", " @skip(if: true)"])


def selections(depth: int = 3) -> st.SearchStrategy[str]:
    leaves = [
        st.tuples(ALIASES, st.sampled_from(NAMES), DIRECTIVES).map("".join),
        st.tuples(st.just("..."), FRAGMENT_NAMES, DIRECTIVES).map("".join),
    ]
    if depth:
        inline = st.tuples(
            st.sampled_from(["... on Mutation", "... on Query", "..."]), DIRECTIVES, selections(depth - 1)
        )
        leaves.append(inline.map("".join))
    return st.lists(st.one_of(leaves), min_size=1, max_size=4).map(lambda items: f" {{ {' '.join(items)} }}")


OPERATIONS = st.tuples(
    st.sampled_from(["query", "mutation", "mutation"]), st.just(" "), OPERATION_NAMES, selections()
).map("".join)
FRAGMENTS = st.tuples(st.just("fragment "), FRAGMENT_NAMES, st.just(" on Mutation"), selections()).map(
    "".join
)
DOCUMENTS = st.one_of(
    st.lists(st.one_of(OPERATIONS, FRAGMENTS.map("".join)), min_size=1, max_size=6).map("\n".join),
    st.tuples(st.sampled_from(["", "query", "mutation"]), selections()).map("".join),
)


def executed(text: str, name: str | None) -> list[str]:
    """The mutations that graphql-core carries out, without validating first: less than Dagster does."""
    seen: list[str] = []
    root = {field: lambda _info, field=field: seen.append(field) for field in FIELDS}
    execute(SCHEMA, parse(text), root_value=root, operation_name=name)
    mutating = SCHEMA.mutation_type
    assert mutating is not None
    return [] if _is_query(text, name) else seen


def _is_query(text: str, name: str | None) -> bool:
    chosen = [
        item.operation.value
        for item in parse(text).definitions
        if item.kind == "operation_definition" and (name is None or (item.name and item.name.value == name))
    ]
    return bool(chosen) and chosen[-1] == "query"


@settings(max_examples=400)
@given(DOCUMENTS, st.none() | OPERATION_NAMES)
def test_nothing_is_carried_out_that_was_not_seen(text: str, name: str | None) -> None:
    done = executed(text, name)
    try:
        found = asked(text, name)
    except UnreadableError:
        assert done == []
        return
    assert set(done) <= found.mutations
    # Never for a viewer, but for what changes nothing.
    if any(MUTATIONS.get(item, UNKNOWN) != READ for item in done):
        assert found.is_mutation
        assert found.scope != READ
    if any(MUTATIONS.get(item, UNKNOWN) == ADMINISTER for item in done):
        assert found.scope == ADMINISTER


@settings(max_examples=200)
@given(st.text(max_size=80))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(UnreadableError):
        asked(text)


# --- How it is sent.


def test_the_three_ways_of_sending() -> None:
    one = GraphqlRequest("{version}", {"a": 1}, "A")
    body = {"query": "{version}", "variables": {"a": 1}, "operationName": "A", "extensions": {"x": 1}}
    assert read_http("application/json; charset=utf-8", json.dumps(body).encode(), {}) == one
    assert read_http("", b"", {"query": "{version}", "variables": '{"a":1}', "operationName": "A"}) == one
    assert read_http("application/graphql", b"{version}", {"query": "x"}) == GraphqlRequest("{version}")
    assert read_http(JSON, json.dumps({**body, "variables": '{"a": 1}'}).encode(), {}) == one
    assert json.loads(one.body()) == {key: body[key] for key in ("query", "variables", "operationName")}
    assert json.loads(GraphqlRequest("{version}").body()) == {"query": "{version}"}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nothing",
        b"[]",
        b'[{"query": "{version}"}]',
        b'"{version}"',
        b"null",
        b"{}",
        b'{"query": 1}',
        b'{"query": null}',
        b'{"query": "{version}", "operationName": 1}',
        b'{"query": "{version}", "operationName": ["A"]}',
        b'{"query": "{version}", "variables": []}',
        b'{"query": "{version}", "variables": "[]"}',
        b'{"query": "{version}", "variables": "{"}',
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b'{"query": ' + b"9" * 10_000 + b"}",
    ],
)
def test_what_dagster_would_not_take_is_refused(body: bytes) -> None:
    with pytest.raises(UnreadableError):
        read_http(JSON, body, {"query": "{version}"})


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data; boundary=x", ""])
def test_another_content_type_is_read_from_the_address_as_dagster_does(kind: str) -> None:
    with pytest.raises(UnreadableError):
        read_http(kind, b'{"query": "mutation { deleteRun }"}', {})


def test_of_two_keys_the_one_that_is_read_is_passed_on() -> None:
    found = read_http(JSON, b'{"query": "{version}", "query": "mutation { deleteRun }"}', {})
    assert found.asked().scope == ADMINISTER
    assert json.loads(found.body()) == {"query": "mutation { deleteRun }"}


def test_a_body_in_another_encoding_is_passed_on_in_ours() -> None:
    found = read_http(JSON, json.dumps({"query": "mutation { deleteRun }"}).encode("utf-16"), {})
    assert found.asked().scope == ADMINISTER
    assert json.loads(found.body().decode()) == {"query": "mutation { deleteRun }"}


@pytest.mark.parametrize(
    ("variables", "subject"),
    [
        (None, None),
        ({}, None),
        ({"runId": "r1"}, "r1"),
        ({"runIds": ["r1", "r2"]}, "r1, r2"),
        ({"runId": {"a": "secret"}}, None),
        ({"runIds": [{"a": "secret"}]}, None),
        ({"executionParams": {"selector": {"jobName": "shop__dbt"}, "runConfigData": "secret"}}, "shop__dbt"),
        ({"reexecutionParams": {"parentRunId": "r1"}}, "r1"),
        ({"scheduleSelector": {"scheduleName": "nightly"}}, "nightly"),
        ({"executionParams": "secret"}, None),
        ({"runId": "x" * 900}, "x" * 200),
    ],
)
def test_what_it_is_about_and_never_more(variables: dict[str, Any] | None, subject: str | None) -> None:
    assert GraphqlRequest("{x}", variables).subject() == subject


# --- Messages of a WebSocket.


def message(**values: Any) -> str:
    return json.dumps(values)


def test_messages_without_a_document_pass_and_lose_what_dagster_does_not_read() -> None:
    for kind in ("connection_init", "connection_terminate"):
        assert read_message(message(type=kind, payload={"token": "x"})) == ({"type": kind}, None)
    assert read_message(message(type="stop", id="1", payload=None)) == ({"type": "stop", "id": "1"}, None)


def test_a_start_is_passed_on_with_the_keys_that_dagster_reads() -> None:
    payload = {"query": "subscription S { x }", "variables": {"a": 1}, "operationName": "S", "extensions": {}}
    passed, request = read_message(message(type="start", id="1", payload=payload))
    assert request == GraphqlRequest("subscription S { x }", {"a": 1}, None)
    assert passed["payload"] == {
        "query": "subscription S { x }",
        "variables": {"a": 1},
        "operation_name": None,
    }
    passed, request = read_message(message(type="start", id="1", payload={**payload, "operation_name": "T"}))
    assert request is not None
    assert request.operation_name == "T" == passed["payload"]["operation_name"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[]",
        "null",
        message(type="data", id="1"),
        message(type="start", id="1"),
        message(type="start", payload={"query": "{x}"}),
        message(type="start", id=1, payload={"query": "{x}"}),
        message(type="start", id=["1"], payload={"query": "{x}"}),
        message(type="start", id="1", payload={"query": 1}),
        message(type="start", id="1", payload=[{"query": "{x}"}]),
        message(type="start", id="1", payload={"query": "{x}", "operation_name": 1}),
        message(type=["start"], id="1", payload={"query": "{x}"}),
        message(type={"a": 1}),
        message(type="subscribe", id="1", payload={"query": "{x}"}),
        "[" * 200_000,
    ],
)
def test_other_messages_are_refused(text: str) -> None:
    with pytest.raises(UnreadableError):
        read_message(text)


def test_an_answer_is_given_by_the_id_if_there_is_one() -> None:
    assert id_of(message(type="x", id="7")) == "7"
    assert [id_of(text) for text in ("", "[]", message(id=7), message(id=["7"]))] == [None] * 4
