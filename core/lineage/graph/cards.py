"""What the graph shows of each node beside its place: results, freshness, tests, and its columns' lineage."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from core.catalog.health import tallies
from core.catalog.models import NodeHealth
from core.catalog.reading import Reading
from core.lineage.answers.facts import holds
from core.lineage.answers.shapes import NOT_TRACED
from core.lineage.models import NodeLineageVersion


@dataclass(frozen=True)
class Tests:
    """The tests of a node by their last result."""

    total: int
    passed: int
    failed: int
    warned: int


@dataclass(frozen=True)
class Card:
    """What is shown of a node. `columns_total` is how many columns are known."""

    unique_id: str
    name: str
    resource_type: str
    materialization: str | None
    last_status: str | None
    schema_name: str | None
    package_name: str
    folder: str
    tags: list[str]
    freshness: str | None
    tests: Tests | None
    lineage_status: str
    columns_total: int
    hash: tuple[Any, ...]
    change: str | None = None


def cards(session: Session, reading: Reading, unique_ids: Collection[str]) -> dict[str, Card]:
    """The cards of nodes that the catalog has, in one query."""
    node, result, fresh = reading.nodes, reading.results, reading.freshness
    tests: Any = tallies(reading, unique_ids).c if reading.is_past else NodeHealth.__table__.c
    about = tests.about if reading.is_past else tests.unique_id
    same_tests = about == node.unique_id
    if not reading.is_past:
        same_tests = sa.and_(same_tests, tests.environment_id == node.environment_id)
    version = NodeLineageVersion
    known = sa.and_(
        version.environment_id == node.environment_id,
        version.unique_id == node.unique_id,
        holds(version, reading),
    )
    query = (
        sa.select(
            node.unique_id,
            node.name,
            node.resource_type,
            node.materialization,
            result.status,
            node.schema_name,
            node.package_name,
            node.path,
            node.tags,
            fresh.status,
            sa.func.coalesce(version.status, NOT_TRACED),
            sa.func.coalesce(sa.func.jsonb_array_length(version.columns), node.columns_total),
            tests.tests,
            tests.passed,
            tests.failed,
            tests.warned,
            node.content_hash,
            node.compiled_hash,
            node.table_hash,
        )
        .select_from(node)
        .outerjoin(result, _same(result, node))
        .outerjoin(fresh, _same(fresh, node))
        .outerjoin(about.table, same_tests)
        .outerjoin(version, known)
        .where(node.environment_id == reading.environment_id, node.unique_id == sa.func.any(list(unique_ids)))
    )
    return {row[0]: _card(row) for row in session.execute(query)}


def _same(other: Any, node: Any) -> sa.ColumnElement[bool]:
    return sa.and_(other.environment_id == node.environment_id, other.unique_id == node.unique_id)


def _card(row: Any) -> Card:
    total, passed, failed, warned = row[12:16]
    return Card(
        *row[:7],
        folder=row[7].rpartition("/")[0],
        tags=list(row[8]),
        freshness=row[9],
        tests=Tests(total, passed, failed, warned) if total else None,
        lineage_status=row[10],
        columns_total=row[11],
        hash=tuple(row[16:19]),
    )


def compared(then: dict[str, Card], now: dict[str, Card]) -> dict[str, Card]:
    """The cards of both times, each with what became of its node."""
    return {
        **{key: replace(card, change="removed") for key, card in then.items() if key not in now},
        **{key: replace(card, change=_change(then.get(key), card)) for key, card in now.items()},
    }


def _change(then: Card | None, now: Card) -> str | None:
    if then is None:
        return "added"
    return None if then.hash == now.hash else "changed"
