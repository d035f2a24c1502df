"""What a node reads and what reads it: names of both sides in one query."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.prepared import ask
from core.catalog.reading import Reading
from core.catalog.repository import NodeRow

# More than this on a side are counted, not listed.
NEIGHBOURS: Final = 500


@dataclass
class Side:
    """One side of a node. `missing` are unique_ids that the project names and does not have."""

    nodes: list[NodeRow] = field(default_factory=list[NodeRow])
    missing: list[str] = field(default_factory=list[str])
    total: int = 0


def neighbours_of(session: Session, reading: Reading, unique_id: str) -> tuple[Side, Side]:
    """What a node reads, and what reads it; by unique_id, with the last result, without tests and trust."""
    rows = sorted(ask(session, reading, _neighbours, unique_id), key=lambda row: row.id)
    return _side([row for row in rows if row.up]), _side([row for row in rows if not row.up])


def _neighbours(reading: Reading, unique_id: str) -> Any:
    node, result = reading.nodes, reading.results
    near = sa.union_all(*(_ids(reading, unique_id, up=up) for up in (True, False))).subquery("near")
    of_node = sa.and_(node.environment_id == reading.environment_id, node.unique_id == near.c.id)
    of_result = sa.and_(result.environment_id == node.environment_id, result.unique_id == node.unique_id)
    return (
        sa.select(near.c.up, near.c.id, near.c.total, node, result)
        .select_from(near)
        .outerjoin(node, of_node)
        .outerjoin(result, of_result)
    )


def _ids(reading: Reading, unique_id: str, *, up: bool) -> Any:
    edge: Any = reading.edges
    own, other = (edge.child, edge.parent) if up else (edge.parent, edge.child)
    side = (
        sa.select(
            sa.literal_column(str(up).lower(), sa.Boolean).label("up"),
            other.label("id"),
            sa.func.count().over().label("total"),
        )
        .where(edge.environment_id == reading.environment_id, own == unique_id)
        .order_by(other)
        .limit(NEIGHBOURS)
        .subquery()
    )
    return sa.select(side.c.up, side.c.id, side.c.total)


def _side(rows: Sequence[Any]) -> Side:
    side = Side()
    for _, unique_id, side.total, node, result in rows:
        if node is None:
            side.missing.append(unique_id)
        else:
            side.nodes.append(NodeRow(node, result))
    return side
