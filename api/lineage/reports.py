"""Lists about lineage as JSON: what is reached, what a change touches, what is covered, what changed."""

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from api.lineage.items import (
    ColumnEdgeOut,
    ColumnStatus,
    FromCore,
    Kind,
    NodeEdgeOut,
    NodeStatus,
    TraceStateOut,
    Transform,
)
from api.models.items import NodeRef


class ReachedColumn(FromCore):
    """A column that a walk reaches.

    `steps` is its smallest distance, `via` what the last step there does; `kind` is `value` where a chain of
    values alone leads to it.
    """

    node: NodeRef
    column: str
    steps: int
    kind: Kind
    via: Transform


class ReachedTotals(FromCore):
    """Of the whole walk, whatever the filter and the page."""

    columns: int
    nodes: int


class ReachedColumns(FromCore):
    """One page of the columns that a walk reaches; nearest first.

    `status` and `column_status` are those of the node and the column it begins at: what was never traced
    reaches nothing that anybody knows of.
    """

    items: list[ReachedColumn]
    total: int
    next_cursor: str | None
    totals: ReachedTotals
    status: NodeStatus
    column_status: ColumnStatus | Literal["not_traced"]
    trace: TraceStateOut


class ReachedNode(FromCore):
    """A node that a walk reaches, and its smallest distance."""

    node: NodeRef
    steps: int


class ReachedNodes(FromCore):
    """One page of the nodes that a walk reaches; nearest first. `whole` counts them without the filter."""

    items: list[ReachedNode]
    total: int
    next_cursor: str | None
    whole: int


class ImpactTotals(FromCore):
    """How much a change would touch, of the whole."""

    columns: int
    nodes: int
    exposures: int
    metrics: int
    tests: int
    owners: int


class ImpactItem(FromCore):
    """A thing that a change would touch: of owners `owner` and `nodes`, of all else the node.

    `certain` is false where a node that is read has the column, but nobody can tell whether it is the column
    that is read. `attached_node` and `test_column` say what a test is about.
    """

    node: NodeRef | None
    column: str | None
    steps: int | None
    kind: Kind | None
    certain: bool
    test_column: str | None
    attached_node: str | None
    owner: str | None
    nodes: int | None


class ImpactOut(FromCore):
    """One page of one kind of what a change would touch."""

    totals: ImpactTotals
    items: list[ImpactItem]
    total: int
    next_cursor: str | None
    trace: TraceStateOut


class PathOut(FromCore):
    """A shortest way from one end to the other: edges of columns where columns were given, else of nodes."""

    found: bool
    edges: list[ColumnEdgeOut]
    node_edges: list[NodeEdgeOut]
    nodes: list[NodeRef]


class NodeCounts(FromCore):
    """Models, seeds, snapshots and sources by what is known of their columns."""

    complete: int
    partial: int
    unknown: int
    not_applicable: int
    not_traced: int


class ColumnCounts(FromCore):
    """Columns by what is known of where they come from."""

    complete: int
    none: int
    partial: int
    unknown: int
    not_applicable: int


class EdgeCounts(FromCore):
    """Edges between columns."""

    value: int
    influence: int


class SlowNode(FromCore):
    """A node that took long to trace, and its share of the time that all took."""

    node: NodeRef
    seconds: float
    share: float


class LineageCoverageOut(FromCore):
    """How much of a project is traced. `resolved` is null where there is nothing to resolve."""

    trace: TraceStateOut
    nodes: NodeCounts
    columns: ColumnCounts
    resolved: float | None
    known_from: Mapping[str, int]
    edges: EdgeCounts
    transforms: Mapping[str, int]
    kept: int
    slowest: list[SlowNode]


class CoveredNode(FromCore):
    """How much is known of one node; `seconds` is null where it was never traced."""

    node: NodeRef
    status: NodeStatus
    reason: str
    columns: int
    columns_resolved: int
    seconds: float | None
    kept_since: int | None


class CoveredNodes(FromCore):
    """One page of nodes with what is known of them."""

    items: list[CoveredNode]
    total: int
    next_cursor: str | None


class ChangeTotals(FromCore):
    """How many nodes have edges that changed, and how many edges there are of each kind of change."""

    nodes: int
    added: int
    removed: int
    changed: int


class LineageChangesOut(FromCore):
    """One page of the edges that differ between two snapshots; `to` is null for the catalog as it is now."""

    from_: int = Field(validation_alias="since", serialization_alias="from")
    to: int | None = Field(validation_alias="until")
    totals: ChangeTotals
    items: list[ColumnEdgeOut]
    total: int
    next_cursor: str | None


class NodeEdgePage(FromCore):
    """One page of the edges between nodes of a whole project."""

    items: list[NodeEdgeOut]
    next_cursor: str | None


class ColumnEdgePage(FromCore):
    """One page of the edges between columns of a whole project."""

    items: list[ColumnEdgeOut]
    next_cursor: str | None


class GraphNodes(FromCore):
    """Nodes as columns of one table: the n-th item of each list is of the n-th node. -1 stands for none.

    `type`, `schema`, `folder`, `package`, `materialization`, `status`, `freshness`, `tests` and `lineage` are
    places in the list of that name in `words`.
    """

    id: list[str]
    name: list[str]
    type: list[int]
    schema_: list[int] = Field(alias="schema")
    folder: list[int]
    package: list[int]
    materialization: list[int]
    status: list[int]
    freshness: list[int]
    tests: list[int]
    lineage: list[int]
    x: list[int]
    y: list[int]


class WholeGraph(FromCore):
    """The whole graph, laid out. `edges` are pairs of places of nodes, parent before child, in one list."""

    snapshot: int | None
    nodes: GraphNodes
    words: Mapping[str, list[str]]
    edges: list[int]
    width: int
    height: int


Direction = Literal["up", "down"]
ImpactKind = Literal["columns", "nodes", "exposures", "metrics", "tests", "owners"]
CoverageSort = Literal["status", "name", "seconds", "columns", "-status", "-name", "-seconds", "-columns"]
