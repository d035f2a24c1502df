"""How much of a project is described, tested and owned. Unknown columns are not counted as undescribed."""

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.health import tallies
from core.catalog.models import NodeHealth
from core.catalog.reading import Reading


@dataclass(frozen=True)
class Coverage:
    """Counts of models, and of their columns as far as they are known."""

    models: int
    documented: int
    tested: int
    owned: int
    columns: int
    columns_documented: int
    models_without_known_columns: int


def coverage_of(session: Session, reading: Reading) -> Coverage:
    """The coverage, in one query."""
    node = reading.nodes
    tests, about = _tests(reading)

    def count(condition: sa.ColumnElement[bool]) -> sa.FunctionFilter[int]:
        return sa.func.count().filter(condition)

    query = (
        sa.select(
            sa.func.count(),
            count(node.description != ""),
            count(tests > 0),
            count((sa.func.coalesce(node.owner, "") != "") | (sa.func.coalesce(node.group_name, "") != "")),
            sa.func.coalesce(sa.func.sum(node.columns_total), 0),
            sa.func.coalesce(sa.func.sum(node.columns_documented), 0),
            count(node.columns_total == 0),
        )
        .select_from(node)
        .outerjoin(*about)
        .where(node.environment_id == reading.environment_id, node.resource_type == "model")
    )
    return Coverage(*session.execute(query).one())


def _tests(reading: Reading) -> tuple[sa.ColumnElement[int], tuple[Any, sa.ColumnElement[bool]]]:
    """The number of tests of a node, and what to join for it."""
    node = reading.nodes
    if reading.is_past:
        tally = tallies(reading, None)
        return tally.c.tests, (tally, tally.c.about == node.unique_id)
    same = sa.and_(NodeHealth.environment_id == node.environment_id, NodeHealth.unique_id == node.unique_id)
    return NodeHealth.__table__.c.tests, (NodeHealth, same)


def as_counts(coverage: Coverage) -> dict[str, int]:
    """For the row of a snapshot."""
    return asdict(coverage)
