"""What the routes about nodes answer, as JSON."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal, Self

from pydantic import BaseModel

from api.models.items import EXTERNAL, NodeItem, NodeRef, node_facts
from api.models.parts import (
    ColumnOut,
    FreshnessOut,
    OverrideOut,
    SaidByProject,
    StatisticOut,
    TableMetadataOut,
    TestOut,
)
from api.search.schemas import QueryOut
from api.snapshots.schemas import SnapshotRef
from core.catalog.node_view import NodeView
from core.catalog.reading import Reading
from core.runs.models import RunNode
from core.workspaces.models import Workspace


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
            statistics=[StatisticOut.of(stat) for stat in table.get("stats") or []],
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
