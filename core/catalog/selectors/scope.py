"""The tables that a selection is answered from, whichever time is read."""

from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from core.catalog.models import CatalogState, LineageEdge, Node, NodeOverride
from core.catalog.reading import Reading
from core.catalog.selectors.values import SELECTABLE
from core.catalog.snapshots.models import NodeContent

Nodes = type[Node]
Condition = sa.ColumnElement[bool]


class Scope:
    """The nodes and edges of a reading, as often as a query needs them."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def nodes(self) -> Nodes:
        """The nodes once more."""
        return aliased(Node, self._nodes_then, adapt_on_names=True) if self.reading.is_past else aliased(Node)

    def edges(self) -> type[LineageEdge]:
        """The edges once more."""
        return (
            aliased(LineageEdge, self._edges_then, adapt_on_names=True)
            if self.reading.is_past
            else aliased(LineageEdge)
        )

    @cached_property
    def _nodes_then(self) -> sa.CTE:
        return sa.select(_selectable(self.reading.nodes)).cte("then_nodes")

    @cached_property
    def _edges_then(self) -> sa.CTE:
        return sa.select(_selectable(self.reading.edges)).cte("then_edges")

    def of(self, table: Any) -> Condition:
        """Whether a row is of the environment that is read."""
        return table.environment_id == self.reading.environment_id

    def selectable(self, nodes: Nodes) -> Condition:
        """Whether a node is one that dbt selects from."""
        return sa.and_(self.of(nodes), nodes.resource_type.in_(SELECTABLE))

    def content(self, nodes: Nodes, value: sa.ColumnElement[Any]) -> sa.ScalarSelect[Any]:
        """Something that the manifest says of a node, beside its row."""
        here = NodeContent.workspace_id == self.reading.workspace_id
        return (
            sa.select(value).where(here, NodeContent.hash == nodes.content_hash).correlate(nodes)
        ).scalar_subquery()

    def fact(self, nodes: Nodes, name: str) -> sa.ScalarSelect[Any]:
        """A fact of a node that its row does not hold."""
        return self.content(nodes, NodeContent.facts[name].astext)

    def retagged(self, nodes: Nodes) -> Condition:
        """Whether people gave it other tags than its project; a selection knows only those of the project."""
        if self.reading.is_past:
            return sa.false()
        override = sa.select(NodeOverride.unique_id).where(
            NodeOverride.workspace_id == self.reading.workspace_id, NodeOverride.field == "tags"
        )
        # As a list, so that an index answers it beside that of the tags.
        return nodes.unique_id == sa.func.any(sa.func.array(override.scalar_subquery()))

    @property
    def project(self) -> sa.ScalarSelect[Any]:
        """The name of the project, which is also that of its package."""
        state = CatalogState.environment_id == self.reading.environment_id
        return sa.select(CatalogState.project_name).where(state).scalar_subquery()


def _selectable(entity: Any) -> Any:
    return sa.inspect(entity).selectable
