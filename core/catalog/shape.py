"""The shape of a project as Dagster shows it: its nodes, what they read, which test hangs on what."""

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session

from core.catalog.reading import Reading

# dbt's own macros and texts are no part of any graph.
NOT_IN_GRAPH = ("macro", "doc")


def shape_digest(session: Session, reading: Reading) -> str:
    """Changes when the shape does."""
    node, edge = reading.nodes, reading.edges
    name = sa.func.concat(node.unique_id, ">", node.attached_node)
    nodes = sa.select(_digest(name)).where(
        node.environment_id == reading.environment_id, node.resource_type.not_in(NOT_IN_GRAPH)
    )
    pair = sa.func.concat(edge.parent, ">", edge.child)
    edges = sa.select(_digest(pair)).where(edge.environment_id == reading.environment_id)
    return f"{session.scalar(nodes)}{session.scalar(edges)}"


def _digest(line: sa.ColumnElement[str]) -> sa.ColumnElement[str]:
    # In the order of the bytes: a collation would take many times as long.
    ordered = aggregate_order_by(sa.literal_column("'\n'"), sa.collate(line, "C"))
    return sa.func.md5(sa.func.coalesce(sa.func.string_agg(line, ordered), ""))
