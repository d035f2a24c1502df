"""Nodes of the catalog as JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from api.search.schemas import MatchOut, QueryOut
from api.snapshots.schemas import SnapshotRef
from core.catalog.assets import asset_path
from core.catalog.health import sentence
from core.catalog.models import Node, NodeOverride, NodeResult
from core.catalog.node_view import ColumnView, NodeView
from core.catalog.reading import Reading
from core.catalog.repository import NodeRow
from core.runs.models import RunNode
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
        **NodeRef.of(row).model_dump(),
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


class NodeList(BaseModel):
    """One page of nodes. `query` says how the search box was understood.

    `total` is null where more were found than are counted.
    """

    items: list[NodeItem]
    total: int | None
    next_cursor: str | None
    query: QueryOut


class FacetValue(BaseModel):
    """A value that occurs, and how often."""

    value: str
    count: int


class FacetsOut(BaseModel):
    """Values that occur, for filters; the most frequent first."""

    resource_types: list[FacetValue]
    tags: list[FacetValue]
    schemas: list[FacetValue]
    packages: list[FacetValue]
    folders: list[FacetValue]
    owners: list[FacetValue]
    materializations: list[FacetValue]
    groups: list[FacetValue]
    access: list[FacetValue]
    statuses: list[FacetValue]
    trusts: list[FacetValue]
    freshness: list[FacetValue]


class ColumnTestOut(BaseModel):
    """A test about a column; `status` is null when it never ran."""

    unique_id: str
    name: str
    status: str | None


class ColumnOut(BaseModel):
    """A column. `known_from` is the best witness that it exists."""

    name: str
    data_type: str | None
    declared_type: str | None
    description: str
    comment: str | None
    known_from: Literal["catalog", "contract", "yaml"]
    tests: list[ColumnTestOut]
    tags: list[str]
    meta: dict[str, Any]
    constraints: list[dict[str, Any]]

    @classmethod
    def of(cls, view: ColumnView) -> Self:
        """From the tables."""
        declared: Mapping[str, Any] = view.column.declared or {}
        config: Mapping[str, Any] = declared.get("config") or {}
        return cls(
            name=view.column.name,
            data_type=view.data_type,
            declared_type=view.column.declared_type,
            description=view.column.description,
            comment=(view.column.reported or {}).get("comment"),
            known_from=view.known_from,
            tests=[
                ColumnTestOut(
                    unique_id=test.unique_id,
                    name=test.test_kind or test.name,
                    status=result.status if result else None,
                )
                for test, result in view.tests
            ],
            tags=[str(tag) for tag in declared.get("tags") or config.get("tags") or []],
            meta=declared.get("meta") or config.get("meta") or {},
            constraints=declared.get("constraints") or [],
        )


class TestOut(BaseModel):
    """A test and its last result; null when it never ran.

    `failures_relation` names where the rows that failed are stored, if they are.
    """

    unique_id: str
    name: str
    kind: str
    column_name: str | None
    severity: str | None
    last_status: str | None
    last_message: str | None
    failures: int | None
    failures_relation: str | None
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
            failures_relation=result.failures_relation if result else None,
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


class StatisticOut(BaseModel):
    """A figure that the adapter reported with the relation."""

    id: str
    label: str | None
    value: str | float | bool | None
    description: str | None


class TableMetadataOut(BaseModel):
    """The relation as the warehouse describes it."""

    type: str | None = None
    owner: str | None = None
    comment: str | None = None
    database: str | None = None
    schema_: str | None = Field(default=None, alias="schema")
    name: str | None = None


class SaidByProject(BaseModel):
    """What the project says, whatever people say here."""

    owner: str | None
    description: str
    tags: list[str]
    meta: dict[str, Any]


class OverrideOut(BaseModel):
    """What people say of a node instead of its project."""

    field: str
    value: Any
    changed_by: str
    changed_at: datetime

    @classmethod
    def of(cls, override: NodeOverride) -> Self:
        """From the table."""
        return cls.model_validate(override, from_attributes=True)


class NodeOut(NodeItem):
    """Everything about one node. `columns_known` tells unknown from none; `extra`: what else dbt says."""

    relation_name: str | None
    language: str | None
    version: str | None
    contract_enforced: bool
    config: dict[str, Any]
    meta: dict[str, Any]
    extra: dict[str, Any]
    constraints: list[dict[str, Any]]
    depends_on_macros: list[str]
    raw_code: str | None
    compiled_code: str | None
    compiled_at: datetime | None
    compiled_stale: bool
    columns: list[ColumnOut]
    columns_known: Literal["complete", "partial", "unknown", "none"]
    columns_note: str | None
    statistics: list[StatisticOut]
    table_metadata: TableMetadataOut | None
    parents: list[NodeRef]
    parents_total: int
    children: list[NodeRef]
    children_total: int
    missing_parents: list[str]
    used_by: list[NodeRef]
    test_results: list[TestOut]
    freshness: FreshnessOut | None
    kind: str | None
    attached_node: str | None
    column_name: str | None
    severity: str | None
    project: SaidByProject
    overrides: list[OverrideOut]
    snapshot_id: int | None
    first_seen: SnapshotRef | None
    last_changed: SnapshotRef | None

    @classmethod
    def of_view(cls, workspace: Workspace, reading: Reading, view: NodeView) -> Self:
        """From the tables."""
        node, facts, body = view.row.node, view.content.facts, view.content.body
        table: Mapping[str, Any] = view.table or {}
        config: dict[str, Any] = body.get("config") or {}
        return cls(
            **node_facts(workspace, reading, view.row),
            relation_name=node.relation_name,
            language=node.language,
            version=node.version,
            contract_enforced=node.contract_enforced,
            config=config,
            meta=_meta(view, body, config),
            extra={key: value for key, value in body.items() if key not in _SHOWN},
            constraints=body.get("constraints") or [],
            depends_on_macros=facts["macros"],
            raw_code=view.raw_code,
            compiled_code=view.compiled_code,
            compiled_at=node.compiled_at,
            compiled_stale=view.compiled_stale,
            columns=[ColumnOut.of(column) for column in view.columns],
            columns_known=view.columns_known,
            columns_note=view.columns_note,
            statistics=[_statistic(stat) for stat in table.get("stats") or []],
            table_metadata=TableMetadataOut(**table["metadata"]) if table.get("metadata") else None,
            parents=[NodeRef.of(row) for row in view.parents],
            parents_total=view.parents_total,
            children=[NodeRef.of(row) for row in view.children],
            children_total=view.children_total,
            missing_parents=list(view.missing_parents),
            used_by=[NodeRef.of(row) for row in view.used_by],
            test_results=[TestOut.of(*test) for test in view.tests],
            freshness=FreshnessOut.model_validate(view.freshness, from_attributes=True)
            if view.freshness
            else None,
            kind=node.test_kind,
            attached_node=node.attached_node,
            column_name=node.column_name,
            severity=node.severity,
            project=SaidByProject(
                owner=facts["owner"],
                description=facts["description"],
                tags=facts["tags"],
                meta=body.get("meta") or config.get("meta") or {},
            ),
            overrides=[OverrideOut.of(override) for override in view.overrides],
            snapshot_id=reading.snapshot.id if reading.snapshot else None,
            first_seen=SnapshotRef.of(view.first_seen) if view.first_seen else None,
            last_changed=SnapshotRef.of(view.last_changed) if view.last_changed else None,
        )


# Shown in fields of their own.
_SHOWN = frozenset(
    {
        "config",
        "meta",
        "constraints",
        "refs",
        "sources",
        "metrics",
        "functions",
        "doc_blocks",
        "docs",
        "checksum",
        "depends_on",
        "unrendered_config",
        "group",
        "access",
        "version",
        "contract",
    }
)


def _meta(view: NodeView, body: Mapping[str, Any], config: Mapping[str, Any]) -> dict[str, Any]:
    said = next((override.value for override in view.overrides if override.field == "meta"), None)
    return said if said is not None else body.get("meta") or config.get("meta") or {}


def _statistic(stat: Mapping[str, Any]) -> StatisticOut:
    value = stat.get("value")
    shown = value if value is None or isinstance(value, str | int | float | bool) else str(value)
    return StatisticOut(
        id=str(stat["id"]), label=stat.get("label"), value=shown, description=stat.get("description")
    )


class NodeRunOut(BaseModel):
    """One execution of a node. `external`: elsewhere; there is no run to open."""

    run_id: str
    external: bool
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
        values = {name: getattr(row, name) for name in cls.model_fields if name != "external"}
        return cls(**values, external=row.run_id.startswith(EXTERNAL))


class NodeRunList(BaseModel):
    """The latest executions of a node, newest first."""

    items: list[NodeRunOut]
    total: int | None = None
    next_cursor: str | None = None
