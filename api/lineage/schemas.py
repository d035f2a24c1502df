"""Lineage as JSON."""

from typing import Self

from pydantic import BaseModel, Field

from api.models.items import NodeRef
from core.lineage.service import Graph, GraphNode


class LineageNodeOut(NodeRef):
    """A node in its place. Totals count all neighbours, shown or not; x and y are pixels."""

    schema_name: str | None
    package_name: str
    layer: int
    order: int
    x: float
    y: float
    parents_total: int
    children_total: int
    parents_shown: int
    children_shown: int

    @classmethod
    def of_graph(cls, item: GraphNode) -> Self:
        """From the graph."""
        return cls(
            **NodeRef.of_node(item.node, item.result).model_dump(),
            schema_name=item.node.schema_name,
            package_name=item.node.package_name,
            layer=item.place.layer,
            order=item.place.order,
            x=item.place.x,
            y=item.place.y,
            parents_total=item.parents_total,
            children_total=item.children_total,
            parents_shown=item.parents_shown,
            children_shown=item.children_shown,
        )


class LineageEdgeOut(BaseModel):
    """`to` reads `from`."""

    from_: str = Field(alias="from")
    to: str


class LineageTotals(BaseModel):
    """How much there is in all, at any distance."""

    ancestors: int
    descendants: int


class LineageOut(BaseModel):
    """The part of the lineage that is shown around `focus`."""

    focus: str
    nodes: list[LineageNodeOut]
    edges: list[LineageEdgeOut]
    totals: LineageTotals
    truncated: bool

    @classmethod
    def of(cls, graph: Graph) -> Self:
        """From the graph."""
        return cls(
            focus=graph.focus,
            nodes=[LineageNodeOut.of_graph(node) for node in graph.nodes],
            edges=[
                LineageEdgeOut.model_validate({"from": parent, "to": child}) for parent, child in graph.edges
            ],
            totals=LineageTotals(ancestors=graph.ancestors, descendants=graph.descendants),
            truncated=graph.truncated,
        )
