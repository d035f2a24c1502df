"""The graph around a node as JSON, and the columns of one node."""

from typing import Literal, Self

from pydantic import Field

from api.lineage.items import (
    Change,
    ColumnEdgeOut,
    ColumnStatus,
    FromCore,
    KnownFrom,
    NodeEdgeOut,
    NodeStatus,
    TraceStateOut,
)
from api.models.items import NodeRef
from core.lineage.graph.around import Graph, GraphNode


class ShownColumn(FromCore):
    """A column inside a node of the graph. Totals count columns next to it, shown or not."""

    name: str
    known_from: KnownFrom
    status: ColumnStatus
    traced: bool
    parents_total: int
    children_total: int
    change: Change | None


class NodeTests(FromCore):
    """The tests of a node by their last result; the others never ran."""

    total: int
    failed: int
    warned: int
    passed: int


class LineageNodeOut(NodeRef):
    """A node in its place. Totals count all neighbours, shown or not; x, y, width and height are pixels.

    `columns` is null where none are shown; `tests` is null where a node has none.
    """

    schema_name: str | None
    package_name: str
    folder: str
    tags: list[str]
    freshness: str | None
    tests: NodeTests | None
    lineage_status: NodeStatus
    columns: list[ShownColumn] | None
    columns_total: int
    change: Change | None
    layer: int
    order: int
    x: float
    y: float
    width: float
    height: float
    parents_total: int
    children_total: int
    parents_shown: int
    children_shown: int

    @classmethod
    def of_graph(cls, item: GraphNode) -> Self:
        """From the graph."""
        return cls.model_validate({**vars(item.card), **vars(item.place), **vars(item)}, from_attributes=True)


class LineageEdgeOut(NodeEdgeOut):
    """`to` reads `from`; `change` where two snapshots are compared."""

    change: Change | None


class LineageTotals(FromCore):
    """How much there is in all, at any distance."""

    ancestors: int
    descendants: int


class LineageOut(FromCore):
    """The part of the lineage that is shown around `focus`; `column_totals` with a column in focus."""

    focus: str
    nodes: list[LineageNodeOut]
    edges: list[LineageEdgeOut]
    column_edges: list[ColumnEdgeOut]
    totals: LineageTotals
    column_totals: LineageTotals | None
    truncated: bool
    trace: TraceStateOut

    @classmethod
    def of_graph(cls, found: Graph) -> Self:
        """From the graph."""
        nodes = [LineageNodeOut.of_graph(item) for item in found.nodes]
        return cls.model_validate({**vars(found), "nodes": nodes}, from_attributes=True)


class ColumnLineageOut(FromCore):
    """A column of a node: how much is known of it, and where it comes from directly (at most 50)."""

    name: str
    known_from: KnownFrom
    status: ColumnStatus
    reason: str
    parents_total: int
    children_total: int
    from_: list[ColumnEdgeOut] = Field(validation_alias="parents", serialization_alias="from")
    from_total: int


class ColumnLineagePage(FromCore):
    """One page of the columns of a node."""

    items: list[ColumnLineageOut]
    total: int
    next_cursor: str | None


class NodeLineageOut(FromCore):
    """What is known of the columns of a node.

    `code` says whether the compiled SQL that spans are of is the one the node has now; `rows` is what decides
    on all of its rows; `kept_since`: it could not be read, and its edges are those known as of that snapshot.
    """

    status: NodeStatus
    reason: str
    kept_since: int | None
    code: Literal["current", "older", "none"]
    trace: TraceStateOut
    columns: ColumnLineagePage
    rows: list[ColumnEdgeOut]
