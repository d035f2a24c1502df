"""Whoever asks whatever the document allows is answered as it says, and never by a 500."""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.access.operations import OPERATIONS, REAL, document
from tests.access.world import World, header
from tests.api.conftest import LOCAL

CONFORMS: Final = [not_a_server_error, content_type_conformance, response_schema_conformance]
CALLERS: Final[Mapping[str, Callable[[World], dict[str, str]]]] = {
    **{
        column: lambda world, column=column: world.bearer(column)
        for column in ("nobody", "outsider", "viewer", "developer", "admin", "instance admin")
    },
    "personal token": lambda world: header(world.personal.text),
    "service token": lambda world: header(world.service.text),
}
# Those who are let in everywhere are asked more.
EXAMPLES: Final = {"nobody": 1, "admin": 3, "instance admin": 6}
# Names that exist, so that not every question ends at the first door.
KNOWN: Final[Mapping[str, list[str]]] = {
    **{name: [value] for name, value in REAL.items()},
    "username": ["sam"],
}


@cache
def strategies() -> dict[str, st.SearchStrategy[Any]]:
    """Requests that the document allows, by the label of the operation."""
    found = schemathesis.openapi.from_dict(dict(document())).get_all_operations()
    return {operation.label: operation.as_strategy() for operation in (item.ok() for item in found)}


@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_an_operation_keeps_to_the_document_for(world: World, operation: Any, caller: str) -> None:
    @settings(
        max_examples=EXAMPLES.get(caller, 2),
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(strategies()[operation.label], st.data())
    def ask(case: Any, data: st.DataObject) -> None:
        for name, values in KNOWN.items():
            if name in (case.path_parameters or {}) and data.draw(st.integers(0, 3)):
                case.path_parameters[name] = data.draw(st.sampled_from(values))
        if operation.changes:
            world.mend()
        request = case.as_transport_kwargs(base_url=LOCAL)
        request.pop("cookies", None)
        request["headers"] = {**request.get("headers", {}), **CALLERS[caller](world)}
        world.client.cookies.clear()
        response = world.client.request(**request)
        response.request.read()  # what was sent in parts, for the report
        case.validate_response(response, checks=[*CONFORMS, status_code_conformance])

    world.mend()
    ask()
