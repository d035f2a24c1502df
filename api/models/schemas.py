"""Nodes of the catalog as JSON."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel

from core.catalog.assets import asset_path
from core.catalog.models import Node, NodeResult
from core.catalog.repository import NodeRow
from core.catalog.service import ColumnView, NodeView
from core.runs.models import RunNode
from core.workspaces.models import Workspace


def dagster_asset_path(workspace: Workspace, node: Node) -> str | None:
    """The asset's page under /dagster; None for nodes that are no asset there."""
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
    def of(cls, node: Node, result: NodeResult | None) -> Self:
        """From the tables."""
        return cls(
            unique_id=node.unique_id,
            name=node.name,
            resource_type=node.resource_type,
            materialization=node.materialization,
            last_status=result.status if result else None,
        )


class NodeItem(NodeRef):
    """A node in a list. `last_*` are null when it never ran."""

    package_name: str
    schema_name: str | None
    database_name: str | None
    description: str
    tags: list[str]
    owner: str | None
    group_name: str | None
    path: str
    last_run_id: str | None
    last_run_at: datetime | None
    last_execution_time: float | None
    last_message: str | None
    last_failures: int | None
    tests: TestTallyOut
    dagster_asset_path: str | None


def node_facts(workspace: Workspace, row: NodeRow) -> dict[str, Any]:
    """The fields that lists and pages share."""
    node, result = row.node, row.result
    return {
        **NodeRef.of(node, result).model_dump(),
        "package_name": node.package_name,
        "schema_name": node.schema_name,
        "database_name": node.database_name,
        "description": node.description,
        "tags": node.tags,
        "owner": node.owner,
        "group_name": node.group_name,
        "path": node.path,
        "last_run_id": result.run_id if result else None,
        "last_run_at": result.at if result else None,
        "last_execution_time": result.execution_time if result else None,
        "last_message": result.message if result else None,
        "last_failures": result.failures if result else None,
        "tests": vars(row.tests),
        "dagster_asset_path": dagster_asset_path(workspace, node),
    }


class NodeList(BaseModel):
    """One page of nodes."""

    items: list[NodeItem]
    total: int
    next_cursor: str | None


class FacetsOut(BaseModel):
    """Values that occur in a workspace, for filters."""

    resource_types: dict[str, int]
    tags: list[str]
    schemas: list[str]
    materializations: list[str]


class ColumnOut(BaseModel):
    """A column. `known_from` is the best witness that it exists."""

    name: str
    data_type: str | None
    description: str
    known_from: Literal["catalog", "contract", "yaml"]
    tests: list[str]
    tags: list[str]

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        """From the tables."""
        return cls(
            name=view.column.name,
            data_type=view.data_type,
            description=view.column.description,
            known_from=view.known_from,
            tests=list(view.tests),
            tags=view.column.tags,
        )


class TestOut(BaseModel):
    """A test and its last result; null when it never ran."""

    unique_id: str
    name: str
    kind: str
    column_name: str | None
    severity: str | None
    last_status: str | None
    last_message: str | None
    failures: int | None
    last_run_id: str | None
    last_run_at: datetime | None

    @classmethod
    def of(cls, test: Node, result: NodeResult | None) -> Self:
        """From the tables."""
        return cls(
            unique_id=test.unique_id,
            name=test.name,
            kind=test.test_kind or "singular",
            column_name=test.column_name,
            severity=test.severity,
            last_status=result.status if result else None,
            last_message=result.message if result else None,
            failures=result.failures if result else None,
            last_run_id=result.run_id if result else None,
            last_run_at=result.at if result else None,
        )


class FreshnessOut(BaseModel):
    """The latest answer of `dbt source freshness`."""

    status: str
    max_loaded_at: datetime | None
    snapshotted_at: datetime | None
    age_seconds: float | None
    message: str | None
    run_id: str | None


class NodeOut(NodeItem):
    """Everything about one node. `columns_known` tells unknown from none."""

    relation_name: str | None
    language: str | None
    access: str | None
    contract_enforced: bool
    config: dict[str, Any]
    meta: dict[str, Any]
    extra: dict[str, Any]
    depends_on_macros: list[str]
    raw_code: str | None
    compiled_code: str | None
    compiled_at: datetime | None
    compiled_stale: bool
    columns: list[ColumnOut]
    columns_known: Literal["complete", "partial", "unknown", "none"]
    columns_note: str | None
    parents: list[NodeRef]
    children: list[NodeRef]
    missing_parents: list[str]
    test_results: list[TestOut]
    freshness: FreshnessOut | None
    kind: str | None
    column_name: str | None
    severity: str | None

    @classmethod
    def of_view(cls, workspace: Workspace, view: NodeView) -> Self:
        """From the tables."""
        node = view.row.node
        return cls(
            **node_facts(workspace, view.row),
            relation_name=node.relation_name,
            language=node.language,
            access=node.access,
            contract_enforced=node.contract_enforced,
            config=node.config,
            meta=node.meta,
            extra=node.extra,
            depends_on_macros=node.macros,
            raw_code=node.raw_code,
            compiled_code=node.compiled_code,
            compiled_at=node.compiled_at,
            compiled_stale=view.compiled_stale,
            columns=[ColumnOut.of(column) for column in view.columns],
            columns_known=view.columns_known,
            columns_note=view.columns_note,
            parents=[NodeRef.of(*ref) for ref in view.parents],
            children=[NodeRef.of(*ref) for ref in view.children],
            missing_parents=list(view.missing_parents),
            test_results=[TestOut.of(*test) for test in view.tests],
            freshness=FreshnessOut.model_validate(view.freshness, from_attributes=True)
            if view.freshness
            else None,
            kind=node.test_kind,
            column_name=node.column_name,
            severity=node.severity,
        )


class NodeRunOut(BaseModel):
    """One execution of a node."""

    run_id: str
    step: int
    command: str
    status: str
    started_at: datetime | None
    finished_at: datetime | None
    execution_time: float | None
    rows_affected: int | None
    message: str | None
    failures: int | None

    @classmethod
    def of(cls, row: RunNode) -> Self:
        """From the tables."""
        return cls.model_validate(row, from_attributes=True)


class NodeRunList(BaseModel):
    """The latest executions of a node, newest first."""

    items: list[NodeRunOut]
    total: int | None = None
    next_cursor: str | None = None
