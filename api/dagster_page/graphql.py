"""What is asked of Dagster: read from a request or a WebSocket message, and from the document itself.

Everything here is pure. What is passed on is written anew from what was read, so that Dagster cannot read
anything else in it: no second key of the same name, no other encoding, no field that only one side knows.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, cast

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    parse,
)

from core.auth.rights import Scope

# Which right a mutation of Dagster needs, in every workspace: its page knows none. One that is not here needs
# dagster:administer, so that a mutation of a later Dagster is never open by accident.
MUTATIONS: Final[Mapping[str, Scope]] = {
    # Of the page's own doing; changes nothing that anybody else sees.
    "__typename": Scope.DAGSTER_READ,
    "logTelemetry": Scope.DAGSTER_READ,
    "setNuxSeen": Scope.DAGSTER_READ,
    # Runs.
    "launchRun": Scope.DAGSTER_OPERATE,
    "launchMultipleRuns": Scope.DAGSTER_OPERATE,
    "launchRunReexecution": Scope.DAGSTER_OPERATE,
    "launchPipelineExecution": Scope.DAGSTER_OPERATE,
    "launchPipelineReexecution": Scope.DAGSTER_OPERATE,
    "terminateRun": Scope.DAGSTER_OPERATE,
    "terminateRuns": Scope.DAGSTER_OPERATE,
    "terminatePipelineExecution": Scope.DAGSTER_OPERATE,
    # Backfills.
    "launchPartitionBackfill": Scope.DAGSTER_OPERATE,
    "resumePartitionBackfill": Scope.DAGSTER_OPERATE,
    "reexecutePartitionBackfill": Scope.DAGSTER_OPERATE,
    "cancelPartitionBackfill": Scope.DAGSTER_OPERATE,
    # Schedules and sensors. A dry run runs their code.
    "startSchedule": Scope.DAGSTER_OPERATE,
    "stopRunningSchedule": Scope.DAGSTER_OPERATE,
    "resetSchedule": Scope.DAGSTER_OPERATE,
    "scheduleDryRun": Scope.DAGSTER_OPERATE,
    "startSensor": Scope.DAGSTER_OPERATE,
    "stopSensor": Scope.DAGSTER_OPERATE,
    "resetSensor": Scope.DAGSTER_OPERATE,
    "sensorDryRun": Scope.DAGSTER_OPERATE,
    # What is loaded, and what happened to assets.
    "reloadRepositoryLocation": Scope.DAGSTER_OPERATE,
    "reloadWorkspace": Scope.DAGSTER_OPERATE,
    "reportRunlessAssetEvents": Scope.DAGSTER_OPERATE,
    "reportAssetCheckEvaluations": Scope.DAGSTER_OPERATE,
    # What cannot be undone, or holds for everybody.
    "deleteRun": Scope.DAGSTER_ADMINISTER,
    "deletePipelineRun": Scope.DAGSTER_ADMINISTER,
    "wipeAssets": Scope.DAGSTER_ADMINISTER,
    "addDynamicPartition": Scope.DAGSTER_ADMINISTER,
    "deleteDynamicPartitions": Scope.DAGSTER_ADMINISTER,
    "setSensorCursor": Scope.DAGSTER_ADMINISTER,
    "setAutoMaterializePaused": Scope.DAGSTER_ADMINISTER,
    "setConcurrencyLimit": Scope.DAGSTER_ADMINISTER,
    "deleteConcurrencyLimit": Scope.DAGSTER_ADMINISTER,
    "freeConcurrencySlots": Scope.DAGSTER_ADMINISTER,
    "freeConcurrencySlotsForRun": Scope.DAGSTER_ADMINISTER,
    "shutdownRepositoryLocation": Scope.DAGSTER_ADMINISTER,
    "setAppManagedComponent": Scope.DAGSTER_ADMINISTER,
    "deleteAppManagedComponent": Scope.DAGSTER_ADMINISTER,
    "refreshComponentState": Scope.DAGSTER_ADMINISTER,
}
UNKNOWN: Final = Scope.DAGSTER_ADMINISTER
LADDER: Final = (Scope.DAGSTER_READ, Scope.DAGSTER_OPERATE, Scope.DAGSTER_ADMINISTER)

# Where the variables of Dagster's own page plainly name what a mutation is about.
SUBJECTS: Final = (
    ("runId",),
    ("pipelineRunId",),
    ("runIds",),
    ("backfillId",),
    ("executionParams", "selector", "jobName"),
    ("executionParams", "selector", "pipelineName"),
    ("reexecutionParams", "parentRunId"),
    ("scheduleSelector", "scheduleName"),
    ("sensorSelector", "sensorName"),
    ("location",),
    ("repositoryLocationName",),
    ("concurrencyKey",),
)
LONGEST_SUBJECT: Final = 200

# Dagster's page asks with a few thousand; reading more holds everybody up.
MOST_TOKENS: Final = 50_000
LONGEST_REMEMBERED: Final = 50_000
REMEMBERED: Final = 256


class UnreadableError(Exception):
    """What was sent is not what Dagster's server takes. The message is for people."""


@dataclass(frozen=True)
class Asked:
    """What the operations that may be carried out ask for."""

    mutations: frozenset[str]
    is_mutation: bool
    is_subscription: bool

    @property
    def scope(self) -> Scope:
        """The greatest right that it needs."""
        needed = [MUTATIONS.get(name, UNKNOWN) for name in self.mutations]
        if self.is_mutation and not needed:
            return UNKNOWN
        return max(needed, key=LADDER.index, default=Scope.DAGSTER_READ)


@dataclass(frozen=True)
class GraphqlRequest:
    """A document with what belongs to it."""

    query: str
    variables: Mapping[str, Any] | None = None
    operation_name: str | None = None

    def asked(self) -> Asked:
        """What it asks for.

        Raises:
            UnreadableError: the document cannot be read.
        """
        return asked(self.query, self.operation_name)

    def body(self) -> bytes:
        """It as JSON, as Dagster's server reads it over HTTP."""
        values = {"query": self.query, "variables": self.variables, "operationName": self.operation_name}
        return json.dumps({name: value for name, value in values.items() if value is not None}).encode()

    def subject(self) -> str | None:
        """The run, job, schedule or the like that the variables plainly name."""
        for path in SUBJECTS:
            found = _at(self.variables or {}, path)
            if isinstance(found, str):
                return found[:LONGEST_SUBJECT]
            if isinstance(found, list) and all(isinstance(item, str) for item in found):
                return ", ".join(found)[:LONGEST_SUBJECT]
        return None


def asked(text: str, operation_name: str | None = None) -> Asked:
    """What a document asks for when this operation of it is carried out.

    Raises:
        UnreadableError: it cannot be read, or is too long to be.
    """
    read = _read_remembered if len(text) <= LONGEST_REMEMBERED else _read
    return read(text, operation_name)


def read_http(content_type: str, body: bytes, query_params: Mapping[str, str]) -> GraphqlRequest:
    """The request, read as dagster_webserver.graphql does: one of three ways, by the content type.

    Raises:
        UnreadableError: it is none of them.
    """
    if "application/json" in content_type:
        return _request(_json(body), "operationName")
    if "application/graphql" in content_type:
        try:
            return GraphqlRequest(body.decode())
        except UnicodeDecodeError as error:
            raise UnreadableError("The document is not UTF-8.") from error
    return _request(query_params, "operationName")


def read_message(text: str) -> tuple[dict[str, Any], GraphqlRequest | None]:
    """A message of a WebSocket as it is passed on, and the document in it, if it starts an operation.

    Raises:
        UnreadableError: the protocol (graphql-ws, the older of that name) knows no such message.
    """
    message = _json(text)
    kind, name = message.get("type"), message.get("id")
    if not isinstance(kind, str) or not (name is None or isinstance(name, str)):
        raise UnreadableError("The type of a message and the id of an operation are texts.")
    head = {"type": kind} if name is None else {"type": kind, "id": name}
    if kind in {"connection_init", "connection_terminate", "stop"}:
        return head, None
    if kind != "start" or name is None:
        raise UnreadableError("There is no such message.")
    # Dagster's server reads `operation_name` here, unlike over HTTP.
    request = _request(_object(message.get("payload")), "operation_name")
    payload = {
        "query": request.query,
        "variables": request.variables,
        "operation_name": request.operation_name,
    }
    return {**head, "payload": payload}, request


def id_of(text: str) -> str | None:
    """The operation that a message is about, to answer it by, if that can be told."""
    try:
        name = _json(text).get("id")
    except UnreadableError:
        return None
    return name if isinstance(name, str) else None


def _request(values: Mapping[str, Any], operation_key: str) -> GraphqlRequest:
    query, variables, name = values.get("query"), values.get("variables"), values.get(operation_key)
    if not isinstance(query, str):
        raise UnreadableError("There is no document in the request: `query` is missing.")
    if name is not None and not isinstance(name, str):
        raise UnreadableError(f"{operation_key} is no text.")
    if isinstance(variables, str):
        variables = _decoded(variables)
    return GraphqlRequest(query, None if variables is None else _object(variables), name)


def _json(text: str | bytes) -> Mapping[str, Any]:
    return _object(_decoded(text))


def _decoded(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableError("It is not valid JSON.") from error


def _object(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UnreadableError("A JSON object is needed; several requests in one are not taken.")
    return cast("Mapping[str, Any]", value)


def _at(value: object, path: Iterable[str]) -> object:
    for name in path:
        value = cast("Mapping[str, Any]", value).get(name) if isinstance(value, dict) else None
    return value


def _read(text: str, operation_name: str | None) -> Asked:
    try:
        document = parse(text, no_location=True, max_tokens=MOST_TOKENS)
    except GraphQLError as error:
        raise UnreadableError(f"The document is not valid GraphQL. {error.message}") from error
    except RecursionError as error:
        raise UnreadableError("The document is nested too deeply.") from error
    operations = _selected(document, operation_name)
    if not operations:
        raise UnreadableError("The document holds no operation.")
    mutating = [item for item in operations if item.operation == OperationType.MUTATION]
    fragments = _fragments(document)
    return Asked(
        frozenset(name for item in mutating for name in _root_fields(item.selection_set, fragments)),
        bool(mutating),
        any(item.operation == OperationType.SUBSCRIPTION for item in operations),
    )


_read_remembered = lru_cache(maxsize=REMEMBERED)(_read)


def _selected(document: DocumentNode, name: str | None) -> list[OperationDefinitionNode]:
    """The operations that could be carried out: the one of that name, or all where it is not plain which."""
    every = [item for item in document.definitions if isinstance(item, OperationDefinitionNode)]
    named = [item for item in every if item.name is not None and item.name.value == name]
    return named or every


def _fragments(document: DocumentNode) -> dict[str, list[SelectionSetNode]]:
    found: dict[str, list[SelectionSetNode]] = {}
    for item in document.definitions:
        if isinstance(item, FragmentDefinitionNode):
            found.setdefault(item.name.value, []).append(item.selection_set)
    return found


def _root_fields(
    selections: SelectionSetNode, fragments: Mapping[str, list[SelectionSetNode]]
) -> frozenset[str]:
    """The names of an operation's fields, whatever they are called in the answer and wherever they stand."""
    names: set[str] = set()
    spread: set[str] = set()
    waiting = [selections]
    while waiting:
        for item in waiting.pop().selections:
            if isinstance(item, FieldNode):
                names.add(item.name.value)
            elif isinstance(item, InlineFragmentNode):
                waiting.append(item.selection_set)
            elif isinstance(item, FragmentSpreadNode) and item.name.value not in spread:
                spread.add(item.name.value)
                waiting.extend(fragments.get(item.name.value, []))
    return frozenset(names)
