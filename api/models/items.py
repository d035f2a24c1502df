"""A node in a list as JSON: what a link, a list and the node's own page all show."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel

from api.search.schemas import MatchOut
from core.catalog.assets import asset_path
from core.catalog.health import sentence
from core.catalog.models import Node, NodeResult
from core.catalog.reading import Reading
from core.catalog.repository import NodeRow
from core.workspaces.models import Workspace

Trust = Literal["healthy", "caution", "broken", "unknown"]
EXTERNAL = "external-"


def dagster_asset_path(workspace: Workspace, node: Node) -> str | None:
    """The asset's page under /dagster; None for nodes that are no asset there."""
    if workspace.project_dir is None:
        return None
    path = asset_path(workspace.key, node.unique_id, node.resource_type, node.materialization)
    return None if path is None else f"/dagster{path}"


class TestTallyOut(BaseModel):
    """Tests by their last result; `unknown` ones never ran."""

    total: int
    passed: int
    failed: int
    warned: int
    unknown: int


class NodeRef(BaseModel):
    """Just enough of a node to link to it."""

    unique_id: str
    name: str
    resource_type: str
    materialization: str | None
    last_status: str | None

    @classmethod
    def of_node(cls, node: Node, result: NodeResult | None) -> Self:
        """From the tables."""
        return cls(
            unique_id=node.unique_id,
            name=node.name,
            resource_type=node.resource_type,
            materialization=node.materialization,
            last_status=result.status if result else None,
        )

    @classmethod
    def of(cls, row: NodeRow) -> Self:
        """From the tables."""
        return cls.of_node(row.node, row.result)


class NodeItem(NodeRef):
    """A node in a list. `last_*` are null when it never ran; `trust` is null where there is nothing to trust.

    `last_run_external`: it ran elsewhere and its results were brought here, so there is no run to open.
    """

    package_name: str
    schema_name: str | None
    database_name: str | None
    description: str
    tags: list[str]
    owner: str | None
    group_name: str | None
    access: str | None
    path: str
    last_run_id: str | None
    last_run_external: bool
    last_run_at: datetime | None
    last_execution_time: float | None
    last_message: str | None
    last_failures: int | None
    tests: TestTallyOut
    trust: Trust | None
    trust_reasons: list[str]
    freshness_status: str | None
    columns_total: int
    columns_documented: int
    dagster_asset_path: str | None
    environment: str
    match: MatchOut | None = None


def node_facts(workspace: Workspace, reading: Reading, row: NodeRow) -> dict[str, Any]:
    """The fields that lists and pages share."""
    node, result = row.node, row.result
    return {
        "unique_id": node.unique_id,
        "name": node.name,
        "resource_type": node.resource_type,
        "materialization": node.materialization,
        "last_status": result.status if result else None,
        "package_name": node.package_name,
        "schema_name": node.schema_name,
        "database_name": node.database_name,
        "description": node.description,
        "tags": node.tags,
        "owner": node.owner,
        "group_name": node.group_name,
        "access": node.access,
        "path": node.path,
        "last_run_id": result.run_id if result else None,
        "last_run_external": result is not None and result.run_id.startswith(EXTERNAL),
        "last_run_at": result.at if result else None,
        "last_execution_time": result.execution_time if result else None,
        "last_message": result.message if result else None,
        "last_failures": result.failures if result else None,
        "tests": vars(row.tests),
        "trust": row.trust,
        "trust_reasons": [sentence(reason) for reason in row.reasons],
        "freshness_status": row.freshness,
        "columns_total": node.columns_total,
        "columns_documented": node.columns_documented,
        "dagster_asset_path": dagster_asset_path(workspace, node),
        "environment": reading.environment,
    }
