"""Whatever is asked that the OpenAPI document allows is answered as it says."""

from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.testclient import TestClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.main import create_app
from core.kit.settings import Settings
from tests.api.conftest import LOCAL

DOCUMENT = create_app(
    Settings.model_construct(database_url=None, data_dir=Path(), dagster_url=None)
).openapi()
OPERATIONS = [found.ok() for found in schemathesis.openapi.from_dict(DOCUMENT).get_all_operations()]
CONFORMS = [content_type_conformance, response_schema_conformance, status_code_conformance]
# Names that exist, so that not every question ends at the first door.
REAL = {"workspace": ["shop", "empty"], "unique_id": ["model.shop.orders", "source.shop.raw.late"]}


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.label)
def test_an_operation_keeps_to_the_document(client: TestClient, operation: Any) -> None:
    @settings(
        max_examples=15,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(operation.as_strategy(), st.data())
    def ask(case: Any, data: st.DataObject) -> None:
        for name, values in REAL.items():
            if name in (case.path_parameters or {}) and data.draw(st.integers(0, 3)):
                case.path_parameters[name] = data.draw(st.sampled_from(values))
        if case.path.endswith("/events"):
            case.query["seconds"] = 0  # of a stream that goes on, only the beginning
        request = case.as_transport_kwargs(base_url=LOCAL)
        request.pop("cookies", None)
        response = client.request(**request)
        response.request.read()  # what was sent in parts, for the report
        # Dagster is away: 503 is the right answer of what needs it, and documented.
        checks = CONFORMS if response.status_code == 503 else [not_a_server_error, *CONFORMS]
        case.validate_response(response, checks=checks)

    ask()
